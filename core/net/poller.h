// poller.h — epoll(7), level-triggered, behind four functions.
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

  // Waits for events, at most `timeout_ms` milliseconds (-1: for ever). None when time ran out or a
  // signal came. The span is good until the next call.
  [[nodiscard]] Result<std::span<const Event>> wait(int timeout_ms);

 private:
  static constexpr int kBatch = 256;
  explicit Poller(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
  std::array<Event, kBatch> events_{};
};

}  // namespace tinyserve::net
