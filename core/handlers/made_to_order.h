// made_to_order.h — answers of the API that a client orders by a number: a status, so many bytes, a
// delay.
//
// For trying out how a page takes them. Nothing here depends on the files or on this machine.
#pragma once

#include <cstdint>
#include <string_view>

#include "handlers/answer.h"

namespace tinyserve::handlers {

inline constexpr std::uint64_t kLeastStatus = 200;  // what is below is no final answer
inline constexpr std::uint64_t kMostStatus = 599;
inline constexpr std::uint64_t kMostBytes = 1ULL << 30;
inline constexpr std::uint64_t kLongestDelayMs = 60'000;

// An answer with this status, within the bounds, as JSON where the status allows content, and with
// the field that a client needs to act on it: Location leads to /api/request, Retry-After is a
// second, a challenge is one that opens no dialog (RFC 9110 §15). `methods` is for the Allow of
// 405.
[[nodiscard]] Answer ordered_status(std::uint64_t code, std::string_view methods);

// `size` bytes, at most kMostBytes, the same ones each time, which look random: compression gains
// nothing. They repeat after 256 KiB, so that no size costs memory.
[[nodiscard]] Answer ordered_bytes(std::uint64_t size);

// An answer that is held back for `delay_ms` and says so.
[[nodiscard]] Answer ordered_delay(std::uint64_t delay_ms);

}  // namespace tinyserve::handlers
