// clock.h — points in time as values, so that everything that depends on time can be handed one
// (base).
//
// The loop reads the clocks once per turn and passes the Instant down; rooms that must not read a
// clock (http) get theirs as a parameter, and tests make up their own.
#pragma once

#include <cstdint>
#include <ctime>

namespace tinyserve {

struct Instant {
  std::int64_t mono_us = 0;  // CLOCK_MONOTONIC, microseconds: for durations and deadlines
  std::int64_t wall_us =
      0;  // CLOCK_REALTIME, microseconds since 1970: for dates that people and peers read

  [[nodiscard]] std::int64_t mono_ms() const { return mono_us / 1000; }
  // The first mono_ms() at which no less than `duration_ms` have passed.
  [[nodiscard]] std::int64_t mono_ms_after(std::int64_t duration_ms) const {
    return (mono_us + 999) / 1000 + duration_ms;
  }
  [[nodiscard]] std::int64_t wall_s() const { return wall_us / 1'000'000; }
};

[[nodiscard]] inline std::int64_t clock_us(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

// Both clocks, now.
[[nodiscard]] inline Instant read_clocks() {
  return {clock_us(CLOCK_MONOTONIC), clock_us(CLOCK_REALTIME)};
}

}  // namespace tinyserve
