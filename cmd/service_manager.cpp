#include "cmd/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "base/ascii.h"

namespace tinyserve::cmd {

std::variant<std::vector<UniqueFd>, UsageError> take_sockets(const Environment& environment,
                                                             pid_t self) {
  constexpr int kFirst = 3;
  std::vector<UniqueFd> sockets;
  const auto receiver = parse_decimal(value_of(environment, "LISTEN_PID"));
  if (receiver != static_cast<std::uint64_t>(self)) return sockets;
  const std::string text(value_of(environment, "LISTEN_FDS"));
  const auto count = parse_decimal(text);
  if (!count) return UsageError{"LISTEN_FDS: '" + text + "' is not a number of sockets"};
  while (sockets.size() < *count) {
    const int fd = kFirst + static_cast<int>(sockets.size());
    if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
      return UsageError{"LISTEN_FDS: '" + text + "' is too many; descriptor " + std::to_string(fd) +
                        " is not open"};
    }
    sockets.emplace_back(fd);
  }
  return sockets;
}

std::optional<UsageError> inherit(const std::vector<UniqueFd>& sockets, Settings& settings) {
  if (sockets.empty()) return std::nullopt;
  if (!settings.place_asked_by.empty()) {
    return UsageError{settings.place_asked_by +
                      " contradicts the sockets that a service manager has passed (LISTEN_FDS); "
                      "leave one out"};
  }
  for (const UniqueFd& socket : sockets) settings.config.net.inherited.push_back(socket.get());
  return std::nullopt;
}

ServiceManager::ServiceManager(const Environment& environment) {
  const std::string_view name = value_of(environment, "NOTIFY_SOCKET");
  const bool is_path = name.starts_with('/');
  const bool is_abstract = name.starts_with('@');
  sockaddr_un address{};
  if (!(is_path || is_abstract) || name.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path);
  if (is_abstract) address.sun_path[0] = '\0';
  // An abstract name is all that the size takes in; a path ends with its zero byte.
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_path ? 1 : 0));
  socket_.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  // Now, because the sandbox will let nobody be reached who is not connected.
  if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    socket_.reset();
    return;
  }
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

void ServiceManager::tell(std::string_view state) const noexcept {
  if (!socket_) return;
  ::send(socket_.get(), state.data(), state.size(), MSG_NOSIGNAL);
}

}  // namespace tinyserve::cmd
