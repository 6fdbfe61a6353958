// alarms.h — when answers that are held back, or paced, go on: to the millisecond.
//
// A heap: few connections wait like this, and the wheel of deadlines.h is too coarse for it. What
// is not wanted any more is not taken out; whoever is woken looks whether it is time. Only set()
// needs memory.
#pragma once

#include <cstdint>
#include <vector>

namespace tinyserve::loop {

class Alarms {
 public:
  static constexpr std::int64_t kNever = INT64_MAX;

  // `ticket` is to be woken at `when_ms` of the monotonic clock.
  void set(std::uint64_t ticket, std::int64_t when_ms);

  [[nodiscard]] bool empty() const { return heap_.empty(); }

  // When the first one is to be woken, or kNever.
  [[nodiscard]] std::int64_t next_ms() const {
    return heap_.empty() ? kNever : heap_.front().when_ms;
  }

  // Whose time has come, in order, each of them taken out. Good until the next call.
  [[nodiscard]] const std::vector<std::uint64_t>& due(std::int64_t now_ms);

 private:
  struct Alarm {
    std::int64_t when_ms;
    std::uint64_t ticket;
  };
  static bool later(const Alarm& a, const Alarm& b) { return a.when_ms > b.when_ms; }

  std::vector<Alarm> heap_;  // the first one in front
  std::vector<std::uint64_t> due_;
};

}  // namespace tinyserve::loop
