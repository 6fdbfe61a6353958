// With --threads several loops serve side by side: the record, the limits and the end are those of
// one server.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <list>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/samples.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

// So many that each of four loops has some of them.
constexpr int kMany = 64;

// Clients that are all connected at once.
std::list<RawClient> connect_many(const Address& address, int count = kMany,
                                  const RawClient::Options& options = RawClient::Options{}) {
  std::list<RawClient> clients;
  for (int i = 0; i < count; ++i) clients.emplace_back(address, options);
  return clients;
}

// Each client asks for a path of its own, twice.
void ask_all(std::list<RawClient>& clients, const std::string& prefix) {
  for (int turn = 0; turn < 2; ++turn) {
    int number = 0;
    for (RawClient& client : clients) {
      client.send(get_request(prefix + std::to_string(turn) + "." + std::to_string(number++)));
    }
    for (RawClient& client : clients) EXPECT_EQ(client.read_response().status, 200);
  }
}

TEST(Threads, LogEveryRequestOnceAndNumberConnectionsTogether) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--threads", "4"}};
  std::vector<std::thread> crowd;
  for (int i = 0; i < 4; ++i) {
    crowd.emplace_back([&server, i] {
      auto clients = connect_many(server.address());
      ask_all(clients, "/x?" + std::to_string(i) + ".");
    });
  }
  for (std::thread& thread : crowd) thread.join();
  constexpr std::size_t kRequests = 4 * 2 * kMany;
  const auto records = server.wait_for_records(kRequests);
  std::set<std::string> queries;
  std::set<std::pair<int, int>> numbers;
  for (const json& record : records) {
    queries.insert(record.at("query").get<std::string>());
    numbers.insert({record.at("conn").get<int>(), record.at("req").get<int>()});
  }
  EXPECT_EQ(records.size(), kRequests);
  EXPECT_EQ(queries.size(), kRequests);
  EXPECT_EQ(numbers.size(), kRequests);
  EXPECT_EQ(numbers.rbegin()->first, 4 * kMany) << "numbers have no gaps";
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  const json last = json::parse(server.log_lines().back());
  EXPECT_EQ(last.at("event"), "stopping");
  EXPECT_EQ(last.at("requests"), kRequests);
  EXPECT_EQ(last.at("bytes"), kRequests * 7);
  EXPECT_EQ(last.at("connections"), 4 * kMany);
}

TEST(Threads, GetTheirOwnJobsBackFromTheWorkers) {
  const TempTree site{{"a.js", script_of(100'000)}};
  const ServerProcess server{site.path(), {"--threads", "4", "--workers", "2", "--compress"}};
  auto clients = connect_many(server.address());
  for (RawClient& client : clients) client.send(get_request("/a.js", "Accept-Encoding: br\r\n"));
  std::set<std::string> bodies;
  for (RawClient& client : clients) {
    const Response response = client.read_response();
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("Content-Encoding"), "br");
    bodies.insert(response.body);
  }
  EXPECT_EQ(bodies.size(), 1u);
}

TEST(Threads, WriteFilesSideBySide) {
  const TempTree site;
  const ServerProcess server{site.path(), {"--threads", "4", "--writable"}};
  auto clients = connect_many(server.address());
  int number = 0;
  for (RawClient& client : clients) {
    const std::string name = std::to_string(number++);
    client.send("PUT /" + name + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(name.size()) + "\r\n\r\n" + name);
  }
  for (RawClient& client : clients) EXPECT_EQ(client.read_response().status, 201);
  for (int i = 0; i < kMany; ++i) EXPECT_EQ(site.read(std::to_string(i)), std::to_string(i));
}

TEST(Threads, ShareTheConnectionLimit) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--threads", "4", "--max-connections", "8"}};
  auto busy = connect_many(server.address(), 8);
  for (RawClient& client : busy) {
    client.send(
        "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_head().status, 100);  // from now on it has a place and is not idle
  }
  for (int i = 0; i < 16; ++i) EXPECT_EQ(get(server.address(), "/x").status, 503);
  for (RawClient& client : busy) {
    client.send("echo");
    EXPECT_EQ(client.read_response().body, "echo");
  }
  busy.clear();
  const auto deadline = steady_clock::now() + kPatience;
  int status = 503;
  while (status == 503 && steady_clock::now() < deadline) {
    status = get(server.address(), "/x").status;
  }
  EXPECT_EQ(status, 200) << "each place was given back";
}

TEST(Threads, CountBrokenLinksTogether) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--threads", "4", "--fail-on-404"}};
  const std::string authority = "127.0.0.1:" + std::to_string(server.port());
  for (int i = 0; i < kMany; ++i) {
    const Response response =
        ask(server.address(), "GET /missing HTTP/1.1\r\nHost: " + authority +
                                  "\r\nReferer: http://" + authority + "/page\r\n\r\n");
    EXPECT_EQ(response.status, 404);
  }
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 3);
  EXPECT_NE(server.err().find("broken link to /missing on http://" + authority + "/page\n"),
            std::string::npos)
      << server.err();
}

