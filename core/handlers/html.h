// html.h — bytes of unknown origin as HTML, for the pages that we write ourselves. Pure.
//
// What could not be seen is spelt as programmers do: control characters and those that would turn
// the direction of the text around them as \n, \x1B or \u202E, bytes that are no UTF-8 as \xFF.
#pragma once

#include <string>
#include <string_view>

namespace tinyserve::handlers {

// `text` as text or within an attribute's quotes, the five special characters escaped.
[[nodiscard]] std::string escape_html(std::string_view text);

// The name of a file as an element of its own: what is spelt stands out in it, and its direction
// changes nothing outside.
[[nodiscard]] std::string name_html(std::string_view name);

}  // namespace tinyserve::handlers
