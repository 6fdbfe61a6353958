#include "files/writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "files/facts.h"
#include "http/plan.h"

namespace tinyserve::files {

namespace {

constexpr std::string_view kTemporaryPrefix = ".tinyserve-";
constexpr std::string_view kTemporarySuffix = ".part";
constexpr int kTries = 16;

// Between a look at the preconditions and the rename or removal nobody else may change files: of
// two requests with the same If-Match one has to lose. They are short, so one lock is enough.
std::mutex changes;

// Unique in practice; O_EXCL and another try are for the rest.
std::string temporary_name() {
  std::array<char, 16> digits;
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), random_bits(), 16).ptr;
  return std::string(kTemporaryPrefix).append(digits.data(), end).append(kTemporarySuffix);
}

// Where a file is: its directory, open, and its name in there.
struct Place {
  UniqueFd parent;
  std::string name;
};

Result<Place> find_place(const Root& root, const std::string& path) {
  if (path.empty()) return fail("openat2", EISDIR);
  const std::size_t slash = path.rfind('/');
  const bool nested = slash != path.npos;
  auto parent = root.open_to_change(nested ? path.substr(0, slash) : "");
  if (!parent) return parent.error();
  return Place{*std::move(parent), nested ? path.substr(slash + 1) : path};
}

// RFC 9110 §13.2.2 for what has `status`, or for nothing.
//
// The tag is the one without the number that young files carry, or a client could not write twice
// within two seconds. It is still sound. Two writes through us never share a tag, because commit()
// gives each its own time in nanoseconds. A write by anybody else leaves the time of the kernel's
// tick, which is not that one. And whoever learned a tag by GET while the file was young was given
// one with the number, which matches nothing here.
bool may_change(const http::Request& request, const std::optional<struct stat>& status) {
  if (!status) return http::may_change(request, std::nullopt);
  const Facts facts = facts_of(*status);
  const std::string tag = lasting_entity_tag(facts);
  const http::Condition condition{tag, facts.mtime_s(), clock_us(CLOCK_REALTIME) / 1'000'000};
  return http::may_change(request, condition);
}

// What is at `name` and may be changed: a regular file, or nothing.
Result<std::optional<struct stat>> find_target(int parent, const std::string& name,
                                               const http::Request& request) {
  std::optional<struct stat> found;
  struct stat status {};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    found = status;
  } else if (errno != ENOENT) {
    return fail("fstatat");
  }
  if (found && S_ISDIR(found->st_mode)) return fail("fstatat", EISDIR);
  if (found && !S_ISREG(found->st_mode)) return fail("fstatat", EEXIST);
  // A rename asks for nothing but the directory. Who made a file read-only meant it.
  if (found && ::faccessat(parent, name.c_str(), W_OK, AT_EACCESS) != 0) return fail("faccessat");
  // Last: they count only where the answer would be a success (RFC 9110 §13.2.1).
  if (!may_change(request, found)) return fail("fstatat", ECANCELED);
  return found;
}

// Renames within `parent` where nothing is at `to`: EEXIST if there is.
int rename_to_nothing(int parent, const char* from, const char* to) {
  const int renamed = ::renameat2(parent, from, parent, to, RENAME_NOREPLACE);
  if (renamed == 0 || errno != EINVAL) return renamed;
  // A file system that can't promise that. We have just looked, and of our own requests no other
  // one runs now.
  return ::renameat(parent, from, parent, to);
}

Result<void> sync_directory(int directory) {
  // EINVAL: there are file systems that know no such thing.
  if (::fsync(directory) != 0 && errno != EINVAL) return fail("fsync");
  return {};
}

}  // namespace

Result<FileWriter> FileWriter::begin(const Root& root, const std::string& path,
                                     const http::Request& request) {
  auto place = find_place(root, path);
  if (!place) return place.error();
  FileWriter writer(std::move(place->parent), std::move(place->name));
  const auto target = find_target(writer.parent_.get(), writer.name_, request);
  if (!target) return target.error();
  if (const auto created = writer.create(); !created) return created.error();
  // Before there is content, which may be for few eyes. Neither set-user-ID nor its like: they were
  // given to the old content.
  const bool keeps_mode =
      !*target ||
      ::fchmod(writer.file_.get(), (*target)->st_mode & (S_IRWXU | S_IRWXG | S_IRWXO)) == 0;
  if (!keeps_mode) return fail("fchmod");
  return writer;
}

FileWriter::~FileWriter() {
  if (parent_ && !temporary_.empty()) ::unlinkat(parent_.get(), temporary_.c_str(), 0);
}

Result<void> FileWriter::create() {
  constexpr mode_t kMode = 0666;  // and what the umask takes away
  for (int tries = 0; tries < kTries; ++tries) {
    std::string name = temporary_name();
    file_.reset(
        ::openat(parent_.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
    if (!file_ && errno == EEXIST) continue;
    if (!file_) return fail("openat");
    temporary_ = std::move(name);
    return {};
  }
  return fail("openat", EEXIST);
}

Result<void> FileWriter::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("write");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<Written> FileWriter::commit(const http::Request& request) {
  TS_CHECK(!temporary_.empty());
  // See may_change(). Where the file system does not let us, its own time has to do.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::array<timespec, 2> times{now, now};
  ::futimens(file_.get(), times.data());
  // The content first: after a crash the name must not lead to less than what was there before.
  if (::fsync(file_.get()) != 0) return fail("fsync");
  auto written = put_in_place(request);
  if (!written) return written;
  if (const auto synced = sync_directory(parent_.get()); !synced) return synced.error();
  return written;
}

Result<Written> FileWriter::put_in_place(const http::Request& request) {
  const std::lock_guard lock(changes);
  const char* const from = temporary_.c_str();
  for (int tries = 0; tries < kTries; ++tries) {
    const auto target = find_target(parent_.get(), name_, request);
    if (!target) return target.error();
    const bool replaces = target->has_value();
    const int renamed = replaces ? ::renameat(parent_.get(), from, parent_.get(), name_.c_str())
                                 : rename_to_nothing(parent_.get(), from, name_.c_str());
    if (renamed != 0 && !replaces && errno == EEXIST) continue;  // somebody was quicker: look again
    if (renamed != 0) return fail("renameat");
    temporary_.clear();
    // Only now, for the rename is a change of the inode as well.
    const auto facts = facts_of_open(file_.get());
    if (!facts) return facts.error();
    return Written{replaces ? Written::How::kReplaced : Written::How::kCreated,
                   lasting_entity_tag(*facts)};
  }
  return fail("renameat", EEXIST);
}

Result<void> remove_file(const Root& root, const std::string& path, const http::Request& request) {
  const auto place = find_place(root, path);
  if (!place) return place.error();
  {
    const std::lock_guard lock(changes);
    const auto target = find_target(place->parent.get(), place->name, request);
    if (!target) return target.error();
    if (::unlinkat(place->parent.get(), place->name.c_str(), 0) != 0) return fail("unlinkat");
  }
  return sync_directory(place->parent.get());
}

bool is_temporary(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.starts_with(kTemporaryPrefix) && name.ends_with(kTemporarySuffix);
}

}  // namespace tinyserve::files
