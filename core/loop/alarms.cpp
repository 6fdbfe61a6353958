#include "loop/alarms.h"

#include <algorithm>

#include "base/room.h"

namespace tinyserve::loop {

void Alarms::set(std::uint64_t ticket, std::int64_t when_ms) {
  make_room_for(heap_, heap_.size() + 1);
  make_room_for(due_, heap_.size() + 1);
  heap_.push_back({when_ms, ticket});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

const std::vector<std::uint64_t>& Alarms::due(std::int64_t now_ms) {
  due_.clear();
  while (!heap_.empty() && heap_.front().when_ms <= now_ms) {
    due_.push_back(heap_.front().ticket);
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  return due_;
}

}  // namespace tinyserve::loop
