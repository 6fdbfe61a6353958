// timestamp.h — step 8: a moment as log records spell it (RFC 3339, UTC, milliseconds). Pure.
#pragma once

#include <array>
#include <cstdint>

namespace tinyserve::log {

// "2026-11-22T10:15:30.123Z" for microseconds since 1970, without a terminator. What lies before
// 1970 or after 9999 becomes the first or the last moment between.
[[nodiscard]] std::array<char, 24> format_timestamp(std::int64_t time_us);

}  // namespace tinyserve::log
