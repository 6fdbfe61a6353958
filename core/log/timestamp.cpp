#include "log/timestamp.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace tinyserve::log {
namespace {

constexpr std::int64_t kLastMoment_us = 253'402'300'799'999'999;  // 9999-12-31T23:59:59.999999Z

void put(char* out, std::size_t digits, std::uint32_t value) {
  while (digits-- > 0) {
    out[digits] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::array<char, 24> format_timestamp(std::int64_t time_us) {
  const auto ms =
      static_cast<std::uint64_t>(std::clamp<std::int64_t>(time_us, 0, kLastMoment_us) / 1000);
  const auto in_day_ms = static_cast<std::uint32_t>(ms % 86'400'000);
  const std::chrono::sys_days day{std::chrono::days{static_cast<int>(ms / 86'400'000)}};
  const std::chrono::year_month_day date{day};
  std::array<char, 24> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                            '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  put(&text[0], 4, static_cast<std::uint32_t>(static_cast<int>(date.year())));
  put(&text[5], 2, static_cast<unsigned>(date.month()));
  put(&text[8], 2, static_cast<unsigned>(date.day()));
  put(&text[11], 2, in_day_ms / 3'600'000);
  put(&text[14], 2, in_day_ms / 60'000 % 60);
  put(&text[17], 2, in_day_ms / 1000 % 60);
  put(&text[20], 3, in_day_ms % 1000);
  return text;
}

}  // namespace tinyserve::log
