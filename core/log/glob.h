// glob.h — which paths are not logged: patterns as a shell has them. Pure.
#pragma once

#include <string_view>

namespace tinyserve::log {

// Whether all of `text` is what `pattern` describes: `*` stands for any bytes, a slash and none
// included, `?` for one byte, `[a-z]` for one of a set and `[!a-z]` for one of no set, and a
// backslash takes the meaning from what follows. A `[` that nothing closes means itself. The time
// it takes is at most the product of both sizes, whatever they hold.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace tinyserve::log
