// timestamp.h — a moment as records and listings spell it (RFC 3339, UTC, milliseconds) (base).
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/digits.h"

namespace tinyserve {

namespace timestamp_detail {

inline constexpr std::int64_t kLastMomentUs =
    253'402'300'799'999'999;  // 9999-12-31T23:59:59.999999Z

inline void put(char* out, std::size_t digits, std::uint32_t value) {
  while (digits-- > 0) {
    out[digits] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace timestamp_detail

// "2026-11-22T10:15:30.123Z" for microseconds since 1970, without a terminator. What lies before
// 1970 or after 9999 becomes the first or the last moment between.
[[nodiscard]] inline std::array<char, 24> format_timestamp(std::int64_t time_us) {
  const auto ms = static_cast<std::uint64_t>(
      std::clamp<std::int64_t>(time_us, 0, timestamp_detail::kLastMomentUs) / 1000);
  const auto in_day_ms = static_cast<std::uint32_t>(ms % 86'400'000);
  const std::chrono::sys_days day{std::chrono::days{static_cast<int>(ms / 86'400'000)}};
  const std::chrono::year_month_day date{day};
  std::array<char, 24> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0',
                            '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', 'Z'};
  timestamp_detail::put(&text[0], 4, static_cast<std::uint32_t>(static_cast<int>(date.year())));
  timestamp_detail::put(&text[5], 2, static_cast<unsigned>(date.month()));
  timestamp_detail::put(&text[8], 2, static_cast<unsigned>(date.day()));
  timestamp_detail::put(&text[11], 2, in_day_ms / 3'600'000);
  timestamp_detail::put(&text[14], 2, in_day_ms / 60'000 % 60);
  timestamp_detail::put(&text[17], 2, in_day_ms / 1000 % 60);
  timestamp_detail::put(&text[20], 3, in_day_ms % 1000);
  return text;
}

// For moments of which nearly all lie in the same second as the one before: its text is kept.
class TimestampCache {
 public:
  // As format_timestamp(). The text is good until the next call.
  [[nodiscard]] const std::array<char, 24>& format(std::int64_t time_us) {
    const auto in_second_us =
        static_cast<std::uint64_t>(time_us) - static_cast<std::uint64_t>(second_us_);
    if (in_second_us >= 1'000'000) [[unlikely]]
      return renew(time_us);
    put_three(&text_[20], in_second_us / 1000);
    text_[23] = 'Z';
    return text_;
  }

 private:
  const std::array<char, 24>& renew(std::int64_t time_us) {
    const std::int64_t known_us =
        std::clamp<std::int64_t>(time_us, 0, timestamp_detail::kLastMomentUs);
    second_us_ = known_us - known_us % 1'000'000;
    text_ = format_timestamp(known_us);
    return text_;
  }

  std::int64_t second_us_ = 0;
  std::array<char, 24> text_ = format_timestamp(0);
};

}  // namespace tinyserve
