// null_server.cpp — the floor that tests/bench/run measures servers by: an epoll loop that answers
// every request with one constant block, and does nothing else.
//
//   tinyserve-null PORT HEAD_BYTES CONTENT_BYTES BIG_FILE
//
// It listens on 127.0.0.1. The head is filled up to HEAD_BYTES, so that as many bytes go out as the
// server that it is compared with sends, and a client reads as many lines. "GET /big" is answered
// with BIG_FILE by sendfile alone. What it reads of a request is where its head ends, how much
// content follows, and whether the connection ends with it: it is no HTTP server, and trusts its
// client. One thread, level-triggered, the interest of a connection changes only while the kernel
// takes no more.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/unique_fd.h"

namespace tinyserve::bench {
namespace {

constexpr std::size_t kMostAtOnce = 64;  // answers in one send
constexpr int kBacklog = 65535;

constexpr std::string_view kKeepAlive = "HTTP/1.1 200 OK\r\nServer: null\r\n";
constexpr std::string_view kClosing = "HTTP/1.1 200 OK\r\nServer: null\r\nConnection: close\r\n";

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

// The same answer kMostAtOnce times over, so that a pipeline is answered by one send.
class Answers {
 public:
  Answers(std::string_view fields, std::size_t head_bytes, std::size_t content_bytes) {
    std::string one(fields);
    one += "Content-Length: " + std::to_string(content_bytes) + "\r\n";
    // In lines as long as those of a real head: whoever reads them takes time for each.
    constexpr std::string_view kFiller = "X-Filler: ";
    constexpr std::string_view kLineEnd = "\r\n";
    constexpr std::size_t kUsualLine = 32;
    constexpr std::size_t kLeastLine = kFiller.size() + kLineEnd.size();
    while (head_bytes > one.size() + kLineEnd.size() + kLeastLine) {
      const std::size_t left = head_bytes - one.size() - kLineEnd.size();
      const std::size_t line = left < 2 * kUsualLine ? left : kUsualLine;
      one.append(kFiller).append(line - kLeastLine, '-').append(kLineEnd);
    }
    one += kLineEnd;
    one.append(content_bytes, 'x');
    size_ = one.size();
    for (std::size_t i = 0; i < kMostAtOnce; ++i) block_ += one;
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  // What comes next of answers of which `owed` bytes have not been sent.
  [[nodiscard]] std::string_view rest(std::size_t owed) const {
    const std::size_t begin = (size_ - owed % size_) % size_;
    return std::string_view(block_).substr(begin, owed);
  }

 private:
  std::size_t size_ = 0;  // of one answer
  std::string block_;
};

struct Connection {
  UniqueFd fd;
  std::string kept;               // of a head that came in parts
  std::size_t content_left = 0;   // of the request being read
  std::size_t owed = 0;           // bytes of answers that were not sent yet
  std::uint64_t file_left = 0;    // of the big file
  bool closes = false;            // after what is owed
  bool waits_for_kernel = false;  // EPOLLOUT is armed
};

class Server {
 public:
  Server(std::uint16_t port, std::size_t head_bytes, std::size_t content_bytes, const char* file)
      : keep_alive_(kKeepAlive, head_bytes, content_bytes),
        closing_(kClosing, head_bytes + kClosing.size() - kKeepAlive.size(), content_bytes),
        file_(::open(file, O_RDONLY | O_CLOEXEC)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    struct stat facts {};
    if (!file_ || ::fstat(file_.get(), &facts) != 0) die(file);
    file_size_ = static_cast<std::uint64_t>(facts.st_size);
    file_head_ = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
                 std::to_string(file_size_) + "\r\n\r\n";
    listen(port);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events{};
    for (;;) {
      const int count =
          ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)].data.fd);
    }
  }

 private:
  void listen(std::uint16_t port);
  void watch(int operation, int fd, std::uint32_t interest) const;
  void accept_all();
  void serve(int fd);
  void receive(Connection& connection);
  void read(Connection& connection, std::string_view bytes);
  void read_head(Connection& connection, std::string_view head) const;
  void flush(Connection& connection);
  [[nodiscard]] bool send_some(Connection& connection) const;
  [[nodiscard]] bool send_file(Connection& connection) const;

  Answers keep_alive_;
  Answers closing_;
  UniqueFd file_;
  std::uint64_t file_size_ = 0;
  std::string file_head_;
  UniqueFd epoll_;
  UniqueFd listener_;
  std::vector<Connection> connections_;  // by descriptor
  std::array<char, 65536> buffer_{};
};

void Server::listen(std::uint16_t port) {
  listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Connections inherit it.
  ::setsockopt(listener_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), kBacklog) != 0) {
    die("listen");
  }
  watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN);
}

