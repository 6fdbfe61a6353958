#include "handlers/folders.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>

namespace tinyserve::handlers {

namespace {

std::string_view folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

// Its last component; without a slash all of it (npos + 1 is 0).
const char* name_in(const std::string& path) { return path.c_str() + (path.rfind('/') + 1); }

// Those of a directory that is found, where every change will be another one's.
std::optional<files::Facts> lasting_facts(const Result<files::Entry>& found, Instant now) {
  const bool can_tell = found && found->facts.kind == files::Kind::kDirectory &&
                        files::is_settled(found->facts, now) &&
                        files::keeps_directory_times(found->file.get());
  return can_tell ? std::optional(found->facts) : std::nullopt;
}

}  // namespace

Folders::Seen Folders::look(std::string_view file, Instant now) {
  const std::string_view path = folder_of(file);
  Folder& folder = folders_[std::hash<std::string_view>{}(path) % folders_.size()];
  if (folder.path != path) {
    folder = {};
    folder.path = path;
  }
  if (now.mono_ms() - folder.seen.looked_ms >= kLookMs) {
    folder.seen = {lasting_facts(root_->find(folder.path), now), now.mono_ms()};
  }
  return folder.seen;
}

std::optional<files::Facts> Folders::prove(const std::string& file, const files::Facts& facts,
                                           std::span<const files::Dependency> siblings,
                                           Instant now) {
  const std::string_view path = folder_of(file);
  if (!open_ || open_->path != path || open_->opened_us != now.mono_us) {
    const auto found = root_->find(std::string(path));
    open_ = Open{std::string(path), now.mono_us, found ? found->file : SharedFd(),
                 lasting_facts(found, now)};
  }
  if (!open_->facts) return {};
  const auto look_at = [this](const char* name, struct stat& status) {
    return ::fstatat(open_->directory.get(), name, &status, AT_SYMLINK_NOFOLLOW);
  };
  struct stat status {};
  if (look_at(name_in(file), status) != 0 || files::facts_of(status) != facts) return {};
  for (const files::Dependency& sibling : siblings) {
    if (sibling.facts || look_at(name_in(sibling.path), status) == 0 || errno != ENOENT) return {};
  }
  return open_->facts;
}

}  // namespace tinyserve::handlers
