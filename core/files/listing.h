// listing.h — the entries of a directory, for a page that shows them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "files/root.h"

namespace tinyserve::files {

struct ListedEntry {
  std::string name;  // bytes, as the file system has them
  Facts facts;
};

enum class Hidden : std::uint8_t { kLeaveOut, kShow };

// What `directory` holds: an open directory found at `path` in `root`. Directories first, then in
// natural order. Names that begin with a dot only with Hidden::kShow; what leads out of the root or
// to neither file nor directory is left out, because a link to it would be a 404. Fails with
// open(2)'s and readdir(3)'s errors, and with EFBIG where there are more than `most` entries.
[[nodiscard]] Result<std::vector<ListedEntry>> list_directory(const Root& root,
                                                              const std::string& path,
                                                              const Entry& directory, Hidden hidden,
                                                              std::size_t most);

}  // namespace tinyserve::files
