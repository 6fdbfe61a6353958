// poller.h — epoll(7), level-triggered, behind four functions.
//
// Waits end by a timerfd(2) of the poller's own, not by the time limit of epoll_wait(2): that one
// sets and takes back a timer of the kernel's each time the caller falls asleep, while a time that
// lies further away than the one that is set needs no call at all.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"

namespace tinyserve::net {

class Poller {
 public:
  static constexpr std::int64_t kForever = INT64_MAX;
  static constexpr std::uint64_t kTimerToken = 1ULL << 62 | 1;  // nobody else's

  // Hang-ups and errors are reported whatever is asked for.
  enum : std::uint32_t { kNothing = 0, kReadable = EPOLLIN, kWritable = EPOLLOUT };
  struct Event : epoll_event {
    [[nodiscard]] std::uint64_t token() const { return data.u64; }
    [[nodiscard]] bool is_readable() const { return (events & EPOLLIN) != 0; }
    [[nodiscard]] bool is_writable() const { return (events & EPOLLOUT) != 0; }
    // Hang-up or error: the descriptor is of no use any more, though what was received can be read.
    [[nodiscard]] bool is_broken() const { return (events & (EPOLLHUP | EPOLLERR)) != 0; }
  };

  [[nodiscard]] static Result<Poller> open();

  // Watches `fd`, which is borrowed until it is removed or closed, and reports it with `token`.
  // Closing it only ends the watch of what nobody else has open.
  [[nodiscard]] Result<void> add(int fd, std::uint32_t interest, std::uint64_t token);
  [[nodiscard]] Result<void> modify(int fd, std::uint32_t interest, std::uint64_t token);
  [[nodiscard]] Result<void> remove(int fd);

  // Waits for events, at most until `until_ms` (milliseconds of the monotonic clock; kForever:
  // without end); when that has come by `now_ms`, the time at which the caller last looked, it only
  // looks. Then, or earlier, one of the events may bear kTimerToken, which says no more than that.
  // There are none when a signal came. The span is good until the next call.
  [[nodiscard]] Result<std::span<const Event>> wait(std::int64_t until_ms, std::int64_t now_ms);

 private:
  static constexpr int kBatch = 256;
  Poller(UniqueFd fd, UniqueFd timer) : fd_(std::move(fd)), timer_(std::move(timer)) {}
  [[nodiscard]] Result<void> set_timer(std::int64_t when_ms);

  UniqueFd fd_;
  UniqueFd timer_;
  std::int64_t timer_ms_ = kForever;  // when it wakes us
  std::array<Event, kBatch> events_{};
};

}  // namespace tinyserve::net
