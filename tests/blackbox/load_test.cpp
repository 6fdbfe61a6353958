// Ten thousand connections at once, and more than there is room for. Client and server are two
// processes with a limit of descriptors each.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/descriptor_limit.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using std::chrono::steady_clock;

// Many clients in one thread, each of which says one thing at a time and waits for the answer.
class Crowd {
 public:
  explicit Crowd(std::uint16_t port) : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    for (const Member& member : members_) {
      if (member.fd >= 0) ::close(member.fd);
    }
    ::close(epoll_);
  }

  // Connects `count` more clients, all at once.
  void join(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      ASSERT_GE(fd, 0) << errno;
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(port_);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
      ASSERT_TRUE(result == 0 || errno == EINPROGRESS) << errno;
      epoll_event event{};
      event.data.u64 = members_.size();
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
      members_.push_back({fd, false, {}, {}});
    }
  }

  // Every client sends `part` of a request.
  void say_all(const std::string& part) {
    for (const Member& member : members_) {
      ASSERT_EQ(::send(member.fd, part.data(), part.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(part.size()));
    }
  }

  // Every client that is still connected sends `request`; waits until each has an answer or was
  // hung up on. Returns how many got which status; 0 stands for no answer at all.
  std::map<int, std::size_t> ask_all(const std::string& request) {
    statuses_.clear();
    waiting_ = 0;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      if (members_[i].fd < 0) continue;
      members_[i].waits = true;
      members_[i].to_send = request;
      members_[i].received.clear();
      watch(i, EPOLLOUT);
      ++waiting_;
    }
    // Less than the keep-alive timeout: nobody may have to wait until others have left by
    // themselves.
    const auto deadline = steady_clock::now() + std::chrono::seconds(45);
    while (waiting_ > 0 && steady_clock::now() < deadline) turn();
    EXPECT_EQ(waiting_, 0u) << "clients that hang";
    return statuses_;
  }

 private:
  struct Member {
    int fd;
    bool waits;
    std::string to_send;
    std::string received;
  };

  void watch(std::size_t index, std::uint32_t interest) {
    epoll_event event{};
    event.events = interest;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, members_[index].fd, &event);
  }

  void turn() {
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto index = static_cast<std::size_t>(event.data.u64);
      (event.events & EPOLLOUT) != 0 ? send(index) : receive(index);
    }
  }

  void send(std::size_t index) {
    Member& member = members_[index];
    // A server that has refused already may have reset us: what it said still counts.
    ::send(member.fd, member.to_send.data(), member.to_send.size(), MSG_NOSIGNAL);
    watch(index, EPOLLIN);
  }

  void receive(std::size_t index) {
    Member& member = members_[index];
    std::array<char, 4096> chunk;
    const ssize_t count = ::recv(member.fd, chunk.data(), chunk.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count > 0) member.received.append(chunk.data(), static_cast<std::size_t>(count));
    const bool gone = count <= 0;
    if (member.waits && (gone || is_complete(member.received))) finish(index);
    if (gone) ::close(std::exchange(member.fd, -1));
  }

  static bool is_complete(const std::string& text) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const Response head = parse_response_head(text.substr(0, end + 4));
    return text.size() - end - 4 >= std::stoul(head.field("Content-Length"));
  }

  void finish(std::size_t index) {
    Member& member = members_[index];
    const int status =
        is_complete(member.received) ? parse_responses(member.received).at(0).status : 0;
    ++statuses_[status];
    --waiting_;
    member.waits = false;
    // Interest in nothing: an idle client that is hung up on later would spin.
    watch(index, 0);
  }

  std::uint16_t port_;
  int epoll_;
  std::vector<Member> members_;
  std::map<int, std::size_t> statuses_;
  std::size_t waiting_ = 0;
};

TEST(Load, HoldsTenThousandConnectionsWhileRequestsRun) {
  if (!raise_descriptor_limit(12'000)) GTEST_SKIP() << "needs 12,000 descriptors";
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--max-connections", "11000", "--log-format", "none"}};
  Crowd crowd{server.port()};
  crowd.join(10'000);
  EXPECT_EQ(crowd.ask_all(get_request("/x")), (std::map<int, std::size_t>{{200, 10'000}}));
  RawClient beside{server.address()};
  for (int i = 0; i < 5000; ++i) {
    beside.send(get_request("/x"));
    ASSERT_EQ(beside.read_response().body, "content");
  }
  for (int i = 0; i < 500; ++i) ASSERT_EQ(get(server.address(), "/x").body, "content");
  EXPECT_EQ(crowd.ask_all(get_request("/x")), (std::map<int, std::size_t>{{200, 10'000}}));
}

// Of ten thousand clients at once, `size` bytes each that are no whole head, and later its end; who
// got which status. Somebody else is served meanwhile.
std::map<int, std::size_t> ask_with_large_heads(std::size_t size) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--max-connections", "11000", "--log-format", "none"}};
  Crowd crowd{server.port()};
  crowd.join(10'000);
  EXPECT_EQ(crowd.ask_all(get_request("/x")), (std::map<int, std::size_t>{{200, 10'000}}));
  const std::string cookie = "Cookie: " + std::string(size / 2, 'c');
  crowd.say_all("GET /x HTTP/1.1\r\nHost: localhost\r\n" + cookie + "\r\n" + cookie);
  RawClient beside{server.address()};
  for (int i = 0; i < 1000; ++i) {
    beside.send(get_request("/x"));
    EXPECT_EQ(beside.read_response().body, "content");
  }
  std::map<int, std::size_t> statuses = crowd.ask_all("\r\n\r\n");
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  return statuses;
}

TEST(Load, HoldsTheLargeHeadsOfTenThousandClients) {
  if (!raise_descriptor_limit(12'000)) GTEST_SKIP() << "needs 12,000 descriptors";
  EXPECT_EQ(ask_with_large_heads(16 * 1024), (std::map<int, std::size_t>{{200, 10'000}}));
}

// 470 MiB, of which it holds 256.
TEST(Load, TellsThoseWhoseLargeHeadsFindNoMemory) {
  if (!raise_descriptor_limit(12'000)) GTEST_SKIP() << "needs 12,000 descriptors";
  std::map<int, std::size_t> statuses = ask_with_large_heads(48 * 1024);
  EXPECT_GT(statuses[200], 4000u);
  EXPECT_GT(statuses[503], 1000u);
  EXPECT_EQ(statuses[200] + statuses[503], 10'000u);
}

TEST(Load, AnswersTwelveThousandClientsWithRoomForTenThousand) {
  if (!raise_descriptor_limit(14'000)) GTEST_SKIP() << "needs 14,000 descriptors";
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--log-format", "none"}};
  Crowd crowd{server.port()};
  crowd.join(12'000);
  std::map<int, std::size_t> statuses = crowd.ask_all(get_request("/x"));
  EXPECT_EQ(statuses[0], 0u) << "clients without an answer";
  EXPECT_GE(statuses[200], 10'000u);
  EXPECT_EQ(statuses[200] + statuses[503], 12'000u);
  // After a second of idling the first ones make room for whoever comes.
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_EQ(get(server.address(), "/x").body, "content");
}

}  // namespace
}  // namespace tinyserve::test