void Server::watch(int operation, int fd, std::uint32_t interest) const {
  epoll_event event{};
  event.events = interest;
  event.data.fd = fd;
  if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) die("epoll_ctl");
}

void Server::accept_all() {
  for (;;) {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    const auto place = static_cast<std::size_t>(fd.get());
    if (place >= connections_.size()) connections_.resize(place + 1);
    watch(EPOLL_CTL_ADD, fd.get(), EPOLLIN);
    connections_[place] = Connection{};
    connections_[place].fd = std::move(fd);
  }
}

void Server::serve(int fd) {
  if (fd == listener_.get()) return accept_all();
  Connection& connection = connections_[static_cast<std::size_t>(fd)];
  if (connection.waits_for_kernel) {
    flush(connection);
  } else {
    receive(connection);
  }
}

void Server::receive(Connection& connection) {
  const ssize_t count = ::recv(connection.fd.get(), buffer_.data(), buffer_.size(), 0);
  if (count <= 0) {
    if (count == 0 || errno != EAGAIN) connection.fd.reset();
    return;
  }
  const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(count));
  if (connection.kept.empty()) {
    read(connection, bytes);
  } else {
    const std::string whole = std::exchange(connection.kept, {}).append(bytes);
    read(connection, whole);
  }
  if (connection.owed > 0 || connection.file_left > 0) flush(connection);
}

// Counts the requests in `bytes` that are whole.
void Server::read(Connection& connection, std::string_view bytes) {
  while (!bytes.empty()) {
    if (connection.content_left == 0) {
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end == std::string_view::npos) {
        connection.kept = bytes;
        return;
      }
      read_head(connection, bytes.substr(0, end + 2));
      bytes.remove_prefix(end + 4);
    }
    const std::size_t content = std::min(connection.content_left, bytes.size());
    connection.content_left -= content;
    bytes.remove_prefix(content);
    if (connection.content_left > 0 || connection.file_left > 0) return;
    connection.owed += (connection.closes ? closing_ : keep_alive_).size();
  }
}

void Server::read_head(Connection& connection, std::string_view head) const {
  if (head.starts_with("GET /big")) connection.file_left = file_size_;
  if (head.starts_with("POST")) {
    constexpr std::string_view kLength = "Content-Length: ";
    const std::size_t at = head.find(kLength);
    if (at != std::string_view::npos) {
      connection.content_left = std::strtoul(head.data() + at + kLength.size(), nullptr, 10);
    }
  }
  connection.closes = head.find(" HTTP/1.0\r\n") != std::string_view::npos ||
                      head.find("\r\nConnection: close\r\n") != std::string_view::npos;
}

// Sends what is owed, then, when the kernel took all of it, reads again or closes.
void Server::flush(Connection& connection) {
  const bool is_done = connection.file_left > 0 ? send_file(connection) : send_some(connection);
  const int fd = connection.fd.get();
  if (is_done && connection.closes) {
    connection.fd.reset();
  } else if (is_done == connection.waits_for_kernel) {
    connection.waits_for_kernel = !is_done;
    watch(EPOLL_CTL_MOD, fd, is_done ? EPOLLIN : EPOLLOUT);
  }
}

// Whether nothing is left to be sent.
bool Server::send_some(Connection& connection) const {
  const Answers& answers = connection.closes ? closing_ : keep_alive_;
  while (connection.owed > 0) {
    const std::string_view rest = answers.rest(connection.owed);
    const ssize_t count = ::send(connection.fd.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EAGAIN) return false;
      connection.closes = true;
      return true;
    }
    connection.owed -= static_cast<std::size_t>(count);
  }
  return true;
}

bool Server::send_file(Connection& connection) const {
  const int fd = connection.fd.get();
  // A head that is this small fits when nothing else is in the socket's buffer.
  if (connection.file_left == file_size_ && !connection.waits_for_kernel) {
    ::send(fd, file_head_.data(), file_head_.size(), MSG_NOSIGNAL | MSG_MORE);
  }
  while (connection.file_left > 0) {
    auto offset = static_cast<off_t>(file_size_ - connection.file_left);
    const ssize_t count = ::sendfile(fd, file_.get(), &offset, connection.file_left);
    if (count <= 0) {
      if (count < 0 && errno == EAGAIN) return false;
      connection.file_left = 0;
      connection.closes = true;
      return true;
    }
    connection.file_left -= static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace
}  // namespace tinyserve::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: tinyserve-null PORT HEAD_BYTES CONTENT_BYTES BIG_FILE\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);  // sendfile(2) has no MSG_NOSIGNAL
  tinyserve::bench::Server server(static_cast<std::uint16_t>(std::atoi(argv[1])),
                                  std::strtoul(argv[2], nullptr, 10),
                                  std::strtoul(argv[3], nullptr, 10), argv[4]);
  server.run();
}
