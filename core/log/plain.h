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

// Bits that are set where not all eight bytes of `word` are plain, by arithmetic on all of them at
// once. Each term raises the top bit of a byte that is not; a carry or borrow may raise one more
// beside it, never hide one.
[[nodiscard]] inline std::uint64_t marks_of(std::uint64_t word) {
  constexpr std::uint64_t kEachByte = 0x0101010101010101;
  const std::uint64_t control = word - kEachByte * ' ';
  const std::uint64_t beyond = word + kEachByte;  // DEL becomes 0x80
  const std::uint64_t quote = (word ^ (kEachByte * '"')) - kEachByte;
  const std::uint64_t backslash = (word ^ (kEachByte * '\\')) - kEachByte;
  return (word | control | beyond | quote | backslash) & (kEachByte * 0x80);
}

template <class Word>
[[nodiscard]] Word load(const char* from) {
  Word word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// Copies as many bytes as a Word has; returns them.
template <class Word>
[[nodiscard]] std::uint64_t copy_word(char* out, const char* from) {
  const Word word = load<Word>(from);
  std::memcpy(out, &word, sizeof word);
  return word;
}

// How many plain characters `text` begins with.
[[nodiscard]] inline std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  while (text.size() - size >= 8 && marks_of(load<std::uint64_t>(text.data() + size)) == 0) {
    size += 8;
  }
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

// For copy_if_plain(): more than eight bytes.
[[nodiscard, gnu::noinline]] inline bool copy_long_if_plain(char* out, std::string_view text) {
  const std::size_t last = text.size() - 8;
  std::uint64_t marks = marks_of(copy_word<std::uint64_t>(out + last, text.data() + last));
  for (std::size_t at = 0; at < last; at += 8) {
    marks |= marks_of(copy_word<std::uint64_t>(out + at, text.data() + at));
  }
  return marks == 0;
}

// Copies `text` to `out` and says whether all of it is plain: asked afterwards, since it nearly
// always is. A short text is its first and its last bytes, some of them twice.
[[nodiscard]] inline bool copy_if_plain(char* out, std::string_view text) {
  constexpr std::uint64_t kSpaces = 0x2020202000000000;
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size > 16) return copy_long_if_plain(out, text);
  if (size >= 8) {
    const std::uint64_t first = marks_of(copy_word<std::uint64_t>(out, from));
    return (first | marks_of(copy_word<std::uint64_t>(out + size - 8, from + size - 8))) == 0;
  }
  if (size >= 4) {
    const std::uint64_t first = copy_word<std::uint32_t>(out, from);
    return marks_of(first | copy_word<std::uint32_t>(out + size - 4, from + size - 4) << 32) == 0;
  }
  if (size >= 2) {
    const std::uint64_t first = kSpaces | copy_word<std::uint16_t>(out, from);
    return marks_of(first | copy_word<std::uint16_t>(out + size - 2, from + size - 2) << 16) == 0;
  }
  if (size == 1) *out = *from;
  return size == 0 || is_plain(*from);
}

}  // namespace tinyserve::log
