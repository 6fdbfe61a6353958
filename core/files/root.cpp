#include "files/root.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace tinyserve::files {

namespace {

constexpr int kOpenTries = 16;

// openat2(2), which glibc does not wrap. EAGAIN means that something was renamed while the kernel
// looked: once more.
Result<UniqueFd> open_with(int directory, const char* path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  long fd = -1;
  for (int tries = 0; fd < 0 && tries < kOpenTries; ++tries) {
    fd = ::syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (fd < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  if (fd < 0) return fail("openat2");
  return UniqueFd(static_cast<int>(fd));
}

Result<Facts> facts_at(int directory, const char* path) {
  struct stat status {};
  if (::fstatat(directory, path, &status, 0) != 0) return fail("fstatat");
  return facts_of(status);
}

std::string canonical(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr),
                                                             &std::free);
  return resolved ? std::string(resolved.get()) : std::string();
}

struct SplitPath {
  std::string parent;  // absolute, without symlinks
  std::string name;
};

// An absolute path for `path` that keeps a symlink in the last place, so that it can be seen to be
// swapped.
SplitPath split(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty() || name == "." || name == "..") path = canonical(path);
  const std::size_t last = path.rfind('/');
  if (last == std::string::npos) return {canonical("."), path};
  return {canonical(last == 0 ? "/" : path.substr(0, last)), path.substr(last + 1)};
}

bool can_be_listed(int directory) {
  return UniqueFd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)).get() >= 0;
}

std::string join(const std::string& parent, const std::string& name) {
  return parent.ends_with('/') ? parent + name : parent + '/' + name;
}

// The kind of file system that an open file is on, by the numbers of statfs(2) and linux/magic.h,
// which lacks some; 0 where that can't be told.
std::uint32_t file_system_of(int fd) {
  struct statfs status {};
  return ::fstatfs(fd, &status) == 0 ? static_cast<std::uint32_t>(status.f_type) : 0;
}

}  // namespace

Result<Root> Root::open(const Options& options) {
  const std::string given = options.root.empty() ? "." : options.root;
  struct stat status {};
  if (::stat(given.c_str(), &status) != 0) return fail("stat");
  const Facts facts = facts_of(status);
  if (facts.kind == Kind::kOther) return fail("open", ENOTDIR);
  SplitPath place = split(given);
  Root root;
  root.follow_symlinks_ = options.follow_symlinks;
  root.is_pinned_ = options.is_pinned;
  root.path_ = join(place.parent, place.name);
  if (facts.kind == Kind::kRegular) {
    root.parent_path_ = std::move(place.parent);
    root.single_file_ = std::move(place.name);
  }
  if (const auto opened = root.reopen(); !opened) return opened.error();
  return root;
}

Root::Change Root::refresh() {
  const auto now = facts_at(AT_FDCWD, directory_path().c_str());
  if (!now) return Change::kMissing;
  if (is_same(*now)) return is_out_of_reach_ ? Change::kOutOfReach : Change::kNone;
  if (!reopen()) return Change::kMissing;
  is_out_of_reach_ = is_pinned_ && !can_be_listed(directory_.get());
  return is_out_of_reach_ ? Change::kOutOfReach : Change::kReplaced;
}

bool Root::is_in_place() const {
  const auto now = facts_at(AT_FDCWD, directory_path().c_str());
  return now && is_same(*now);
}

Result<Entry> Root::find(const std::string& path) const {
  const char* name = path.empty() ? "." : path.c_str();
  const auto seen = facts_at(directory_.get(), name);
  if (!seen) return seen.error();
  // O_PATH finds the place without opening what is there.
  const bool regular = seen->kind == Kind::kRegular;
  auto fd = open_inside(name, regular ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH);
  if (!fd) return fd.error();
  const auto facts = facts_of_open(fd->get());
  if (!facts) return facts.error();
  // Swapped for something else meanwhile: what a FIFO was opened for has no use.
  if (facts->kind != seen->kind || facts->kind == Kind::kOther) return Entry{Facts{}, {}};
  return Entry{*facts, SharedFd(*std::move(fd), {facts->mtime_ns, facts->size}), is_slow_};
}

Result<Root> Root::duplicate() const {
  UniqueFd directory(::fcntl(directory_.get(), F_DUPFD_CLOEXEC, 0));
  if (!directory) return fail("fcntl");
  Root copy;
  copy.path_ = path_;
  copy.parent_path_ = parent_path_;
  copy.single_file_ = single_file_;
  copy.follow_symlinks_ = follow_symlinks_;
  copy.is_slow_ = is_slow_;
  copy.is_pinned_ = is_pinned_;
  copy.is_out_of_reach_ = is_out_of_reach_;
  copy.directory_ = std::move(directory);
  copy.directory_facts_ = directory_facts_;
  return copy;
}

