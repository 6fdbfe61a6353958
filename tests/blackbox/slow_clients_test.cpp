// Five thousand clients that want the server's patience, memory or processor, of every kind at
// once: whoever means well is served as if they were not there, and when they are gone, so is what
// they took.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/descriptor_limit.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kClients = 5000;
constexpr milliseconds kBeat{4000};  // each of them does something so often
constexpr std::size_t kMemberReceiveBuffer = 4096;
constexpr std::size_t kFewest = kClients * 8 / 10;  // of them that are there

std::string times(std::size_t count, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string post(const std::string& fields, const std::string& content = {}) {
  return "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n" + content;
}

// How one of them behaves.
struct Manner {
  std::string what{};
  std::string says{};        // as soon as it is connected
  std::string goes_on{};     // a byte of this with each beat, over and over
  std::size_t reads = 0;     // bytes at most with each beat
  bool half_closes = false;  // when it has said what it says
  bool resets = false;       // with each beat, after a byte more of what it says than the last time
};

std::vector<Manner> manners() {
  const std::string long_name(255, 'n');
  std::string many_ranges = "Range: bytes=0-0";
  for (int i = 1; i < 300; ++i) many_ranges += "," + std::to_string(1000 * i) + "-";
  const std::string cookie = "Cookie: " + std::string(16'000, 'c') + "\r\n";
  return {
      {.what = "says nothing"},
      {.what = "head, a byte at a time", .says = "GET /x HTTP/1.1\r\nHo", .goes_on = "o"},
      {.what = "16 KiB of a head",
       .says = "GET /x HTTP/1.1\r\nHost: localhost\r\n" + cookie,
       .goes_on = "X"},
      {.what = "content, a byte at a time",
       .says = post("Content-Length: 1000000\r\n", std::string(5000, 'c')),
       .goes_on = "c"},
      {.what = "a chunk, a byte at a time",
       .says = post("Transfer-Encoding: chunked\r\n", "FFFFF\r\n"),
       .goes_on = "c"},
      {.what = "chunks of a byte",
       .says = post("Transfer-Encoding: chunked\r\n"),
       .goes_on = "1\r\nc\r\n"},
      {.what = "content that never comes",
       .says = post("Expect: 100-continue\r\nContent-Length: 1000\r\n"),
       .reads = 100},
      {.what = "reads slowly", .says = get_request("/large"), .reads = 100},
      {.what = "never reads", .says = get_request("/large")},
      {.what = "never reads what is compressed",
       .says = get_request("/large.txt", "Accept-Encoding: br\r\n")},
      {.what = "never reads events", .says = get_request("/api/events")},
      {.what = "never reads its echo",
       .says = times(8, post("Content-Length: 50000\r\n", std::string(50'000, 'e')))},
      {.what = "half-closes and never reads", .says = get_request("/large"), .half_closes = true},
      {.what = "pipelines and never reads", .says = times(2000, get_request("/x"))},
      {.what = "pipelines listings", .says = times(20, get_request("/many/"))},
      {.what = "pipelines deep paths",
       .says = times(100, get_request("/" + times(500, "deep/") + "%2e%2e/%6eone"))},
      {.what = "pipelines long names", .says = times(100, get_request("/" + long_name))},
      {.what = "ranges by the hundred",
       .says = times(20, get_request("/large", many_ranges + "\r\n"))},
      {.what = "resets at every point",
       .says = post("Content-Length: 20\r\n", "content of 20 bytes.") + get_request("/large"),
       .resets = true},
      {.what = "is no HTTP", .says = "\x16\x03\x01\x02\x00\x01", .goes_on = "\x16"},
  };
}

// All of them in one thread, which does nothing but go round.
class SlowClients {
 public:
  SlowClients(std::uint16_t port, std::size_t count) : port_(port), manners_(manners()) {
    for (std::size_t i = 0; i < count; ++i) members_.push_back({.manner = i % manners_.size()});
  }
  SlowClients(const SlowClients&) = delete;
  SlowClients& operator=(const SlowClients&) = delete;
  ~SlowClients() { leave(); }

  // Until leave().
  void come() {
    thread_ = std::thread([this] {
      while (!leaving_) {
        const auto begin = steady_clock::now();
        for (std::size_t i = 0; i < members_.size() && !leaving_; ++i) {
          beat(members_[i]);
          const auto due = begin + kBeat * static_cast<int>(i) / static_cast<int>(members_.size());
          if (due > steady_clock::now() + milliseconds(1)) std::this_thread::sleep_until(due);
        }
        ++rounds_;
      }
      for (Member& member : members_) hang_up(member);
    });
  }
  void wait_for_rounds(int count) const {
    const int wanted = rounds_ + count;
    while (rounds_ < wanted) std::this_thread::sleep_for(milliseconds(10));
  }
  void leave() {
    leaving_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Member {
    std::size_t manner;
    int fd = -1;
    std::size_t said = 0;     // of what it says
    std::size_t went_on = 0;  // bytes of what it goes on with
    std::size_t resets = 0;
  };

  void connect(Member& member) const {
    member.said = 0;
    member.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int size = kMemberReceiveBuffer;
    ::setsockopt(member.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    static_cast<void>(
        ::connect(member.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  static void hang_up(Member& member) {
    if (member.fd >= 0) ::close(std::exchange(member.fd, -1));
  }

  // Who was hung up on comes again.
  void beat(Member& member) const {
    if (member.fd < 0) return connect(member);
    const Manner& manner = manners_[member.manner];
    if (say(member, manner) && read(member, manner) && !manner.resets) return;
    if (manner.resets) {
      const linger hard{1, 0};
      ::setsockopt(member.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
      ++member.resets;
    }
    hang_up(member);
    connect(member);
  }

  // False: the server has hung up.
  static bool say(Member& member, const Manner& manner) {
    std::string_view text = std::string_view(manner.says).substr(member.said);
    if (manner.resets) text = text.substr(0, 1 + member.resets % text.size());
    if (!text.empty()) {
      const ssize_t count = ::send(member.fd, text.data(), text.size(), MSG_NOSIGNAL);
      if (count > 0) member.said += static_cast<std::size_t>(count);
      if (member.said == manner.says.size() && manner.half_closes) ::shutdown(member.fd, SHUT_WR);
      return count > 0 || errno == EAGAIN;
    }
    if (manner.goes_on.empty()) return is_connected(member);
    const char& next = manner.goes_on[member.went_on++ % manner.goes_on.size()];
    return ::send(member.fd, &next, 1, MSG_NOSIGNAL) == 1 || errno == EAGAIN;
  }
  static bool read(const Member& member, const Manner& manner) {
    if (manner.reads == 0) return true;
    std::array<char, kMemberReceiveBuffer> bytes;
    const ssize_t count = ::recv(member.fd, bytes.data(), manner.reads, 0);
    return count > 0 || (count < 0 && errno == EAGAIN);
  }
  // Without reading anything.
  static bool is_connected(const Member& member) {
    char byte = 0;
    const ssize_t count = ::recv(member.fd, &byte, 1, MSG_PEEK);
    return count > 0 || (count < 0 && errno == EAGAIN);
  }

  const std::uint16_t port_;
  const std::vector<Manner> manners_;
  std::vector<Member> members_;
  std::thread thread_;
  std::atomic<int> rounds_{0};
  std::atomic<bool> leaving_{false};
};

// What the kernel knows about a process.
class Process {
 public:
  explicit Process(pid_t pid) : place_("/proc/" + std::to_string(pid)) {}

  // Nanoseconds, of all threads.
  [[nodiscard]] std::uint64_t cpu_ns() const {
    std::uint64_t sum = 0;
    for (const auto& task : fs::directory_iterator(place_ / "task")) {
      std::uint64_t one = 0;
      std::ifstream(task.path() / "schedstat") >> one;
      sum += one;
    }
    return sum;
  }
  [[nodiscard]] std::size_t descriptors() const {
    const fs::directory_iterator all(place_ / "fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  // A line of proc(5)'s status, in KiB: "VmRSS", "VmHWM".
  [[nodiscard]] std::size_t memory(const std::string& name) const {
    std::ifstream status(place_ / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with(name + ":")) return std::stoul(line.substr(name.size() + 1));
    }
    ADD_FAILURE() << "no " << name;
    return 0;
  }
  // Built to look for faults, which costs memory and time.
  [[nodiscard]] bool has_sanitizer() const {
    std::ifstream maps(place_ / "maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find("libasan") != line.npos || line.find("libtsan") != line.npos) return true;
    }
    return false;
  }

 private:
  fs::path place_;
};

// A client that means well, on a connection that it keeps and now and then on another one. The
// server's CPU time for each of its requests, whatever that was spent on, in ns.
double serve(const Address& address, const Process& server, steady_clock::duration length) {
  RawClient kept(address);
  const std::string content(1000, 'e');
  const std::string echo = post("Content-Length: 1000\r\n", content);
  std::size_t requests = 0;
  const std::uint64_t before = server.cpu_ns();
  for (const auto end = steady_clock::now() + length; steady_clock::now() < end;) {
    for (int i = 0; i < 20; ++i, requests += 3) {
      kept.send(get_request("/x"));
      EXPECT_EQ(kept.read_response().body, "content");
      kept.send(get_request("/page"));
      EXPECT_EQ(kept.read_response().body.size(), 30'000U);
      kept.send(echo);
      EXPECT_EQ(kept.read_response().body, content);
    }
    EXPECT_EQ(get(address, "/x").body, "content");
    ++requests;
    if (testing::Test::HasFailure()) return 0;
  }
  return static_cast<double>(server.cpu_ns() - before) / static_cast<double>(requests);
}

// "memory stays below 674 MB: ..." in KiB.
std::size_t stated_bound(const ServerProcess& server) {
  constexpr std::string_view kSaid = "memory stays below ";
  const std::string said = server.said();
  const std::size_t at = said.find(kSaid);
  if (at == said.npos) return 0;
  std::size_t digits = 0;
  const std::string rest = said.substr(at + kSaid.size());
  const double number = std::stod(rest, &digits);
  return static_cast<std::size_t>(number * (rest.substr(digits).starts_with(" GB") ? 1e9 : 1e6)) /
         1024;
}

// Until it is so again.
template <class Condition>
bool comes_true(const Condition& condition) {
  for (int tries = 0; tries < 3000; ++tries) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(10));
  }
  return false;
}

void make_site(const TempTree& site) {
  site.write("x", "content");
  site.write("page", std::string(30'000, 'p'));
  site.write("large", std::string(8'000'000, 'l'));
  std::string words;
  for (int i = 0; i < 300'000; ++i) words += std::to_string(i * 7919 % 10'007) + ' ';
  site.write("large.txt", words);
  for (int i = 0; i < 200; ++i) site.write("many/" + std::to_string(i), "");
  std::this_thread::sleep_for(milliseconds(2100));  // until the server keeps what it has read
}

TEST(SlowClients, CostNobodyElseAnything) {
  if (!raise_descriptor_limit(kClients + 1000)) GTEST_SKIP() << "needs 6,000 descriptors";
  const TempTree tree;
  make_site(tree);
  const ServerProcess server{tree.path(),
                             {"--verbose", "--compress", "--log-file", tree.path(".log")}};
  const Process process(server.pid());
  const bool is_measured = !process.has_sanitizer();
  const milliseconds length{is_measured ? 4000 : 1000};

  {
    // One of each, so that what the first ones find missing is there: threads, answers kept.
    SlowClients first(server.port(), manners().size());
    first.come();
    first.wait_for_rounds(3);
  }
  serve(server.address(), process, length / 4);
  const double alone = serve(server.address(), process, length);
  const std::size_t descriptors = process.descriptors();
  const std::size_t memory = process.memory("VmRSS");

  SlowClients clients(server.port(), kClients);
  clients.come();
  clients.wait_for_rounds(is_measured ? 3 : 1);
  EXPECT_GT(process.descriptors(), kFewest);
  // Longer than the server waits for a head.
  const double beside = serve(server.address(), process, 3 * length);
  clients.wait_for_rounds(2);  // until those are back whom it has hung up on meanwhile
  EXPECT_GT(process.descriptors(), kFewest);
  const std::size_t most = process.memory("VmHWM");
  clients.leave();

  EXPECT_TRUE(comes_true([&] { return process.descriptors() * 10 <= descriptors * 11; }))
      << process.descriptors() << " descriptors, of " << descriptors;
  if (is_measured) {
    EXPECT_TRUE(comes_true([&] { return process.memory("VmRSS") * 10 <= memory * 11; }))
        << process.memory("VmRSS") << " KiB, of " << memory;
    EXPECT_LT(beside, alone * 1.5);
    EXPECT_GT(stated_bound(server), 0U);
    EXPECT_LT(most, stated_bound(server));
  }
  std::cout << "CPU time of a request: " << alone / 1000 << " us alone, " << beside / 1000
            << " us beside; memory: " << memory << " KiB before, " << most << " KiB at most (bound "
            << stated_bound(server) << "), " << process.memory("VmRSS") << " KiB after\n";
  serve(server.address(), process, length / 4);
}

}  // namespace
}  // namespace tinyserve::test
