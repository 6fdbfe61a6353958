// printable.h — text that cannot disturb the terminal or pretend to be another line.
//
// Names of files and values of flags may hold any byte. Whatever is written for a person passes
// through here once, at the place where it is written.
#pragma once

#include <string>
#include <string_view>

namespace tinyserve::cmd {

// `text` with its control characters (line breaks and escapes above all) spelt as \x1b. UTF-8 stays
// as it is.
[[nodiscard]] inline std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace tinyserve::cmd
