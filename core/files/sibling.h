// sibling.h — step 5: precompressed files beside a file, `app.js.br` for `app.js`.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "files/facts.h"
#include "files/root.h"
#include "http/accept.h"

namespace tinyserve::files {

inline constexpr std::array kSiblingCodings{http::Coding::kBr, http::Coding::kZstd,
                                            http::Coding::kGzip};

struct Siblings {
  http::Codings usable;
  // What was found in the place of each, be it usable or not; in the order of kSiblingCodings.
  std::array<std::optional<Facts>, kSiblingCodings.size()> found;

  [[nodiscard]] bool any() const { return usable.br || usable.zstd || usable.gzip; }
};

// Which siblings of the regular file at `path`, whose facts are `original`, can stand for it:
// regular files that are not older, for then they would show what the file was before. One stat for
// each coding.
[[nodiscard]] Siblings find_siblings(const Root& root, const std::string& path,
                                     const Facts& original);

// Where the sibling for `coding` is: `path` with ".br", ".zst" or ".gz".
[[nodiscard]] std::string sibling_path(const std::string& path, http::Coding coding);

}  // namespace tinyserve::files
