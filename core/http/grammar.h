// grammar.h — the character classes of RFC 9110 §5.6 and RFC 3986 §2, as one table.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/ascii.h"

namespace tinyserve::http {

namespace grammar_detail {

enum Class : std::uint8_t {
  kToken = 1,        // tchar, RFC 9110 §5.6.2
  kValue = 2,        // field-content: visible, SP, HTAB and obs-text, RFC 9110 §5.5
  kPath = 4,         // what may stand in a path; browsers send [ ] | ^ unescaped
  kQuery = 8,        // printable ASCII: the query is opaque to us
  kRegName = 16,     // RFC 3986 §3.2.2, percent sign included
  kUnreserved = 32,  // RFC 3986 §2.3
  kPlainPath = 64    // kPath without the percent sign
};

constexpr bool contains(std::string_view set, char c) { return set.find(c) != set.npos; }

constexpr std::array<std::uint8_t, 256> make_classes() {
  constexpr std::string_view kSubDelims = "!$&'()*+,;=";
  std::array<std::uint8_t, 256> classes{};
  for (unsigned i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool alnum = is_alpha(c) || is_digit(c);
    const bool printable = i > 0x20 && i < 0x7f;
    const bool unreserved = alnum || contains("-._~", c);
    unsigned bits = 0;
    if (alnum || contains("!#$%&'*+-.^_`|~", c)) bits |= kToken;
    if (printable || c == ' ' || c == '\t' || i >= 0x80) bits |= kValue;
    if (unreserved || contains(kSubDelims, c) || contains(":@/%[]|^", c)) bits |= kPath;
    if (printable) bits |= kQuery;
    if (unreserved || contains(kSubDelims, c) || c == '%') bits |= kRegName;
    if (unreserved) bits |= kUnreserved;
    if ((bits & kPath) != 0 && c != '%') bits |= kPlainPath;
    classes[i] = static_cast<std::uint8_t>(c == '\0' ? 0 : bits);
  }
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

constexpr bool is(char c, Class wanted) {
  return (kClasses[static_cast<unsigned char>(c)] & wanted) != 0;
}

}  // namespace grammar_detail

[[nodiscard]] constexpr bool is_token_char(char c) {
  return grammar_detail::is(c, grammar_detail::kToken);
}
[[nodiscard]] constexpr bool is_value_char(char c) {
  return grammar_detail::is(c, grammar_detail::kValue);
}
[[nodiscard]] constexpr bool is_path_char(char c) {
  return grammar_detail::is(c, grammar_detail::kPath);
}
[[nodiscard]] constexpr bool is_query_char(char c) {
  return grammar_detail::is(c, grammar_detail::kQuery);
}
[[nodiscard]] constexpr bool is_reg_name_char(char c) {
  return grammar_detail::is(c, grammar_detail::kRegName);
}
[[nodiscard]] constexpr bool is_unreserved_char(char c) {
  return grammar_detail::is(c, grammar_detail::kUnreserved);
}

// What may stand in a path and means itself.
[[nodiscard]] constexpr bool is_plain_path_char(char c) {
  return grammar_detail::is(c, grammar_detail::kPlainPath);
}

// How many characters at the front of `text` `is_one` holds for. A template parameter, so that it
// is a look at the table for each and no call.
template <bool (*is_one)(char)>
[[nodiscard]] constexpr std::size_t count_leading(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_one(text[count])) ++count;
  return count;
}

// How many bytes at the front of `text` a field value may contain. Eight at a time: one below 0x20,
// or 0x7f, leaves its high bit set in `suspects`. So does HTAB, and bytes behind one, or behind
// 0xff, may be reported wrongly, hence the second look.
[[nodiscard]] inline std::size_t count_value_chars(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, text.data() + at, sizeof word);
      const std::uint64_t suspects = ((word - kOnes * 0x20) | (word + kOnes)) & ~word & kHigh;
      if (suspects == 0) {
        at += 8;
        continue;
      }
      at += static_cast<std::size_t>(std::countr_zero(suspects)) / 8;
    }
    if (!is_value_char(text[at])) return at;
    ++at;
  }
  return at;
}

// Whether every % of `text` is followed by two hexadecimal digits (RFC 3986 §2.1).
[[nodiscard]] constexpr bool escapes_are_whole(std::string_view text) {
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size()) return false;
    if (hex_value(text[at + 1]) < 0 || hex_value(text[at + 2]) < 0) return false;
  }
  return true;
}

}  // namespace tinyserve::http
