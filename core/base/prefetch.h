// prefetch.h — asks the processor to fetch memory that will be read soon (base).
#pragma once

#include <cstdint>

namespace tinyserve {

// Fetches the cache lines with the bytes from `begin` up to `end`. Never fails, whatever is there,
// and waits for nothing.
inline void prefetch(const void* begin, const void* end) {
  constexpr std::uintptr_t kLine = 64;  // bytes
  const auto* at = static_cast<const char*>(begin);
  at -= reinterpret_cast<std::uintptr_t>(begin) % kLine;
  for (; at < end; at += kLine) __builtin_prefetch(at);
}

}  // namespace tinyserve
