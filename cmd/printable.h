// printable.h — text that cannot disturb the terminal or pretend to be another line.
//
// Names of files and values of flags may hold any byte. Whatever is written for a person passes
// through here once, at the place where it is written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace tinyserve::cmd {

// Whether a terminal might obey `character`, a well-formed sequence of UTF-8: C0, DEL and C1, the
// separators of lines, and what turns the direction of text around.
[[nodiscard]] constexpr bool is_control(std::string_view character) {
  if (character.size() == 1) return character[0] < ' ' || character[0] == '\x7f';
  return (character >= "\u0080" && character <= "\u009f") ||
         (character >= "\u2028" && character <= "\u202e") ||
         (character >= "\u2066" && character <= "\u2069");
}

// `text` with its control characters (line breaks and escapes above all), and what is no UTF-8,
// spelt as \x1b. Other UTF-8 stays as it is.
[[nodiscard]] inline std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(size, 1));
    text.remove_prefix(character.size());
    if (size > 0 && !is_control(character)) {
      out += character;
      continue;
    }
    for (const char c : character) {
      const auto byte = static_cast<unsigned char>(c);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

// `text` as messages name what somebody has written.
[[nodiscard]] inline std::string in_quotes(std::string_view text) {
  return std::string("'").append(text).append("'");
}

// Writes a line about what keeps the program from its work to standard error: for where no settings
// say how messages look.
inline void complain(std::string_view text) {
  std::fprintf(stderr, "tinyserve: %s\n", printable(text).c_str());
}

}  // namespace tinyserve::cmd
