#include "cmd/startup.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tinyserve::cmd {
namespace {

using loop::StartFailure;
using What = StartFailure::What;

// A directory of the test's own that is gone afterwards.
class StartFailureOfRoot : public testing::Test {
 protected:
  StartFailureOfRoot() {
    std::string path = testing::TempDir() + "startup-XXXXXX";
    directory_ = ::mkdtemp(path.data());
    std::filesystem::create_directory(directory_ / "site");
    std::filesystem::create_symlink("nowhere", directory_ / "dangling");
  }
  ~StartFailureOfRoot() override { std::filesystem::remove_all(directory_); }

  // What is said when `name` in the directory cannot be opened; the directory itself reads as "D".
  [[nodiscard]] std::string explained(const std::string& name, int error) const {
    Settings settings;
    settings.config.files.root = directory_ / name;
    std::string text =
        explain({What::kRoot, settings.config.files.root, fail("open", error)}, settings);
    const std::string directory = directory_.string();
    for (std::size_t at = text.find(directory); at != std::string::npos;
         at = text.find(directory)) {
      text.replace(at, directory.size(), "D");
    }
    return text;
  }

  std::filesystem::path directory_;
};

TEST_F(StartFailureOfRoot, SuggestsTheNearestName) {
  EXPECT_EQ(explained("sit", ENOENT),
            "there is no directory or file 'D/sit'; did you mean 'D/site'?");
  EXPECT_EQ(explained("stie/", ENOENT),
            "there is no directory or file 'D/stie'; did you mean 'D/site'?");
}

TEST_F(StartFailureOfRoot, SuggestsNothingWhereNothingIsNear) {
  EXPECT_EQ(explained("public", ENOENT),
            "there is no directory or file 'D/public'; name what to serve: tinyserve ROOT");
  EXPECT_EQ(explained("no/such", ENOENT),
            "there is no directory or file 'D/no/such'; name what to serve: tinyserve ROOT");
}

TEST_F(StartFailureOfRoot, SaysThatALinkLeadsNowhere) {
  EXPECT_EQ(explained("dangling", ENOENT),
            "cannot serve 'D/dangling': it is a symbolic link that leads nowhere");
}

TEST_F(StartFailureOfRoot, SaysWhatIsInTheWay) {
  EXPECT_EQ(explained("site", EACCES),
            "cannot serve 'D/site': permission denied; it must be readable for the user who runs "
            "tinyserve");
  EXPECT_EQ(explained("site", ENOTDIR),
            "cannot serve 'D/site': a part of this path is a file and not a directory");
  EXPECT_EQ(explained("site", ENXIO),
            "cannot serve 'D/site': no such device or address; name a directory or a regular file");
}

std::string explain_listen(const std::string& subject, std::uint16_t port, int error) {
  Settings settings;
  settings.config.net.port = port;
  return explain({What::kListen, subject, fail("bind", error)}, settings);
}

// A port of 127.0.0.1 that is taken, though nobody listens on it.
class TakenPort {
 public:
  explicit TakenPort(std::uint16_t wanted) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(wanted);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    is_taken_ = ::bind(fd_, plain, size) == 0 && ::getsockname(fd_, plain, &size) == 0;
    number_ = ntohs(address.sin_port);
  }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  ~TakenPort() { ::close(fd_); }

  [[nodiscard]] bool is_taken() const { return is_taken_; }
  [[nodiscard]] std::uint16_t number() const { return number_; }
  void listen() const { ASSERT_EQ(::listen(fd_, 1), 0); }

 private:
  int fd_;
  bool is_taken_ = false;
  std::uint16_t number_ = 0;
};

// What is said of the port, and the port that is suggested, which reads as "N" in the text.
std::pair<std::string, int> explain_taken(std::uint16_t port) {
  std::string text = explain_listen("127.0.0.1:" + std::to_string(port), port, EADDRINUSE);
  const std::string before = "; try --port ";
  const std::size_t begin = text.find(before) + before.size();
  const std::size_t end = text.find_first_not_of("0123456789", begin);
  const int suggested = std::stoi(text.substr(begin, end - begin));
  text.replace(begin, end - begin, "N");
  return {text, suggested};
}

TEST(StartFailureOfListening, NamesWhoHasThePort) {
  const TakenPort taken(0);
  const std::string subject = "cannot listen on 127.0.0.1:" + std::to_string(taken.number()) + ": ";
  EXPECT_EQ(explain_taken(taken.number()).first,
            subject + "the address is already in use; try --port N, or --port 0 for any free one");
  taken.listen();
  EXPECT_EQ(explain_taken(taken.number()).first,
            subject + "taken by pid " + std::to_string(::getpid()) +
                " (unit_tests); try --port N, or --port 0 for any free one");
}

