// Under a service manager it serves on the sockets that it is given, and says when it is ready and
// when it stops.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using Texts = std::vector<std::string>;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A descriptor that is closed in the end.
class Owned {
 public:
  explicit Owned(int number) : number_(number) { EXPECT_GE(number, 0); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { ::close(number_); }
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

// A socket that listens on a free port of `host`, as a service manager opens it: it blocks, and one
// of IPv6 takes IPv4 as well.
class ListeningSocket {
 public:
  explicit ListeningSocket(const char* host)
      : fd_(::socket(std::strchr(host, ':') ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    const bool is_v6 = ::inet_pton(AF_INET6, host, &v6.sin6_addr) == 1;
    if (!is_v6) ::inet_pton(AF_INET, host, &v4.sin_addr);
    auto* const where = is_v6 ? reinterpret_cast<sockaddr*>(&v6) : reinterpret_cast<sockaddr*>(&v4);
    socklen_t size = is_v6 ? sizeof v6 : sizeof v4;
    EXPECT_EQ(::bind(fd_.get(), where, size), 0);
    EXPECT_EQ(::listen(fd_.get(), 16), 0);
    EXPECT_EQ(::getsockname(fd_.get(), where, &size), 0);
    port_ = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& host) const {
    return "http://" + host + ":" + std::to_string(port_) + "/";
  }

 private:
  Owned fd_;
  std::uint16_t port_ = 0;
};

// Starts the program with `sockets` and waits for its end.
Finished run_with(const std::vector<int>& sockets, const Texts& arguments = {},
                  const Texts& environment = {}) {
  Texts command{tinyserve_path()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Program program{{command, environment, {}, Program::Output::kCollect, sockets}};
  const int code = program.wait();
  return {code, program.out(), program.err()};
}

// --- sockets
// --------------------------------------------------------------------------------------

TEST(Service, ServesOnTheSocketThatItIsGiven) {
  const TempTree site{{"x", "content"}};
  const ListeningSocket socket{"127.0.0.1"};
  const ServerProcess server{site.path(), ServerProcess::Options{.sockets = {socket.fd()}}};
  EXPECT_EQ(get({"127.0.0.1", socket.port()}, "/x").body, "content");
  const nlohmann::json event = server.events().at(0);
  EXPECT_EQ(event.at("port"), socket.port());
  EXPECT_EQ(event.at("urls"), Texts{socket.url("127.0.0.1")});
  EXPECT_TRUE(contains(server.err(), socket.url("127.0.0.1"))) << server.err();
  EXPECT_FALSE(contains(server.err(), "taken")) << server.err();
  EXPECT_FALSE(contains(server.err(), "warning")) << server.err();
}

TEST(Service, ServesOnEachSocketThatItIsGiven) {
  const TempTree site{{"x", "content"}};
  const ListeningSocket first{"127.0.0.1"};
  const ListeningSocket second{"::1"};
  const ServerProcess server{site.path(),
                             ServerProcess::Options{.sockets = {first.fd(), second.fd()}}};
  EXPECT_EQ(get({"127.0.0.1", first.port()}, "/x").body, "content");
  EXPECT_EQ(get({"::1", second.port()}, "/x").body, "content");
  EXPECT_EQ(server.events().at(0).at("urls"), (Texts{first.url("127.0.0.1"), second.url("[::1]")}));
}

TEST(Service, SharesItsSocketAmongThreads) {
  const TempTree site{{"x", "content"}};
  const ListeningSocket socket{"127.0.0.1"};
  const ServerProcess server{site.path(), ServerProcess::Options{.arguments = {"--threads", "3"},
                                                                 .sockets = {socket.fd()}}};
  for (int i = 0; i < 64; ++i) {
    EXPECT_EQ(get({"127.0.0.1", socket.port()}, "/x").body, "content");
  }
}

TEST(Service, KeepsItsRuleForHosts) {
  const TempTree site{{"x", "content"}};
  const ListeningSocket socket{"127.0.0.1"};
  const ServerProcess server{site.path(), ServerProcess::Options{.sockets = {socket.fd()}}};
  EXPECT_EQ(ask(server.address(), "GET /x HTTP/1.1\r\nHost: foreign.test\r\n\r\n").status, 403);
}

TEST(Service, WarnsOfASocketThatOthersCanReach) {
  const TempTree site{{"x", "content"}};
  const ListeningSocket socket{"::"};
  ServerProcess server{site.path(), ServerProcess::Options{.sockets = {socket.fd()}}};
  EXPECT_TRUE(contains(server.err(), "warning: listening on ::")) << server.err();
  EXPECT_TRUE(contains(server.err(), socket.url("localhost"))) << server.err();
  EXPECT_EQ(get({"127.0.0.1", socket.port()}, "/x").body, "content");
  EXPECT_EQ(server.wait_for_records(1).at(0).at("remote"), "127.0.0.1");
}

TEST(Service, LosesNoConnectionBetweenTwoRuns) {
  const TempTree site{{"x", "content"}};
  const ListeningSocket socket{"127.0.0.1"};
  const Address address{"127.0.0.1", socket.port()};
  {
    const ServerProcess first{site.path(), ServerProcess::Options{.sockets = {socket.fd()}}};
    EXPECT_EQ(get(address, "/x").body, "content");
  }
  RawClient waiting{address};
  waiting.send(get_request("/x"));
  const ServerProcess second{site.path(), ServerProcess::Options{.sockets = {socket.fd()}}};
  EXPECT_EQ(waiting.read_response().body, "content");
}

// The inode of what `fd` is: the same in every process that has it open.
ino_t inode_of(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return status.st_ino;
}

// What is in a folder of process `pid`; nothing when it has ended.
std::vector<std::filesystem::path> entries_of(pid_t pid, const std::string& folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code ended;
  std::filesystem::directory_iterator entry("/proc/" + std::to_string(pid) + "/" + folder, ended);
  for (; !ended && entry != std::filesystem::directory_iterator(); entry.increment(ended)) {
    entries.push_back(entry->path());
  }
  return entries;
}

// Whether process `pid` has open what `fd` is.
bool has_open(pid_t pid, int fd) {
  const std::string wanted = "socket:[" + std::to_string(inode_of(fd)) + "]";
  const auto entries = entries_of(pid, "fd");
  return std::any_of(entries.begin(), entries.end(), [&wanted](const auto& entry) {
    std::error_code closed;
    return std::filesystem::read_symlink(entry, closed) == wanted;
  });
}

// Whether an epoll of process `pid` watches what `fd` is.
bool is_watched_by(pid_t pid, int fd) {
  std::ostringstream wanted;
  wanted << " ino:" << std::hex << inode_of(fd) << ' ';
  const auto entries = entries_of(pid, "fdinfo");
  return std::any_of(entries.begin(), entries.end(), [&wanted](const auto& entry) {
    std::ostringstream text;
    text << std::ifstream(entry).rdbuf();
    return contains(text.str(), "tfd:") && contains(text.str(), wanted.str());
  });
}

// What waits at the socket by then is for whoever else has it open, and must not keep this one
// busy.
TEST(Service, LetsGoOfTheSocketWhenItStops) {
  const TempTree site{{"big", std::string(32 << 20, 'x')}};
  const ListeningSocket socket{"127.0.0.1"};
  ServerProcess server{site.path(), ServerProcess::Options{.sockets = {socket.fd()}}};
  RawClient download{server.address(), {.receive_buffer = 4096}};
  download.send(get_request("/big"));
  download.read_head();
  RawClient idle{server.address()};
  idle.send(get_request("/api/"));
  idle.read_response();
  EXPECT_TRUE(has_open(server.pid(), socket.fd()));
  EXPECT_TRUE(is_watched_by(server.pid(), socket.fd()));
  server.signal(SIGTERM);
  EXPECT_TRUE(idle.is_closed_by_server());
  EXPECT_FALSE(has_open(server.pid(), socket.fd()));
  EXPECT_FALSE(is_watched_by(server.pid(), socket.fd()));
  download.reset();
  EXPECT_EQ(server.wait(), 0);
}

TEST(Service, LeavesSocketsOfAnotherProcessAlone) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{
      site.path(), ServerProcess::Options{.environment = {"LISTEN_PID=1", "LISTEN_FDS=1"}}};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
}

TEST(Service, RefusesWhatCannotBeServedOn) {
  const Owned file{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  const Owned datagrams{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const Owned local{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const Owned silent{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const ListeningSocket good{"127.0.0.1"};
  for (const auto& [fd, complaint] :
       {std::pair{file.get(), "not a socket"}, std::pair{datagrams.get(), "not a stream socket"},
        std::pair{local.get(), "not an IP socket"}, std::pair{silent.get(), "does not listen"}}) {
    const Finished run = run_with({good.fd(), fd});
    EXPECT_EQ(run.code, 1);
    EXPECT_TRUE(contains(run.err, "inherited descriptor 4: it is " + std::string(complaint)) ||
                contains(run.err, "inherited descriptor 4: it " + std::string(complaint)))
        << run.err;
    EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
    EXPECT_EQ(run.out, "");
  }
}

TEST(Service, RefusesMoreSocketsThanThereAre) {
  const ListeningSocket socket{"127.0.0.1"};
  // Of two variables with one name the first one counts.
  const Finished run = run_with({socket.fd()}, {}, {"LISTEN_FDS=2000000000"});
  EXPECT_EQ(run.code, 2);
  EXPECT_TRUE(contains(run.err, "LISTEN_FDS: '2000000000' is too many; descriptor ")) << run.err;
}

TEST(Service, RefusesAPortOrAnAddressBesideASocket) {
  const ListeningSocket socket{"127.0.0.1"};
  const auto error = [&socket](const Texts& arguments, const Texts& environment) {
    const Finished run = run_with({socket.fd()}, arguments, environment);
    EXPECT_EQ(run.code, 2);
    return run.err;
  };
  const std::string rest =
      " contradicts the sockets that a service manager has passed (LISTEN_FDS); leave one out\n";
  EXPECT_EQ(error({"--port", "0"}, {}), "tinyserve: --port" + rest);
  EXPECT_EQ(error({"--bind", "localhost"}, {}), "tinyserve: --bind" + rest);
  EXPECT_EQ(error({}, {"TINYSERVE_PORT=80"}), "tinyserve: TINYSERVE_PORT" + rest);
}

// --- states
// ---------------------------------------------------------------------------------------

// Where a service manager listens for states.
class Manager {
 public:
  // `name` is a path, or "@" with an abstract name behind it.
  explicit Manager(std::string name)
      : name_(std::move(name)), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const bool is_path = name_[0] == '/';
    EXPECT_LT(name_.size(), sizeof address.sun_path);
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (!is_path) address.sun_path[0] = '\0';
    const std::size_t size = offsetof(sockaddr_un, sun_path) + name_.size() + (is_path ? 1 : 0);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(size)),
              0);
  }

  [[nodiscard]] std::string variable() const { return "NOTIFY_SOCKET=" + name_; }
  // The next message; waits for it.
  [[nodiscard]] std::string heard() const {
    pollfd event{fd_.get(), POLLIN, 0};
    const auto patience = std::chrono::milliseconds(kPatience).count();
    if (::poll(&event, 1, static_cast<int>(patience)) != 1) return "(nothing)";
    std::array<char, 256> text{};
    const ssize_t size = ::recv(fd_.get(), text.data(), text.size(), 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
  }

 private:
  std::string name_;
  Owned fd_;
};

TEST(Service, SaysWhenItIsReadyAndWhenItStops) {
  const TempTree site{{"x", "content"}};
  const TempTree elsewhere;
  for (const std::string& name :
       {elsewhere.path("notify"), "@tinyserve-notify-" + std::to_string(::getpid())}) {
    const Manager manager{name};
    ServerProcess server{site.path(), ServerProcess::Options{.environment = {manager.variable()}}};
    EXPECT_EQ(manager.heard(), "READY=1");
    server.signal(SIGTERM);
    EXPECT_EQ(manager.heard(), "STOPPING=1");
    EXPECT_EQ(server.wait(), 0);
  }
}

TEST(Service, IsReadyWhenItCanBeReached) {
  const TempTree site{{"x", "content"}};
  const TempTree elsewhere;
  const Manager manager{elsewhere.path("notify")};
  const ListeningSocket socket{"127.0.0.1"};
  Program program{{{tinyserve_path(), site.path()},
                   {manager.variable()},
                   {},
                   Program::Output::kCollect,
                   {socket.fd()}}};
  EXPECT_EQ(manager.heard(), "READY=1");
  EXPECT_EQ(get({"127.0.0.1", socket.port()}, "/x").body, "content");
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0) << program.err();
}

TEST(Service, DoesNotMindAManagerThatIsGone) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{
      site.path(), ServerProcess::Options{.environment = {"NOTIFY_SOCKET=" + site.path("gone")}}};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  EXPECT_FALSE(contains(server.err(), "NOTIFY")) << server.err();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

// --- with systemd
// ---------------------------------------------------------------------------------

// Starts systemd-socket-activate with the program under test on a port that was free a moment ago,
// until it has one. It starts the program when the first client comes.
class Activated {
 public:
  explicit Activated(const std::string& root) {
    for (int tries = 0; tries < 20 && !listens_; ++tries) {
      {
        const ListeningSocket free{"127.0.0.1"};
        port_ = free.port();
      }
      const std::string address = "127.0.0.1:" + std::to_string(port_);
      program_.emplace(Program::Options{
          .command = {"systemd-socket-activate", "-l", address, tinyserve_path(), root},
          .environment = {}});
      // It ends without this line when the port is taken.
      listens_ = program_->wait_until([this] { return contains(program_->err(), "Listening on"); });
    }
  }
  [[nodiscard]] bool listens() const { return listens_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  Program& program() { return *program_; }

 private:
  bool listens_ = false;
  std::uint16_t port_ = 0;
  std::optional<Program> program_;
};

TEST(Service, IsStartedBySystemdSocketActivate) {
  const TempTree site{{"x", "content"}};
  Activated activated{site.path()};
  ASSERT_TRUE(activated.listens()) << "systemd-socket-activate (Debian package systemd) is needed: "
                                   << activated.program().err();
  EXPECT_EQ(get({"127.0.0.1", activated.port()}, "/x").body, "content");
  activated.program().signal(SIGTERM);
  EXPECT_EQ(activated.program().wait(), 0) << activated.program().err();
  const Texts lines = activated.program().out_lines();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(nlohmann::json::parse(lines.front()).at("port"), activated.port());
}

// The arguments that a unit of packaging/systemd starts the program with; `directory` stands for
// the path in it.
Texts arguments_of(const std::string& unit, const std::string& path, const std::string& directory) {
  std::ifstream file(std::string(TINYSERVE_UNITS) + "/" + unit);
  Texts arguments;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("ExecStart=")) continue;
    std::istringstream words(line.substr(line.find(' ')));
    for (std::string word; words >> word;) arguments.push_back(word == path ? directory : word);
  }
  return arguments;
}

TEST(Service, UnderstandsTheFlagsOfItsUnits) {
  const TempTree site{{"a $HOME/x", "content"}};
  const ListeningSocket socket{"127.0.0.1"};
  const std::string directory = site.path("a $HOME");
  for (const auto& [arguments, sockets] :
       {std::pair{arguments_of("tinyserve.service", "/srv/www", directory),
                  std::vector<int>{socket.fd()}},
        std::pair{arguments_of("tinyserve@.service", "%f", directory), std::vector<int>{}}}) {
    Texts command{tinyserve_path()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    Program program{{command, {}, {}, Program::Output::kCollect, sockets}};
    ASSERT_TRUE(program.wait_until([&program] { return !program.out_lines().empty(); }))
        << program.err();
    const auto event = nlohmann::json::parse(program.out_lines().front());
    EXPECT_EQ(event.at("root"), directory);
    EXPECT_EQ(get({"127.0.0.1", event.at("port")}, "/x").body, "content");
  }
}

}  // namespace
}  // namespace tinyserve::test
