#include "loop/deadlines.h"

#include <algorithm>

namespace tinyserve::loop {

std::int64_t Deadlines::next_ms() {
  if (linked_ == 0) return kNever;
  first_ = std::max(first_, tick_ + 1);
  while (head(first_) == kNone) ++first_;
  return first_ * kTickMs;
}

void Deadlines::add_slots(std::uint32_t count) {
  make_room_for(due_, count);
  make_room_for(nodes_, count);
  nodes_.resize(count);
}

// Empties the buckets up to that of `now_ms`.
void Deadlines::turn_to(std::int64_t now_ms) {
  const std::int64_t now_tick = now_ms / kTickMs;
  // After a long sleep one round of the wheel meets everything there is.
  tick_ = std::max(tick_, now_tick - kBuckets);
  while (tick_ < now_tick) {
    ++tick_;
    std::uint32_t slot = head(tick_);
    while (slot != kNone) {
      const std::uint32_t next = nodes_[slot].next;
      unlink(slot);
      if (nodes_[slot].deadline_ms <= now_ms) {
        nodes_[slot].deadline_ms = kNever;
        due_.push_back(slot);
      } else {
        link(slot);
      }
      slot = next;
    }
  }
}

// Puts a node into the bucket whose tick is the first at or after its deadline, within one round of
// the wheel.
void Deadlines::link(std::uint32_t slot) {
  Node& node = nodes_[slot];
  const std::int64_t due = (node.deadline_ms + kTickMs - 1) / kTickMs;
  node.tick = std::clamp(due, tick_ + 1, tick_ + kBuckets - 1);
  node.previous = kNone;
  node.next = head(node.tick);
  if (node.next != kNone) nodes_[node.next].previous = slot;
  head(node.tick) = slot;
  node.linked = true;
  first_ = linked_ == 0 ? node.tick : std::min(first_, node.tick);
  ++linked_;
}

void Deadlines::unlink(std::uint32_t slot) {
  Node& node = nodes_[slot];
  if (node.previous != kNone) {
    nodes_[node.previous].next = node.next;
  } else {
    head(node.tick) = node.next;
  }
  if (node.next != kNone) nodes_[node.next].previous = node.previous;
  node.linked = false;
  --linked_;
}

}  // namespace tinyserve::loop
