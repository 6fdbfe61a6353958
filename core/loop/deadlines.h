// deadlines.h — when patience ends, for many connections at once: a wheel of buckets, refreshed
// lazily.
//
// Only a slot that is new needs memory. Moving a deadline further away, which every request does,
// only stores a number. When the bucket comes due in which it was put, the number is looked at
// again. Only an earlier deadline is moved at once. Nothing here reads a clock. Times are
// milliseconds of the monotonic clock; what is late is late by one tick at most.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/room.h"

namespace tinyserve::loop {

class Deadlines {
 public:
  static constexpr std::int64_t kTickMs = 64;
  static constexpr std::int64_t kNever = INT64_MAX;

  explicit Deadlines(std::int64_t now_ms) : tick_(now_ms / kTickMs) {}

  // The deadline of `slot`, a small number that the caller hands out; kNever takes it away.
  void set(std::uint32_t slot, std::int64_t deadline_ms) {
    if (slot >= nodes_.size()) add_slots(slot + 1);
    Node& node = nodes_[slot];
    node.deadline_ms = deadline_ms;
    if (deadline_ms == kNever) {
      if (node.linked) unlink(slot);
      return;
    }
    // Later than the bucket it is in: the bucket's turn will notice.
    if (node.linked && deadline_ms >= node.tick * kTickMs) return;
    if (node.linked) unlink(slot);
    link(slot);
  }

  // From here on there are only `slots` of them; those that are no more have no deadline.
  void shrink(std::uint32_t slots) {
    if (slots < nodes_.size()) nodes_.resize(slots);
    nodes_.shrink_to_fit();
    due_.clear();
    keep_room_for(due_, slots);
  }

  // Until when the caller may sleep: when a bucket comes due, or kNever.
  [[nodiscard]] std::int64_t next_ms();

  // The slots whose deadline has passed; they have none afterwards. Good until the next call.
  [[nodiscard]] const std::vector<std::uint32_t>& expire(std::int64_t now_ms) {
    due_.clear();
    if (now_ms / kTickMs != tick_) turn_to(now_ms);
    return due_;
  }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  static constexpr std::int64_t kBuckets =
      1024;  // 65 s; what lies further away is looked at on the way
  struct Node {
    std::int64_t deadline_ms = kNever;
    std::int64_t tick = 0;  // of the bucket it is in
    std::uint32_t next = kNone;
    std::uint32_t previous = kNone;
    bool linked = false;
  };

  void add_slots(std::uint32_t count);
  void turn_to(std::int64_t now_ms);
  void link(std::uint32_t slot);
  void unlink(std::uint32_t slot);
  [[nodiscard]] std::uint32_t& head(std::int64_t tick) {
    return heads_[static_cast<std::size_t>(tick % kBuckets)];
  }

  std::int64_t tick_;  // everything up to here has been looked at
  std::int64_t linked_ = 0;
  std::int64_t first_ = 0;  // no bucket before this tick holds anything
  std::array<std::uint32_t, kBuckets> heads_ = [] {
    std::array<std::uint32_t, kBuckets> none;
    none.fill(kNone);
    return none;
  }();
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> due_;
};

}  // namespace tinyserve::loop
