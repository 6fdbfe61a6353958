#include "files/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>

#include "files/natural_order.h"
#include "files/writer.h"

namespace tinyserve::files {

namespace {

struct CloseDirectory {
  void operator()(DIR* stream) const { ::closedir(stream); }
};
using Stream = std::unique_ptr<DIR, CloseDirectory>;

Result<Stream> open_stream(int place) {
  UniqueFd fd(::openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail("openat");
  Stream stream(::fdopendir(fd.get()));
  if (!stream) return fail("fdopendir");
  static_cast<void>(fd.release());  // the stream owns it now
  return stream;
}

// The facts of an entry, through a symlink if it is one that stays inside; nothing when it can't be
// served.
std::optional<Facts> servable(const Root& root, const std::string& path, int place,
                              const char* name) {
  struct stat status {};
  if (::fstatat(place, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  Facts facts = facts_of(status);
  if (S_ISLNK(status.st_mode)) {
    const auto target = root.find(path.empty() ? std::string(name) : path + '/' + name);
    if (!target) return std::nullopt;
    facts = target->facts;
  }
  if (facts.kind == Kind::kOther) return std::nullopt;
  return facts;
}

bool before(const ListedEntry& a, const ListedEntry& b) {
  const bool a_is_directory = a.facts.kind == Kind::kDirectory;
  const bool b_is_directory = b.facts.kind == Kind::kDirectory;
  if (a_is_directory != b_is_directory) return a_is_directory;
  return natural_before(a.name, b.name);
}

}  // namespace

Result<std::vector<ListedEntry>> list_directory(const Root& root, const std::string& path,
                                                const Entry& directory, Hidden hidden,
                                                std::size_t most) {
  const auto stream = open_stream(directory.file.get());
  if (!stream) return stream.error();
  std::vector<ListedEntry> entries;
  while (true) {
    errno = 0;
    const dirent* found = ::readdir(stream->get());
    if (found == nullptr && errno != 0) return fail("readdir");
    if (found == nullptr) break;
    const std::string name = found->d_name;
    if (name == "." || name == "..") continue;
    if (hidden == Hidden::kLeaveOut && name.starts_with('.')) continue;
    if (is_temporary(name)) continue;
    const auto facts = servable(root, path, directory.file.get(), found->d_name);
    if (!facts) continue;
    if (entries.size() == most) return fail("readdir", EFBIG);
    entries.push_back({name, *facts});
  }
  std::sort(entries.begin(), entries.end(), before);
  return entries;
}

}  // namespace tinyserve::files
