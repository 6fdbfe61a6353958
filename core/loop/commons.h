// commons.h — what the loops of one server have in common: counts, and nothing else that changes.
//
// They are written when a connection begins or ends and when a request needs memory, never by a
// request as such. Only the counts matter and nothing is published through them, so relaxed is
// enough.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/memory_budget.h"

namespace tinyserve::loop {

// The places for connections of the whole process.
class Places {
 public:
  explicit Places(std::size_t most) : most_(most) {}

  [[nodiscard]] std::size_t most() const { return most_; }
  [[nodiscard]] bool are_taken() const { return taken_.load(std::memory_order_relaxed) >= most_; }

  // Takes one and returns true, or returns false where none is left.
  [[nodiscard]] bool take() {
    std::size_t taken = taken_.load(std::memory_order_relaxed);
    while (taken < most_) {
      if (taken_.compare_exchange_weak(taken, taken + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  void give_back() { taken_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const std::size_t most_;
  std::atomic<std::size_t> taken_{0};
};

struct Commons {
  // `memory` in bytes; `sharers` is the number of loops.
  Commons(std::size_t most_connections, std::size_t memory, std::size_t sharers)
      : places(most_connections), budget(memory), loops(sharers) {}

  Places places;
  MemoryBudget budget;
  const std::size_t loops;
  std::atomic<std::uint64_t> connections{0};  // so far, which is the number of the last one
};

}  // namespace tinyserve::loop
