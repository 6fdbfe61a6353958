#include "net/poller.h"

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
  return Poller(std::move(fd));
}

Result<void> Poller::add(int fd, std::uint32_t interest, std::uint64_t token) {
  return control(fd_.get(), EPOLL_CTL_ADD, fd, interest, token);
}

Result<void> Poller::modify(int fd, std::uint32_t interest, std::uint64_t token) {
  return control(fd_.get(), EPOLL_CTL_MOD, fd, interest, token);
}

Result<void> Poller::remove(int fd) { return control(fd_.get(), EPOLL_CTL_DEL, fd, 0, 0); }

Result<std::span<const Poller::Event>> Poller::wait(int timeout_ms) {
  const int count = ::epoll_wait(fd_.get(), events_.data(), kBatch, timeout_ms);
  if (count < 0 && errno != EINTR) return fail("epoll_wait");
  return std::span<const Event>(events_.data(), static_cast<std::size_t>(count < 0 ? 0 : count));
}

}  // namespace tinyserve::net
