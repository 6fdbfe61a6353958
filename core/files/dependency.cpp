#include "files/dependency.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace tinyserve::files {

bool Dependency::holds() const {
  struct stat status;
  if (::fstatat(AT_FDCWD, path.c_str(), &status, 0) != 0) {
    return !facts && (errno == ENOENT || errno == ENOTDIR);
  }
  return facts && facts_of(status) == *facts;
}

bool Dependency::is_settled(Instant now) const { return !facts || files::is_settled(*facts, now); }

}  // namespace tinyserve::files
