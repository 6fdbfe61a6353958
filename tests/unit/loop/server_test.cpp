#include "loop/server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "net/listener.h"
#include "support/raw_client.h"
#include "support/temp_tree.h"

namespace tinyserve::loop {
namespace {

using nlohmann::json;
using test::RawClient;
using test::TempTree;
using What = StartFailure::What;
using std::chrono::steady_clock;

class NoDiagnostics : public log::Diagnostics {
 public:
  void report(log::Severity /*severity*/, std::string_view /*text*/) override {}
};

Config config_for(const TempTree& site) {
  Config config;
  config.files.root = site.path();
  config.net.addresses = {"127.0.0.1"};
  config.net.port = 0;
  config.log.format = log::Format::kNone;
  return config;
}

// A server in a thread of its own, stopped at the end.
class Running {
 public:
  explicit Running(const Config& config)
      : server_(std::get<Server>(Server::open(config, diagnostics_))),
        thread_([this] { EXPECT_TRUE(server_.run()); }) {}
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() { stop(); }

  Server& server() { return server_; }
  [[nodiscard]] test::Address address() const { return {"127.0.0.1", server_.port()}; }
  void stop() {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  NoDiagnostics diagnostics_;
  Server server_;
  std::thread thread_;
};

std::vector<json> lines_of(const TempTree& tree, std::string_view name) {
  std::istringstream text(tree.read(name));
  std::vector<json> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
  return lines;
}

// --- start
// ----------------------------------------------------------------------------------------

StartFailure failure_of(const Config& config) {
  NoDiagnostics diagnostics;
  auto outcome = Server::open(config, diagnostics);
  const auto* const failure = std::get_if<StartFailure>(&outcome);
  EXPECT_NE(failure, nullptr);
  return failure == nullptr ? StartFailure{What::kSystem, "(none)", fail("none", 0)} : *failure;
}

TEST(ServerOpen, NamesARootThatIsMissing) {
  const TempTree site;
  Config config = config_for(site);
  config.files.root = site.path("missing");
  const StartFailure failure = failure_of(config);
  EXPECT_EQ(failure.what, What::kRoot);
  EXPECT_EQ(failure.subject, site.path("missing"));
  EXPECT_TRUE(failure.error.is(ENOENT));
}

TEST(ServerOpen, NamesWhatIsNoAddress) {
  const TempTree site;
  Config config = config_for(site);
  config.net.addresses = {"localhost"};
  const StartFailure failure = failure_of(config);
  EXPECT_EQ(failure.what, What::kAddress);
  EXPECT_EQ(failure.subject, "localhost");
}

TEST(ServerOpen, NamesAPortThatIsTaken) {
  const TempTree site;
  NoDiagnostics diagnostics;
  const auto first = Server::open(config_for(site), diagnostics);
  Config config = config_for(site);
  config.net.port = std::get<Server>(first).port();
  const StartFailure failure = failure_of(config);
  EXPECT_EQ(failure.what, What::kListen);
  EXPECT_EQ(failure.subject, "127.0.0.1:" + std::to_string(config.net.port));
  EXPECT_TRUE(failure.error.is(EADDRINUSE));
}

TEST(ServerOpen, NamesAPortThatSeveralThreadsHaveTaken) {
  const TempTree site;
  NoDiagnostics diagnostics;
  Config config = config_for(site);
  config.threads = 2;
  const auto first = Server::open(config, diagnostics);
  config.net.port = std::get<Server>(first).port();
  for (const std::size_t threads : {1, 2}) {
    config.threads = threads;
    const StartFailure failure = failure_of(config);
    EXPECT_EQ(failure.what, What::kListen);
    EXPECT_TRUE(failure.error.is(EADDRINUSE));
  }
}

TEST(ServerOpen, NamesALogThatCannotBeWritten) {
  const TempTree site;
  Config config = config_for(site);
  config.log.format = log::Format::kJson;
  config.log.path = site.path("missing/log");
  const StartFailure failure = failure_of(config);
  EXPECT_EQ(failure.what, What::kLog);
  EXPECT_EQ(failure.subject, config.log.path);
  EXPECT_TRUE(failure.error.is(ENOENT));
}

TEST(ServerOpen, SaysWhereItCanBeReached) {
  const TempTree site;
  NoDiagnostics diagnostics;
  const auto opened = Server::open(config_for(site), diagnostics);
  const Server& server = std::get<Server>(opened);
  EXPECT_NE(server.port(), 0);
  const std::vector<std::string> expected{"http://127.0.0.1:" + std::to_string(server.port()) +
                                          "/"};
  EXPECT_EQ(server.urls(), expected);
  EXPECT_EQ(server.root(), site.path());
  EXPECT_FALSE(server.serves_single_file());
}

TEST(ServerOpen, CallsTheUnspecifiedAddressLocalhost) {
  const TempTree site;
  NoDiagnostics diagnostics;
  Config config = config_for(site);
  config.net.addresses = {"0.0.0.0"};
  const auto opened = Server::open(config, diagnostics);
  const Server& server = std::get<Server>(opened);
  EXPECT_EQ(server.urls().front(), "http://localhost:" + std::to_string(server.port()) + "/");
}

TEST(ServerOpen, TellsOfInheritedSocketsWithAnyPorts) {
  const TempTree site;
  NoDiagnostics diagnostics;
  const net::Listener first = *net::listen_on(*net::Address::parse("127.0.0.1", 0));
  const net::Listener second = *net::listen_on(*net::Address::parse("0.0.0.0", 0));
  Config config = config_for(site);
  config.net.inherited = {first.fd.get(), second.fd.get()};
  const auto opened = Server::open(config, diagnostics);
  const Server& server = std::get<Server>(opened);
  EXPECT_EQ(server.port(), first.address.port());
  EXPECT_EQ(server.addresses(), (std::vector<std::string>{"127.0.0.1", "0.0.0.0"}));
  EXPECT_EQ(server.urls(), (std::vector<std::string>{
                               "http://127.0.0.1:" + std::to_string(first.address.port()) + "/",
                               "http://localhost:" + std::to_string(second.address.port()) + "/"}));
}

TEST(ServerOpen, NamesAnInheritedDescriptorThatIsNotOpen) {
  const TempTree site;
  Config config = config_for(site);
  config.net.inherited = {-1};
  const StartFailure failure = failure_of(config);
  EXPECT_EQ(failure.what, What::kInherited);
  EXPECT_EQ(failure.subject, "-1");
  EXPECT_TRUE(failure.error.is(EBADF));
}

TEST(ServerOpen, KnowsASingleFile) {
  const TempTree site{{"page.html", "the page"}};
  Config config = config_for(site);
  config.files.root = site.path("page.html");
  NoDiagnostics diagnostics;
  const auto opened = Server::open(config, diagnostics);
  EXPECT_TRUE(std::get<Server>(opened).serves_single_file());
}

TEST(ServerOpen, NoticesAnApiOfTheSite) {
  const TempTree site{{"api/index.html", "theirs"}};
  NoDiagnostics diagnostics;
  Config config = config_for(site);
  const auto hidden = Server::open(config, diagnostics);
  EXPECT_TRUE(std::get<Server>(hidden).hides_own_api());
  config.handlers.api = false;
  const auto shown = Server::open(config, diagnostics);
  EXPECT_FALSE(std::get<Server>(shown).hides_own_api());
}

TEST(ServerOpen, PromisesNoMoreConnectionsThanThereAreDescriptors) {
  const TempTree site;
  NoDiagnostics diagnostics;
  Config config = config_for(site);
  config.max_connections = 5;
  const auto few = Server::open(config, diagnostics);
  EXPECT_EQ(std::get<Server>(few).max_connections(), 5U);
  config.max_connections = 1'000'000'000'000;
  const auto many = Server::open(config, diagnostics);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
  if (limit.rlim_cur != RLIM_INFINITY) {
    EXPECT_LT(std::get<Server>(many).max_connections(), limit.rlim_cur);
  }
}

// --- run
// ------------------------------------------------------------------------------------------

TEST(Server, AnswersOverTcp) {
  const TempTree site{{"index.html", "home"}};
  Running running(config_for(site));
  EXPECT_EQ(test::get(running.address(), "/").body, "home");
  EXPECT_EQ(test::get(running.address(), "/api/").body, "Hello");
  EXPECT_EQ(test::get(running.address(), "/missing").status, 404);
}

TEST(Server, MayBeMovedBeforeItRuns) {
  const TempTree site{{"index.html", "home"}};
  NoDiagnostics diagnostics;
  Server first = std::get<Server>(Server::open(config_for(site), diagnostics));
  const std::uint16_t port = first.port();
  Server server = std::move(first);
  std::thread thread([&server] { EXPECT_TRUE(server.run()); });
  EXPECT_EQ(test::get({"127.0.0.1", port}, "/").body, "home");
  server.stop();
  thread.join();
}

TEST(Server, DoesNotRunWhenItWasStoppedBefore) {
  const TempTree site;
  NoDiagnostics diagnostics;
  Server server = std::get<Server>(Server::open(config_for(site), diagnostics));
  server.stop();
  EXPECT_TRUE(server.run());
}

TEST(Server, AcceptsNothingAfterItWasStopped) {
  const TempTree site{{"index.html", "home"}};
  Running running(config_for(site));
  EXPECT_EQ(test::get(running.address(), "/").status, 200);
  running.stop();
  EXPECT_THROW(RawClient{running.address()}, std::system_error);
}

TEST(Server, AnswersWhoWaitedToBeAcceptedWhenItWasStopped) {
  for (const std::size_t threads : {1, 3}) {
    const TempTree site{{"index.html", "home"}};
    NoDiagnostics diagnostics;
    Config config = config_for(site);
    config.threads = threads;
    Server server = std::get<Server>(Server::open(config, diagnostics));
    std::list<RawClient> clients;
    for (int i = 0; i < 100; ++i) {
      clients.emplace_back(test::Address{"127.0.0.1", server.port()});
      clients.back().send(test::get_request("/"));
    }
    server.stop();
    EXPECT_TRUE(server.run());
    for (RawClient& client : clients) {
      EXPECT_EQ(client.read_response().body, "home");
      EXPECT_TRUE(client.is_closed_by_server());
    }
    EXPECT_EQ(server.summary().requests, 100u);
  }
}

TEST(Server, LeavesWhoWaitsAtAnInheritedSocketToTheNextServer) {
  const TempTree site{{"index.html", "home"}};
  NoDiagnostics diagnostics;
  const net::Listener socket = *net::listen_on(*net::Address::parse("127.0.0.1", 0));
  Config config = config_for(site);
  config.net.inherited = {socket.fd.get()};
  RawClient client({"127.0.0.1", socket.address.port()});
  client.send(test::get_request("/"));
  Server first = std::get<Server>(Server::open(config, diagnostics));
  first.stop();
  EXPECT_TRUE(first.run());
  EXPECT_EQ(first.summary().requests, 0u);
  const Running second(config);
  EXPECT_EQ(client.read_response().body, "home");
}

// Connected all at once, so that each of several loops has some of them.
TEST(Server, ServesWithSeveralThreadsAsOne) {
  constexpr int kClients = 64;
  const TempTree site{{"index.html", "home"}};
  const TempTree logs;
  Config config = config_for(site);
  config.threads = 4;
  config.log.format = log::Format::kJson;
  config.log.path = logs.path("log");
  config.log.summary = true;
  Running running(config);
  std::list<RawClient> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(running.address());
  for (RawClient& client : clients) client.send(test::get_request("/missing"));
  for (RawClient& client : clients) EXPECT_EQ(client.read_response().status, 404);
  running.stop();
  for (RawClient& client : clients) EXPECT_TRUE(client.is_closed_by_server());
  const log::Summary summary = running.server().summary();
  EXPECT_EQ(summary.requests, 64u);
  ASSERT_EQ(summary.missing.rows.size(), 1u);
  EXPECT_EQ(summary.missing.rows[0].count, 64u);
  std::set<int> connections;
  const auto lines = lines_of(logs, "log");
  for (const json& line : lines) {
    if (line.contains("conn")) connections.insert(line.at("conn").get<int>());
  }
  EXPECT_EQ(lines.size(), 2u + kClients);
  EXPECT_EQ(connections.size(), 64u);
  EXPECT_EQ(*connections.begin(), 1);
  EXPECT_EQ(*connections.rbegin(), kClients);
  EXPECT_EQ(lines.front().at("event"), "listening");
  EXPECT_EQ(lines.back().at("event"), "stopping");
  EXPECT_EQ(lines.back().at("requests"), kClients);
  EXPECT_EQ(lines.back().at("connections"), kClients);
}

TEST(Server, SharesInheritedSocketsAmongItsThreads) {
  const TempTree site{{"index.html", "home"}};
  const net::Listener socket = *net::listen_on(*net::Address::parse("127.0.0.1", 0));
  Config config = config_for(site);
  config.threads = 3;
  config.net.inherited = {socket.fd.get()};
  const Running running(config);
  std::list<RawClient> clients;
  for (int i = 0; i < 64; ++i) clients.emplace_back(running.address());
  for (RawClient& client : clients) client.send(test::get_request("/"));
  for (RawClient& client : clients) EXPECT_EQ(client.read_response().body, "home");
}

// The descriptors of this process that are instances of epoll.
std::set<int> epoll_instances() {
  std::set<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the directory's own
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (target == "anon_inode:[eventpoll]") found.insert(std::stoi(entry.path().filename()));
  }
  return found;
}

TEST(Server, EndsWithTheErrorOfAnyOfItsThreads) {
  const TempTree site;
  NoDiagnostics diagnostics;
  Config config = config_for(site);
  config.threads = 3;
  for (const std::size_t spoiled : {0, 1, 2}) {
    const std::set<int> before = epoll_instances();
    Server server = std::get<Server>(Server::open(config, diagnostics));
    std::vector<int> own;
    for (const int fd : epoll_instances()) {
      if (!before.contains(fd)) own.push_back(fd);
    }
    ASSERT_EQ(own.size(), 3u);
    const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_EQ(::dup2(null.get(), own[spoiled]), own[spoiled]);
    const auto ended = server.run();
    ASSERT_FALSE(ended);
    EXPECT_EQ(std::string_view(ended.error().operation), "epoll_ctl");
  }
}

TEST(Server, WritesTheFirstAndTheLastLineOfItsLog) {
  const TempTree site{{"index.html", "home"}};
  const TempTree logs;
  Config config = config_for(site);
  config.log.format = log::Format::kJson;
  config.log.path = logs.path("log");
  {
    Running running(config);
    EXPECT_EQ(test::get(running.address(), "/").status, 200);
  }
  const auto lines = lines_of(logs, "log");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].at("event"), "listening");
  EXPECT_EQ(lines[0].at("root"), site.path());
  EXPECT_TRUE(lines[0].at("port").is_number());
  EXPECT_EQ(lines[1].at("path"), "/");
  EXPECT_EQ(lines[1].at("bytes"), 4);
  EXPECT_EQ(lines[2].at("event"), "stopping");
  EXPECT_EQ(lines[2].at("requests"), 1);
  EXPECT_EQ(lines[2].at("bytes"), 4);
  EXPECT_EQ(lines[2].at("connections"), 1);
}

TEST(Server, WritesToANewLogAfterTheOldOneWasMovedAway) {
  const TempTree site{{"index.html", "home"}};
  const TempTree logs;
  Config config = config_for(site);
  config.log.format = log::Format::kJson;
  config.log.path = logs.path("log");
  {
    Running running(config);
    EXPECT_EQ(test::get(running.address(), "/first").status, 404);
    const auto deadline = steady_clock::now() + std::chrono::seconds(10);
    while (lines_of(logs, "log").size() < 2 && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    logs.rename("log", "log.1");
    running.server().reopen_log();
    EXPECT_EQ(test::get(running.address(), "/second").status, 404);
  }
  EXPECT_EQ(lines_of(logs, "log.1").size(), 2U);
  const auto fresh = lines_of(logs, "log");
  ASSERT_EQ(fresh.size(), 2U);
  EXPECT_EQ(fresh[0].at("path"), "/second");
}

}  // namespace
}  // namespace tinyserve::loop
