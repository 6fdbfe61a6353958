#include "net/poller.h"

#include <sys/timerfd.h>

namespace tinyserve::net {

namespace {

Result<void> control(int epoll, int operation, int fd, std::uint32_t interest,
                     std::uint64_t token) {
  epoll_event event{};
  event.events = interest;
  event.data.u64 = token;
  if (::epoll_ctl(epoll, operation, fd, &event) != 0) return fail("epoll_ctl");
  return {};
}

}  // namespace

Result<Poller> Poller::open() {
  UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return fail("epoll_create1");
  UniqueFd timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  if (!timer) return fail("timerfd_create");
  const auto added = control(fd.get(), EPOLL_CTL_ADD, timer.get(), kReadable, kTimerToken);
  if (!added) return added.error();
  return Poller(std::move(fd), std::move(timer));
}

Result<void> Poller::add(int fd, std::uint32_t interest, std::uint64_t token) {
  return control(fd_.get(), EPOLL_CTL_ADD, fd, interest, token);
}

Result<void> Poller::modify(int fd, std::uint32_t interest, std::uint64_t token) {
  return control(fd_.get(), EPOLL_CTL_MOD, fd, interest, token);
}

Result<void> Poller::remove(int fd) { return control(fd_.get(), EPOLL_CTL_DEL, fd, 0, 0); }

Result<std::span<const Poller::Event>> Poller::wait(std::int64_t until_ms, std::int64_t now_ms) {
  const bool only_looks = until_ms <= now_ms;
  // One that has rung is reported until it is set anew.
  if (timer_ms_ <= now_ms || (!only_looks && until_ms < timer_ms_)) {
    if (const auto set = set_timer(only_looks ? kForever : until_ms); !set) return set.error();
  }
  const int count = ::epoll_wait(fd_.get(), events_.data(), kBatch, only_looks ? 0 : -1);
  if (count < 0 && errno != EINTR) return fail("epoll_wait");
  return std::span<const Event>(events_.data(), static_cast<std::size_t>(count < 0 ? 0 : count));
}

Result<void> Poller::set_timer(std::int64_t when_ms) {
  itimerspec setting{};  // zero: never
  if (when_ms != kForever) {
    setting.it_value.tv_sec = when_ms / 1000;
    setting.it_value.tv_nsec = when_ms % 1000 * 1'000'000;
  }
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &setting, nullptr) != 0)
    return fail("timerfd_settime");
  timer_ms_ = when_ms;
  return {};
}

}  // namespace tinyserve::net
