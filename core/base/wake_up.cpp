#include "base/wake_up.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace tinyserve {

Result<WakeUp> WakeUp::open() {
  UniqueFd fd(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!fd) return fail("eventfd");
  return WakeUp(std::move(fd));
}

void WakeUp::signal() const noexcept {
  const int saved = errno;
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the loop is awake already.
  [[maybe_unused]] const ssize_t written = ::write(fd_.get(), &one, sizeof one);
  errno = saved;
}

void WakeUp::clear() const noexcept {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = ::read(fd_.get(), &count, sizeof count);
}

}  // namespace tinyserve