TEST(Threads, AreSummedUpOnATerminal) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(),
                       {.arguments = {"--threads", "4", "--log-format", "none"},
                        .output = Program::Output::kTerminal}};
  for (int i = 0; i < kMany; ++i) get(server.address(), "/x");
  for (int i = 0; i < kMany; ++i) get(server.address(), "/missing");
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 0);
  const std::string said = server.said();
  EXPECT_NE(said.find(std::to_string(2 * kMany) + " requests, "), std::string::npos) << said;
  EXPECT_NE(said.find(" " + std::to_string(kMany) + "  /missing\n"), std::string::npos) << said;
}

TEST(Threads, AllLetRunningAnswersEnd) {
  constexpr std::size_t kSize = 4u << 20;
  const TempTree site{{"big.bin", std::string(kSize, 'x')}};
  ServerProcess server{site.path(), {"--threads", "4"}};
  auto idle = connect_many(server.address());
  ask_all(idle, "/api/?");
  auto clients = connect_many(server.address(), 6, {.receive_buffer = 65536});
  for (RawClient& client : clients) {
    client.send(get_request("/big.bin"));
    EXPECT_EQ(client.read_head().status, 200);
  }
  server.signal(SIGTERM);
  for (RawClient& client : clients) {
    EXPECT_EQ(client.read_bytes(kSize), std::string(kSize, 'x'));
    EXPECT_TRUE(client.is_closed_by_server());
  }
  for (RawClient& client : idle) EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_EQ(server.wait(), 0);
}

TEST(Threads, AllEndAtOnceAtTheSecondSignal) {
  const TempTree site{{"big.bin", std::string(32u << 20, 'x')}};
  ServerProcess server{site.path(), {"--threads", "4"}};
  RawClient client{server.address(), {.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  client.read_head();
  RawClient idle{server.address()};
  idle.send(get_request("/api/"));
  EXPECT_EQ(idle.read_response().status, 200);
  server.signal(SIGTERM);
  EXPECT_TRUE(idle.is_closed_by_server()) << "the first signal was heard";
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 128 + SIGTERM);
}

TEST(Threads, AllWriteToTheLogThatWasOpenedAnew) {
  const TempTree site{{"x", "content"}};
  const TempTree logs;
  ServerProcess server{site.path(), {"--threads", "4", "--log-file", logs.path("log")}};
  auto clients = connect_many(server.address());
  ask_all(clients, "/x?before.");
  logs.rename("log", "log.1");
  server.signal(SIGHUP);
  ask_all(clients, "/x?after.");
  clients.clear();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  std::istringstream text(logs.read("log.1") + logs.read("log"));
  std::set<std::string> queries;
  int records = 0;
  for (std::string line; std::getline(text, line);) {
    const json parsed = json::parse(line);
    if (parsed.contains("event")) continue;
    ++records;
    queries.insert(parsed.at("query").get<std::string>());
  }
  EXPECT_EQ(records, 4 * kMany);
  EXPECT_EQ(queries.size(), 4u * kMany);
  EXPECT_NE(logs.read("log").find("\"stopping\""), std::string::npos);
}

TEST(Threads, NoticeThatAPortIsTaken) {
  const TempTree site{{"x", "content"}};
  const ServerProcess first{site.path(), {"--threads", "2"}};
  for (const char* threads : {"1", "2"}) {
    const Finished second =
        run_tinyserve({"--threads", threads, "--port", std::to_string(first.port()), site.path()});
    EXPECT_EQ(second.code, 1);
    EXPECT_NE(second.err.find("taken"), std::string::npos) << second.err;
  }
  EXPECT_EQ(get(first.address(), "/x").body, "content");
}

TEST(Threads, ListenOnBothLoopbackAddressesWithOnePort) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--threads", "3"}};
  for (const Address& address : {server.address(), server.address6()}) {
    auto clients = connect_many(address);
    ask_all(clients, "/x?");
  }
}

TEST(Threads, AreATellableNumber) {
  const TempTree site;
  for (const char* number : {"0", "257", "-1", "many", "1.5"}) {
    const Finished run = run_tinyserve({std::string("--threads=") + number, site.path()});
    EXPECT_EQ(run.code, 2);
    const std::string complaint =
        std::string("--threads: '") + number + "' is not a number from 1 to 256";
    EXPECT_NE(run.err.find(complaint), std::string::npos) << run.err;
  }
}

}  // namespace
}  // namespace tinyserve::test
