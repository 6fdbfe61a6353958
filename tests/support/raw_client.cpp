#include "support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace tinyserve::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress to_socket_address(const Address& address) {
  SocketAddress result;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address.port);
    result.size = sizeof *v4;
  } else if (::inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address.port);
    result.size = sizeof *v6;
  } else {
    throw std::runtime_error("no IP address: " + address.host);
  }
  return result;
}

void set_option(int fd, int level, int name, int value) {
  if (::setsockopt(fd, level, name, &value, sizeof value) != 0) fail("setsockopt");
}

bool has_no_content(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

RawClient::RawClient(const Address& address, const Options& options) : patience_(options.patience) {
  const SocketAddress target = to_socket_address(address);
  fd_ = ::socket(target.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) fail("socket");
  // Before connect(): the window is announced in the handshake.
  if (options.receive_buffer > 0) {
    set_option(fd_, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  }
  set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&target.storage), target.size) != 0) {
    const int error = errno;
    ::close(fd_);
    errno = error;
    fail("connect");
  }
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      patience_(other.patience_),
      buffer_(std::move(other.buffer_)) {}

RawClient::~RawClient() { close(); }

std::uint16_t RawClient::local_port() const {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &size) != 0) fail("getsockname");
  // Both families have their port at the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(POLLOUT);
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) continue;
    if (count < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void RawClient::send_bytewise(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) send(bytes.substr(i, 1));
}

std::size_t RawClient::send_until_stuck(std::string_view bytes, std::chrono::milliseconds quiet) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    pollfd event{fd_, POLLOUT, 0};
    if (::poll(&event, 1, static_cast<int>(quiet.count())) == 0) break;
    const ssize_t count =
        ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) break;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  return sent;
}

Response RawClient::read_head() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive())
      throw std::runtime_error("closed before the end of a head: \"" + buffer_ + "\"");
  }
  Response response = parse_response_head(std::string_view(buffer_).substr(0, end + 4));
  buffer_.erase(0, end + 4);
  return response;
}

Response RawClient::read_response() {
  Response response = read_head();
  if (has_no_content(response.status)) return response;
  const bool chunked = response.field("Transfer-Encoding") == "chunked";
  if (chunked == response.has("Content-Length")) {
    throw std::runtime_error("an answer with neither Content-Length nor chunks, or with both");
  }
  response.body =
      chunked ? read_chunks() : read_bytes(std::stoul(response.field("Content-Length")));
  return response;
}

std::string RawClient::read_chunks() {
  std::string content;
  for (;;) {
    std::string line;
    while (!line.ends_with("\r\n")) line += read_bytes(1);
    if (line.find_first_not_of("0123456789abcdefABCDEF") != line.size() - 2 || line.size() == 2) {
      throw std::runtime_error("no size of a chunk: " + line);
    }
    const std::size_t size = std::stoul(line, nullptr, 16);
    content += read_bytes(size);
    if (read_bytes(2) != "\r\n") throw std::runtime_error("a chunk longer than it says");
    if (size == 0) return content;
  }
}

std::string RawClient::read_bytes(std::size_t size) {
  while (buffer_.size() < size) {
    if (receive()) continue;
    throw std::runtime_error("closed after " + std::to_string(buffer_.size()) + " of " +
                             std::to_string(size) + " bytes");
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

std::string RawClient::read_until_close() {
  while (receive()) {
  }
  return std::exchange(buffer_, {});
}

std::string RawClient::read_until_gone() {
  try {
    return read_until_close();
  } catch (const std::system_error& error) {
    if (error.code().value() != ECONNRESET) throw;
    return std::exchange(buffer_, {});
  }
}

bool RawClient::stays_silent(std::chrono::milliseconds quiet) {
  if (!buffer_.empty()) return false;
  pollfd event{fd_, POLLIN, 0};
  return ::poll(&event, 1, static_cast<int>(quiet.count())) == 0;
}

bool RawClient::is_closed_by_server() { return read_until_gone().empty(); }

void RawClient::half_close() {
  if (::shutdown(fd_, SHUT_WR) != 0) fail("shutdown");
}

void RawClient::reset() {
  const linger hard{1, 0};
  if (::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) != 0) fail("setsockopt");
  close();
}

void RawClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

bool RawClient::receive() {
  std::array<char, 64 * 1024> chunk;
  wait_for(POLLIN);
  const ssize_t count = ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (count < 0) fail("recv");
  buffer_.append(chunk.data(), static_cast<std::size_t>(count));
  return count > 0;
}

void RawClient::wait_for(short event) {
  pollfd interest{fd_, event, 0};
  if (::poll(&interest, 1, static_cast<int>(patience_.count())) == 1) return;
  const std::string came = buffer_.substr(0, 2000);
  throw std::runtime_error(event == POLLIN ? "no answer in time, only \"" + came + "\""
                                           : "the server takes no more bytes");
}

Response ask(const Address& address, std::string_view request) {
  RawClient client{address};
  client.send(request);
  return client.read_response();
}

std::string ask_until_close(const Address& address, std::string_view bytes) {
  RawClient client{address};
  client.send(bytes);
  return client.read_until_close();
}

std::string get_request(std::string_view target, std::string_view fields) {
  std::string text = "GET ";
  return text.append(target)
      .append(" HTTP/1.1\r\nHost: localhost\r\n")
      .append(fields)
      .append("\r\n");
}

Response get(const Address& address, std::string_view target, std::string_view fields) {
  return ask(address, get_request(target, fields));
}

}  // namespace tinyserve::test
