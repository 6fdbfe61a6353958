// random.h — bits that nobody can foresee (base).
#pragma once

#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace tinyserve {

// 64 of them, from getrandom(2). (std::random_device asks the processor first whether it has any,
// which a hypervisor has to answer.) Throws std::system_error where the kernel has none to give.
inline std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  ssize_t count = 0;
  do {
    count = ::getrandom(&bits, sizeof bits, 0);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof bits) throw std::system_error(errno, std::generic_category(), "getrandom");
  return bits;
}

}  // namespace tinyserve
