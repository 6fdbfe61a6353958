#include "loop/alarms.h"

#include <algorithm>

namespace tinyserve::loop {

void Alarms::set(std::uint64_t ticket, std::int64_t when_ms) {
  heap_.push_back({when_ms, ticket});
  std::push_heap(heap_.begin(), heap_.end(), later);
}

std::int64_t Alarms::wait_ms(std::int64_t now_ms) const {
  if (heap_.empty()) return -1;
  return std::max<std::int64_t>(heap_.front().when_ms - now_ms, 0);
}

std::vector<std::uint64_t> Alarms::due(std::int64_t now_ms) {
  std::vector<std::uint64_t> tickets;
  while (!heap_.empty() && heap_.front().when_ms <= now_ms) {
    tickets.push_back(heap_.front().ticket);
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  return tickets;
}

}  // namespace tinyserve::loop
