// memory_budget.h — how many bytes of requests and answers the whole process may hold (base).
//
// Heads and content that do not fit a loop's receive buffer are charged here before they are
// stored, answers once their client does not take them. Beyond the budget a request is answered 503
// rather than stored, and a client that does not read is left (design: 256 MiB by default). One
// budget serves all loops.
#pragma once

#include <atomic>
#include <cstddef>

namespace tinyserve {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes) : limit_(bytes) {}

  // Charges `bytes` and returns true, or leaves the budget as it was and returns false.
  [[nodiscard]] bool take(std::size_t bytes) {
    // Only the count matters, nothing is published through it: relaxed is enough.
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::size_t bytes) {
    if (bytes > 0) used_.fetch_sub(bytes, std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace tinyserve
