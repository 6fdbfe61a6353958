// paced.h — answers of the API that come bit by bit: lines, and server-sent events.
//
// Content that is made while it is sent, each bit behind a pause; no thread waits for it. A stream
// that is under way when the server stops is cut off.
#pragma once

#include <cstdint>

#include "handlers/answer.h"

namespace tinyserve::handlers {

inline constexpr std::uint64_t kMostLines = 10'000;
inline constexpr std::uint64_t kMostTicks = 1'000'000'000;
inline constexpr std::uint64_t kLongestTickingMs = 3'600'000;

// `count` lines of JSON, {"n":1,"of":count,"time":...} and so on, `interval_ms` apart.
[[nodiscard]] Answer paced_lines(std::uint64_t count, std::uint64_t interval_ms);

// Events named "tick" (HTML §9.2), `interval_ms` apart, from number `received` + 1 up to `last`,
// but none for longer than kLongestTickingMs: an EventSource asks again and goes on behind what it
// has received. One that has all of them gets 204, which makes it stop. `interval_ms` is not 0.
[[nodiscard]] Answer paced_events(std::uint64_t received, std::uint64_t last,
                                  std::uint64_t interval_ms);

}  // namespace tinyserve::handlers