TEST(StartFailureOfListening, SuggestsAPortThatIsFree) {
  for (;;) {
    const TakenPort first(0);
    const TakenPort second(static_cast<std::uint16_t>(first.number() + 1));
    if (!second.is_taken() || second.number() < first.number()) continue;
    EXPECT_GT(explain_taken(first.number()).second, second.number());
    break;
  }
}

TEST(StartFailureOfListening, SuggestsNoReservedPort) { EXPECT_GE(explain_taken(80).second, 8080); }

TEST(StartFailureOfListening, SuggestsAnyPortBehindTheLastOne) {
  EXPECT_EQ(explain_listen("[::1]:65535", 65535, EADDRINUSE),
            "cannot listen on [::1]:65535: the address is already in use; try --port 0 for any "
            "free one");
}

TEST(StartFailureOfListening, KnowsPrivilegedPorts) {
  EXPECT_EQ(explain_listen("127.0.0.1:80", 80, EACCES),
            "cannot listen on 127.0.0.1:80: ports below 1024 are reserved for root; try --port "
            "8080");
  EXPECT_EQ(explain_listen("127.0.0.1:8080", 8080, EACCES),
            "cannot listen on 127.0.0.1:8080: permission denied");
}

TEST(StartFailureOfListening, KnowsForeignAddresses) {
  EXPECT_EQ(explain_listen("10.9.9.9:8080", 8080, EADDRNOTAVAIL),
            "cannot listen on 10.9.9.9:8080: this machine does not have this address; 'ip address' "
            "lists those it has");
  EXPECT_EQ(explain_listen("[::]:8080", 8080, EAFNOSUPPORT),
            "cannot listen on [::]:8080: this machine does not have this kind of address; try "
            "--bind 127.0.0.1");
}

TEST(StartFailureOfInheritedSockets, SaysWhatTheyMustBe) {
  const auto explained = [](int error) {
    return explain({What::kInherited, "3", fail("getsockopt", error)}, {});
  };
  EXPECT_EQ(explained(ENOTSOCK), "cannot listen on the inherited descriptor 3: it is not a socket");
  EXPECT_EQ(explained(EPROTOTYPE),
            "cannot listen on the inherited descriptor 3: it is not a stream socket; a socket unit "
            "needs ListenStream=");
  EXPECT_EQ(explained(EAFNOSUPPORT),
            "cannot listen on the inherited descriptor 3: it is not an IP socket; a socket unit "
            "needs ListenStream= with a port");
  EXPECT_EQ(explained(EINVAL),
            "cannot listen on the inherited descriptor 3: it does not listen; a socket unit needs "
            "Accept=no");
  EXPECT_EQ(explained(EBADF), "cannot listen on the inherited descriptor 3: bad file descriptor");
}

TEST(StartFailureOfTheLog, SaysWhatToName) {
  const auto explained = [](int error) {
    return explain({What::kLog, "logs/a.log", fail("open", error)}, {});
  };
  EXPECT_EQ(explained(ENOENT),
            "cannot open the log file 'logs/a.log': its directory does not exist; create it or "
            "name another --log-file");
  EXPECT_EQ(explained(EISDIR),
            "cannot open the log file 'logs/a.log': it is a directory; name a file in it");
  EXPECT_EQ(explained(EACCES),
            "cannot open the log file 'logs/a.log': permission denied; name another --log-file");
}

TEST(StartFailureOfOtherKinds, NamesWhatFailed) {
  EXPECT_EQ(explain({What::kSystem, "", fail("epoll_create1", EMFILE)}, {}),
            "cannot start: epoll_create1: too many open files");
  EXPECT_EQ(explain({What::kAddress, "example.test", fail("inet_pton", EINVAL)}, {}),
            "'example.test' is not an IP address; --bind takes one such as 127.0.0.1, 0.0.0.0 or "
            "::1");
}

// The notices as lines, each with its severity's initial.
std::string announced(const Started& started, const Settings& settings,
                      log::Severity least = log::Severity::kDebug) {
  std::string text;
  for (const Notice& notice : announce(started, settings)) {
    if (notice.severity < least) continue;
    text += "DIWE"[static_cast<std::size_t>(notice.severity)];
    text += " " + notice.text + "\n";
  }
  return text;
}

// Those that are shown without --verbose.
std::string shown(const Started& started, const Settings& settings) {
  return announced(started, settings, log::Severity::kInfo);
}