Result<Facts> Root::look(const std::string& path) const {
  return facts_at(directory_.get(), path.empty() ? "." : path.c_str());
}

bool Root::is_vacant(const std::string& path) const {
  struct stat status {};
  return ::fstatat(directory_.get(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 &&
         errno == ENOENT;
}

Result<UniqueFd> Root::open_to_change(const std::string& path) const {
  const char* name = path.empty() ? "." : path.c_str();
  return open_beneath(directory_.get(), name, O_RDONLY | O_DIRECTORY);
}

std::string Root::absolute(const std::string& path) const { return join(directory_path(), path); }

const char* Root::way_to(const std::string& absolute) const {
  const std::string& directory = directory_path();
  std::size_t size = directory.size();
  if (!absolute.starts_with(directory)) return absolute.c_str();
  if (!directory.ends_with('/')) {
    if (absolute[size] != '/') return absolute.c_str();  // at its end there is a zero
    ++size;
  }
  return absolute.size() == size ? absolute.c_str() : absolute.c_str() + size;
}

const std::string& Root::directory_path() const {
  return single_file_.empty() ? path_ : parent_path_;
}

bool Root::is_same(const Facts& facts) const {
  return facts.device == directory_facts_.device && facts.inode == directory_facts_.inode;
}

Result<void> Root::reopen() {
  UniqueFd fd(::open(directory_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail("open");
  const auto facts = facts_of_open(fd.get());
  if (!facts) return facts.error();
  // Whether its entries can be looked up at all: better said at the start than with the first
  // request.
  if (const auto inside = facts_at(fd.get(), "."); !inside) return inside.error();
  is_slow_ = is_on_slow_file_system(fd.get());
  directory_ = std::move(fd);
  directory_facts_ = *facts;
  return {};
}

Result<UniqueFd> Root::open_inside(const char* path, int flags) const {
  // A single file was named by the user: it may be a link to anywhere.
  const bool confined = !follow_symlinks_ && path != single_file_;
  if (confined) return open_beneath(directory_.get(), path, flags);
  auto opened = open_with(directory_.get(), path, flags, RESOLVE_NO_MAGICLINKS);
  if (opened || !opened.error().is(ENOSYS)) return opened;
  UniqueFd fd(::openat(directory_.get(), path, flags | O_CLOEXEC));
  if (!fd) return fail("openat");
  return fd;
}

bool is_on_slow_file_system(int fd) {
  constexpr std::uint32_t kSmb2 = 0xFE534D42;
  constexpr std::uint32_t kCifs = 0xFF534D42;
  constexpr std::uint32_t kCeph = 0x00C36400;
  constexpr std::uint32_t kGfs2 = 0x01161970;
  switch (file_system_of(fd)) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case kSmb2:
    case kCifs:
    case V9FS_MAGIC:
    case FUSE_SUPER_MAGIC:
    case AFS_SUPER_MAGIC:
    case AFS_FS_MAGIC:
    case CODA_SUPER_MAGIC:
    case OCFS2_SUPER_MAGIC:
    case kCeph:
    case kGfs2:
      return true;
    default:
      return false;
  }
}

bool keeps_directory_times(int fd) {
  constexpr std::uint32_t kZfs = 0x2FC12FC1;
  constexpr std::uint32_t kBcachefs = 0xCA451A4E;
  switch (file_system_of(fd)) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case F2FS_SUPER_MAGIC:
    case kZfs:
    case kBcachefs:
      return true;
    default:
      return false;
  }
}

Result<UniqueFd> open_beneath(int directory, const char* path, int flags) {
  auto opened = open_with(directory, path, flags, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  // ENOSYS: an old kernel. EPERM: a container's system call filter that does not know openat2.
  if (opened || !(opened.error().is(ENOSYS) || opened.error().is(EPERM))) return opened;
  return open_beneath_by_walking(directory, path, flags);
}

Result<UniqueFd> open_beneath_by_walking(int directory, std::string_view path, int flags) {
  UniqueFd place;
  int at = directory;
  while (true) {
    const std::size_t slash = path.find('/');
    const bool last = slash == path.npos;
    const std::string component(path.substr(0, slash));
    // Normalised paths have none; here one would lead out.
    if (component == "..") return fail("openat", EXDEV);
    const int wanted = last ? flags : O_PATH | O_DIRECTORY;
    UniqueFd fd(::openat(at, component.c_str(), wanted | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
      // A symlink in the way: ELOOP for a file, ENOTDIR where a directory was wanted.
      struct stat status {};
      const int error = errno;
      const bool link = ::fstatat(at, component.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                        S_ISLNK(status.st_mode);
      return fail("openat", link ? EXDEV : error);
    }
    if (last) return fd;
    place = std::move(fd);
    at = place.get();
    path.remove_prefix(slash + 1);
  }
}

}  // namespace tinyserve::files
