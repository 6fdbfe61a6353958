// prefetch.h — asks the processor to fetch memory that will be read soon (base).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyserve {

// Fetches the cache lines that hold the `size` bytes at `begin`. Never fails, whatever is there,
// and waits for nothing.
inline void prefetch(const void* begin, std::size_t size) {
  constexpr std::uintptr_t kLine = 64;  // bytes
  const auto first = reinterpret_cast<std::uintptr_t>(begin);
  for (std::uintptr_t at = first & ~(kLine - 1); at < first + size; at += kLine) {
    __builtin_prefetch(reinterpret_cast<const void*>(at));
  }
}

}  // namespace tinyserve
