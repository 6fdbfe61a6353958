#include "files/dependency.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace tinyserve::files {

bool Dependency::holds() const { return holds_at(AT_FDCWD, path.c_str()); }

bool Dependency::holds_below(const Root& root) const {
  return holds_at(root.directory(), root.way_to(path));
}

bool Dependency::holds_at(int directory, const char* way) const {
  struct stat status;
  if (::fstatat(directory, way, &status, 0) != 0) {
    return !facts && (errno == ENOENT || errno == ENOTDIR);
  }
  return facts && facts_of(status) == *facts;
}

bool Dependency::is_settled(Instant now) const { return !facts || files::is_settled(*facts, now); }

}  // namespace tinyserve::files
