// local_time.h — step 8: a moment on the clock of the wall, for the formats that people read.
#pragma once

#include <cstdint>
#include <ctime>

namespace tinyserve::log {

// The time zone's date and time for microseconds since 1970. The zone is that of tzset(3), which
// somebody must have called.
[[nodiscard]] inline std::tm local_time(std::int64_t time_us) {
  const std::time_t seconds = static_cast<std::time_t>(time_us / 1'000'000);
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  return parts;
}

}  // namespace tinyserve::log
