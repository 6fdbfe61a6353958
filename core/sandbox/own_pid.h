// own_pid.h — what stands for the process's own number in the filter that is made when the program
// is built (sandbox).
#pragma once

#include <cstdint>

namespace tinyserve::sandbox {

// Larger than any pid.
inline constexpr std::uint32_t kOwnPid = 0x7EADBEA7;

}  // namespace tinyserve::sandbox
