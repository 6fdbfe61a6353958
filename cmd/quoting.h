// quoting.h — texts as the languages of the generated files want them written.
#pragma once

#include <string>
#include <string_view>

namespace tinyserve::cmd {

// `text` with a backslash before each byte that is one of `special`.
[[nodiscard]] inline std::string backslashed(std::string_view text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// `text` with `to` wherever `from` stood.
[[nodiscard]] inline std::string with_replaced(std::string_view text, std::string_view from,
                                               std::string_view to) {
  std::string result(text);
  std::size_t at = result.find(from);
  for (; at != std::string::npos; at = result.find(from, at + to.size())) {
    result.replace(at, from.size(), to);
  }
  return result;
}

// One word of bash or zsh that is `text`, whatever bytes it has.
[[nodiscard]] inline std::string shell_quoted(std::string_view text) {
  return "'" + with_replaced(text, "'", "'\\''") + "'";
}

}  // namespace tinyserve::cmd
