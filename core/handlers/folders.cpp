#include "handlers/folders.h"

#include <functional>

namespace tinyserve::handlers {

namespace {

std::string_view folder_of(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : file.substr(0, slash);
}

}  // namespace

Folders::Seen Folders::look(std::string_view file, Instant now) {
  const std::string_view path = folder_of(file);
  Folder& folder = folders_[std::hash<std::string_view>{}(path) % folders_.size()];
  if (folder.path != path) {
    folder = {};
    folder.path = path;
  }
  if (now.mono_ms() - folder.looked_ms >= kLookMs) look_anew(folder, now);
  return {folder.version, folder.looked_ms};
}

void Folders::look_anew(Folder& folder, Instant now) {
  std::optional<files::Facts> facts;
  const auto found = root_->find(folder.path);
  // What changed just now may change again within the same tick of the clock.
  if (found && found->facts.kind == files::Kind::kDirectory &&
      files::is_settled(found->facts, now)) {
    facts = found->facts;
  }
  if (!facts) {
    folder.version = 0;
  } else if (facts != folder.facts) {
    folder.version = ++versions_;
  }
  folder.facts = facts;
  folder.looked_ms = now.mono_ms();
}

}  // namespace tinyserve::handlers
