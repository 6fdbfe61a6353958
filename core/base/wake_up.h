// wake_up.h — wakes a loop from another thread or from a signal handler (eventfd(2), base).
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace tinyserve {

class WakeUp {
 public:
  [[nodiscard]] static Result<WakeUp> open();

  // Makes the descriptor readable. Async-signal-safe; leaves errno as it was.
  void signal() const noexcept;
  // Takes all signals so far.
  void clear() const noexcept;
  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit WakeUp(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace tinyserve
