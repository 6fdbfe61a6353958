#include "net/listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

namespace tinyserve::net {

namespace {

constexpr int kBacklog = 4096;  // the kernel lowers it to net.core.somaxconn
constexpr int kPortTries =
    32;  // how many free numbers are tried until one is free on every address

Result<void> set_option(int fd, int level, int option) {
  const int on = 1;
  if (::setsockopt(fd, level, option, &on, sizeof on) != 0) return fail("setsockopt");
  return {};
}

Result<int> option_of(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0) return fail("getsockopt");
  return value;
}

// Whether connections can be accepted from `fd`; the errors are those of adopt().
Result<void> check_listening(int fd) {
  const auto type = option_of(fd, SO_TYPE);
  if (!type) return type.error();
  if (*type != SOCK_STREAM) return fail("SO_TYPE", EPROTOTYPE);
  const auto family = option_of(fd, SO_DOMAIN);
  if (!family) return family.error();
  if (*family != AF_INET && *family != AF_INET6) return fail("SO_DOMAIN", EAFNOSUPPORT);
  const auto listens = option_of(fd, SO_ACCEPTCONN);
  if (!listens) return listens.error();
  if (*listens == 0) return fail("SO_ACCEPTCONN", EINVAL);
  return {};
}

Result<void> stop_blocking(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return fail("fcntl");
  return {};
}

Result<Address> bound_address(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return fail("getsockname");
  return Address::from(storage);
}

// A socket with the options that listen_on() promises.
Result<UniqueFd> make_socket(const Address& address) {
  UniqueFd fd(::socket(address.is_ipv6() ? AF_INET6 : AF_INET,
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail("socket");
  if (const auto set = set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR); !set) return set.error();
  if (const auto set = set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY); !set) return set.error();
  if (address.is_ipv6()) {
    if (const auto set = set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY); !set) return set.error();
  }
  return fd;
}

Result<Listener> start_listening(UniqueFd fd, const Address& address) {
  const auto where = address.socket_address();
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where.storage), where.size) != 0)
    return fail("bind");
  if (::listen(fd.get(), kBacklog) != 0) return fail("listen");
  const auto bound = bound_address(fd.get());
  if (!bound) return bound.error();
  return Listener{std::move(fd), *bound};
}

// Errors after which accept(2) says to go on with the next connection: this one is gone.
bool is_gone(int error) {
  switch (error) {
    case ECONNABORTED:
    case EINTR:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:
      return true;
    default:
      return false;
  }
}

using Outcome = std::variant<std::vector<Listener>, ListenFailure>;
using What = ListenFailure::What;

Outcome adopt_all(const std::vector<int>& sockets) {
  std::vector<Listener> listeners;
  for (const int socket : sockets) {
    auto listener = adopt(socket);
    if (!listener) return ListenFailure{What::kInherited, std::to_string(socket), listener.error()};
    listeners.push_back(*std::move(listener));
  }
  return listeners;
}

Outcome listen_with_port(const std::vector<Address>& addresses, std::uint16_t port,
                         bool last_may_be_missing) {
  std::vector<Listener> listeners;
  for (const Address& address : addresses) {
    const std::uint16_t wanted = listeners.empty() ? port : listeners.front().address.port();
    auto listener = listen_on(address.with_port(wanted));
    if (listener) {
      listeners.push_back(*std::move(listener));
      continue;
    }
    const Error& error = listener.error();
    const bool missing = error.is(EADDRNOTAVAIL) || error.is(EAFNOSUPPORT);
    if (last_may_be_missing && missing && !listeners.empty()) continue;
    return ListenFailure{What::kListen, address.with_port(wanted).host_port(), error};
  }
  return listeners;
}

}  // namespace

Result<Listener> listen_on(const Address& address) {
  auto fd = make_socket(address);
  if (!fd) return fd.error();
  return start_listening(*std::move(fd), address);
}

Result<Listener> listen_beside(const Listener& first) {
  // The first one was bound without the option, which is how a port that is taken was noticed.
  if (const auto set = set_option(first.fd.get(), SOL_SOCKET, SO_REUSEPORT); !set)
    return set.error();
  auto fd = make_socket(first.address);
  if (!fd) return fd.error();
  if (const auto set = set_option(fd->get(), SOL_SOCKET, SO_REUSEPORT); !set) return set.error();
  return start_listening(*std::move(fd), first.address);
}

Result<Listener> adopt(int socket) {
  // Never one of the standard streams, should one of them be closed.
  UniqueFd fd(::fcntl(socket, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!fd) return fail("fcntl");
  if (const auto checked = check_listening(fd.get()); !checked) return checked.error();
  if (const auto set = stop_blocking(fd.get()); !set) return set.error();
  if (const auto set = set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY); !set) return set.error();
  const auto bound = bound_address(fd.get());
  if (!bound) return bound.error();
  return Listener{std::move(fd), *bound};
}

std::variant<std::vector<Listener>, ListenFailure> listen_on_all(const Options& options) {
  if (!options.inherited.empty()) return adopt_all(options.inherited);
  const bool loopback = options.addresses.empty();
  const std::vector<std::string> texts =
      loopback ? std::vector<std::string>{"127.0.0.1", "::1"} : options.addresses;
  std::vector<Address> addresses;
  for (const std::string& text : texts) {
    const auto address = Address::parse(text, options.port);
    if (!address) return ListenFailure{What::kAddress, text, fail("parse", EINVAL)};
    addresses.push_back(*address);
  }
  for (int tries = 1;; ++tries) {
    Outcome outcome = listen_with_port(addresses, options.port, loopback);
    const auto* failure = std::get_if<ListenFailure>(&outcome);
    const bool taken = failure != nullptr && failure->error.is(EADDRINUSE);
    if (!taken || options.port != 0 || tries == kPortTries) return outcome;
  }
}

Result<std::optional<Accepted>> accept_one(int listener) {
  while (true) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    UniqueFd fd(::accept4(listener, reinterpret_cast<sockaddr*>(&storage), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) return std::optional<Accepted>(Accepted{std::move(fd), Address::from(storage)});
    if (errno == EAGAIN || errno == EWOULDBLOCK) return std::optional<Accepted>();
    if (!is_gone(errno)) return fail("accept4");
  }
}

bool somebody_waits(int listener) {
  pollfd watched{listener, POLLIN, 0};
  return ::poll(&watched, 1, 0) != 0;
}

}  // namespace tinyserve::net
