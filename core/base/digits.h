// digits.h — text and numbers where there is room for them, three digits at a time (base).
//
// For what is written with every request: it is put where the caller has made room.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tinyserve {

// Writes `text`; returns its end.
inline char* put_text(char* out, std::string_view text) {
  return out + text.copy(out, text.size());
}

// What a number may be written to, at most: one byte more than 20 digits. What is behind the end
// that is returned is to be written over.
inline constexpr std::size_t kDigitsRoom = 21;

namespace digits_detail {

// "000" to "999", each with a byte behind it, so that four are copied at once.
inline constexpr std::array<char, 4000> kThrees = [] {
  std::array<char, 4000> threes{};
  for (std::size_t value = 0; value < 1000; ++value) {
    threes[4 * value] = static_cast<char>('0' + value / 100);
    threes[4 * value + 1] = static_cast<char>('0' + value / 10 % 10);
    threes[4 * value + 2] = static_cast<char>('0' + value % 10);
  }
  return threes;
}();

}  // namespace digits_detail

// Writes `value`, which is below 1000, with exactly three digits; returns their end.
inline char* put_three(char* out, std::uint64_t value) {
  std::memcpy(out, &digits_detail::kThrees[4 * value], 4);
  return out + 3;
}

// Writes `value`, which is below 1000, without leading zeros; returns its end.
inline char* put_few(char* out, std::uint64_t value) {
  const std::size_t zeros = std::size_t{value < 10} + std::size_t{value < 100};
  std::memcpy(out, &digits_detail::kThrees[4 * value + zeros], 4);
  return out + 3 - zeros;
}

inline char* put_number(char* out, std::uint64_t value);

namespace digits_detail {

// Apart, so that the others are small enough to become part of their callers.
[[gnu::noinline]] inline char* put_million(char* out, std::uint64_t value) {
  out = put_number(out, value / 1'000'000);
  const std::uint64_t rest = value % 1'000'000;
  return put_three(put_three(out, rest / 1000), rest % 1000);
}

}  // namespace digits_detail

// Writes `value` without leading zeros; returns its end.
inline char* put_number(char* out, std::uint64_t value) {
  if (value < 1000) return put_few(out, value);
  if (value >= 1'000'000) return digits_detail::put_million(out, value);
  return put_three(put_few(out, value / 1000), value % 1000);
}

}  // namespace tinyserve
