// human.h — sizes and durations as people read them, and columns of them (base).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tinyserve {

namespace human_detail {

struct Unit {
  std::uint64_t size;
  std::string_view name;
};

// `value` in the first of `units` in which it stays below 1000, with two digits or more.
[[nodiscard]] inline std::string in_units(std::uint64_t value, std::span<const Unit> units) {
  const auto rounded = [value](std::uint64_t unit) {
    return value / unit + (value % unit >= unit - unit / 2 ? 1 : 0);
  };
  std::size_t at = 0;
  while (at + 1 < units.size() && rounded(units[at].size) >= 1000) ++at;
  const std::uint64_t unit = units[at].size;
  std::string text;
  if (at > 0 && value < unit * 10 - unit / 20) {
    const std::uint64_t tenths = rounded(unit / 10);
    text = std::to_string(tenths / 10) + '.' + static_cast<char>('0' + tenths % 10);
  } else {
    text = std::to_string(rounded(unit));
  }
  return text.append(1, ' ').append(units[at].name);
}

}  // namespace human_detail

// "999 B", "1.0 kB", "23 MB": powers of 1000.
[[nodiscard]] inline std::string human_size(std::uint64_t bytes) {
  constexpr std::array<human_detail::Unit, 7> kUnits{{{1, "B"},
                                                      {1'000, "kB"},
                                                      {1'000'000, "MB"},
                                                      {1'000'000'000, "GB"},
                                                      {1'000'000'000'000, "TB"},
                                                      {1'000'000'000'000'000, "PB"},
                                                      {1'000'000'000'000'000'000, "EB"}}};
  return human_detail::in_units(bytes, kUnits);
}

// "63 µs", "1.2 ms", "12 s", "17 min", for microseconds; what is negative counts as 0.
[[nodiscard]] inline std::string human_duration(std::int64_t us) {
  constexpr std::array<human_detail::Unit, 5> kUnits{
      {{1, "µs"}, {1'000, "ms"}, {1'000'000, "s"}, {60'000'000, "min"}, {3'600'000'000, "h"}}};
  return human_detail::in_units(us < 0 ? 0 : static_cast<std::uint64_t>(us), kUnits);
}

// `text`, well-formed UTF-8, so that it ends in a column where others end, too: spaces in front up
// to `columns` characters.
[[nodiscard]] inline std::string right_aligned(std::string_view text, std::size_t columns) {
  const auto begins_character = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  };
  const auto taken =
      static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
  return std::string(columns - std::min(columns, taken), ' ').append(text);
}

}  // namespace tinyserve