const Started kPlain{.root = "/srv/site",
                     .addresses = {"127.0.0.1", "::1"},
                     .urls = {"http://localhost:8080/"},
                     .lan_urls = {},
                     .port = 8080,
                     .memory = {.connections = 10'000}};

TEST(Banner, SaysThatAnotherPortIsUsedWhereTheDefaultOneIsTaken) {
  Started started = kPlain;
  started.port = 8082;
  EXPECT_EQ(announced(started, {}).find("I port 8080 is taken; using 8082\n"), 0u);
  Settings asked;
  asked.asks_for_port = true;
  EXPECT_EQ(announced(started, asked).find("taken"), std::string::npos);
  Settings inheriting;
  inheriting.config.net.inherited = {3};
  EXPECT_EQ(announced(started, inheriting).find("taken"), std::string::npos);
}

TEST(Banner, IsThreeLinesInTheNormalCase) {
  EXPECT_EQ(shown(kPlain, {}),
            "I serving /srv/site\n"
            "I http://localhost:8080/\n"
            "I press Ctrl-C to stop\n");
}

TEST(Banner, ShowsEveryUrlOnALineOfItsOwn) {
  Started started = kPlain;
  started.urls = {"http://127.0.0.1:80/", "http://[::1]:80/"};
  EXPECT_NE(announced(started, {}).find("I http://127.0.0.1:80/\nI http://[::1]:80/\n"),
            std::string::npos);
}

TEST(Banner, WarnsWhenOthersCanReachTheServer) {
  Started started = kPlain;
  started.addresses = {"127.0.0.1", "0.0.0.0"};
  EXPECT_EQ(announced(started, {})
                .find("W listening on 0.0.0.0: whoever can reach this "
                      "machine over any of its networks can read what is "
                      "served\n"),
            0u);
  started.addresses = {"192.168.1.5"};
  EXPECT_EQ(announced(started, {})
                .find("W listening on 192.168.1.5: whoever can reach this "
                      "machine over that network can read what is served\n"),
            0u);
  EXPECT_EQ(announced(kPlain, {}).find("W "), std::string::npos);
}

TEST(Banner, ShowsTheUrlsForOtherDevicesBehindOurOwn) {
  Started started = kPlain;
  started.lan_urls = {"http://192.168.1.20:8080/", "http://[fd00::2]:8080/"};
  Settings settings;
  settings.lan = true;
  EXPECT_EQ(shown(started, settings),
            "I serving /srv/site\n"
            "I http://localhost:8080/\n"
            "I http://192.168.1.20:8080/\n"
            "I http://[fd00::2]:8080/\n"
            "I press Ctrl-C to stop\n");
}

TEST(Banner, WarnsWhenThereIsNoNetworkForOtherDevices) {
  Settings settings;
  settings.lan = true;
  EXPECT_EQ(announced(kPlain, settings)
                .find("W no other device can connect: this machine is on no network\n"),
            0u);
}

TEST(Banner, WarnsThatClientsMayChangeFiles) {
  Settings settings;
  settings.config.handlers.writable = true;
  Started started = kPlain;
  EXPECT_EQ(
      announced(started, settings).find("W clients may change and remove files: --writable\n"), 0u);
  started.is_single_file = true;
  EXPECT_EQ(announced(started, settings)
                .find("W --writable is for a directory: a single file is only read\n"),
            0u);
}

TEST(Banner, PointsOutAHiddenApiDirectory) {
  Started started = kPlain;
  started.hides_own_api = true;
  EXPECT_EQ(announced(started, {})
                .find("I ROOT has an api/ of its own, hidden by ours; --no-api "
                      "shows it\n"),
            0u);
}

TEST(Banner, TellsOfThreadsThoseWhoWantToKnowEverything) {
  Started started = kPlain;
  started.processors = 2;
  Settings settings;
  settings.config.threads = 4;
  EXPECT_EQ(announced(started, settings)
                .find("D 4 threads answer requests; there are processors for 2\n"),
            0u);
  settings.config.threads = 1;
  EXPECT_EQ(announced(started, settings).find("threads"), std::string::npos);
}

TEST(Banner, TellsOfMemoryThoseWhoWantToKnowEverything) {
  Started started = kPlain;
  started.memory = {.connections = 100,
                    .connection = 8'000,
                    .under_way = 256'000'000,
                    .kept = 32'000'000,
                    .compressing = 0,
                    .rest = 16'000'000};
  EXPECT_NE(announced(started, {})
                .find("D memory stays below 305 MB: 100 connections x 8.0 kB, 256 MB for what they "
                      "ask for, 32 MB of answers kept, 16 MB for the rest\n"),
            std::string::npos);
  started.memory.compressing = 300'000'000;
  EXPECT_NE(announced(started, {}).find("answers kept, 300 MB for compressing, 16 MB for"),
            std::string::npos);
}

TEST(Banner, TellsOfALoweredConnectionLimitThoseWhoAskedForMore) {
  Started started = kPlain;
  started.memory.connections = 900;
  const std::string text =
      " at most 900 connections at once, not 10000: raise the limit of open files (ulimit -n) for "
      "more\n";
  Settings settings;
  EXPECT_EQ(announced(started, settings).find("D" + text), 0u);
  settings.asks_for_connections = true;
  EXPECT_EQ(announced(started, settings).find("W" + text), 0u);
}

}  // namespace
}  // namespace tinyserve::cmd
