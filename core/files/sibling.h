// sibling.h — step 5: precompressed files beside a file, `app.js.br` for `app.js`.
#pragma once

#include <string>

#include "files/root.h"
#include "http/accept.h"

namespace tinyserve::files {

// Which siblings of the regular file at `path`, whose facts are `original`, can stand for it:
// regular files that are not older, for then they would show what the file was before. One stat for
// each coding.
[[nodiscard]] http::Codings find_siblings(const Root& root, const std::string& path,
                                          const Facts& original);

// Where the sibling for `coding` is: `path` with ".br", ".zst" or ".gz".
[[nodiscard]] std::string sibling_path(const std::string& path, http::Coding coding);

}  // namespace tinyserve::files
