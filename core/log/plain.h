// plain.h — step 8: the bytes of a text that every format of the log writes as they are.
//
// Nearly every text of nearly every request consists of these alone, which is found out eight bytes
// at a time. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tinyserve::log {

// Printable ASCII without the quote and the backslash.
[[nodiscard]] constexpr bool is_plain(char c) {
  return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
}

// Whether all eight bytes are plain, by arithmetic on all of them at once. Each term raises the top
// bit of a byte that is not; a carry or borrow may raise one more beside it, never hide one.
[[nodiscard]] inline bool are_plain(const char* eight) {
  constexpr std::uint64_t kEachByte = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const std::uint64_t control = word - kEachByte * ' ';
  const std::uint64_t beyond = word + kEachByte;  // DEL becomes 0x80
  const std::uint64_t quote = (word ^ (kEachByte * '"')) - kEachByte;
  const std::uint64_t backslash = (word ^ (kEachByte * '\\')) - kEachByte;
  return ((word | control | beyond | quote | backslash) & (kEachByte * 0x80)) == 0;
}

// How many plain characters `text` begins with.
[[nodiscard]] inline std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  while (text.size() - size >= 8 && are_plain(text.data() + size)) size += 8;
  // What is left of a text that was plain so far: its last eight bytes, some for the second time.
  const bool is_near_end = size > 0 && text.size() - size < 8;
  if (is_near_end && are_plain(text.data() + text.size() - 8)) return text.size();
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

}  // namespace tinyserve::log
