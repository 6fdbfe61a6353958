// The first signal lets running answers end, the second one ends everything; neither prints
// anything that alarms.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <thread>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void expect_calm(const ServerProcess& server) {
  for (const char* word :
       {"error", "Error", "fail", "abort", "terminate", "warning", "Sanitizer"}) {
    EXPECT_EQ(server.err().find(word), std::string::npos) << server.err();
  }
}

bool is_accepting(const ServerProcess& server) {
  try {
    const RawClient client{server.address()};
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

void wait_until_stopping(ServerProcess& server) {
  const auto deadline = steady_clock::now() + kPatience;
  while (is_accepting(server) && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  ASSERT_FALSE(is_accepting(server));
}

TEST(Shutdown, EndsWellAtEitherSignal) {
  const TempTree site{{"x", "content"}};
  for (const int number : {SIGINT, SIGTERM}) {
    ServerProcess server{site.path()};
    EXPECT_EQ(get(server.address(), "/x").body, "content");
    server.signal(number);
    EXPECT_EQ(server.wait(), 0);
    expect_calm(server);
    const std::string last = server.log_lines().back();
    EXPECT_EQ(nlohmann::json::parse(last).at("event"), "stopping");
  }
}

TEST(Shutdown, EndsRightAfterTheStart) {
  const TempTree site;
  ServerProcess server{site.path()};
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

TEST(Shutdown, ClosesIdleConnectionsAtOnce) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  RawClient used{server.address()};
  used.send(get_request("/x"));
  used.read_response();
  RawClient silent{server.address()};
  // A request on a third connection: by then the silent one has been accepted.
  get(server.address(), "/x");
  const auto before = steady_clock::now();
  server.signal(SIGTERM);
  EXPECT_TRUE(used.is_closed_by_server());
  EXPECT_TRUE(silent.is_closed_by_server());
  EXPECT_EQ(server.wait(), 0);
  EXPECT_LT(steady_clock::now() - before, milliseconds(1500));
}

TEST(Shutdown, FinishesTheDownloadInProgress) {
  const TempTree site{{"big.bin", std::string(16u << 20, 'x')}};
  ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 65536}};
  client.send(get_request("/big.bin"));
  client.read_head();
  server.signal(SIGTERM);
  EXPECT_EQ(client.read_bytes(16u << 20), std::string(16u << 20, 'x'));
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_EQ(server.wait(), 0);
  expect_calm(server);
}

TEST(Shutdown, AcceptsNobodyWhileTheLastAnswersRun) {
  const TempTree site{{"big.bin", std::string(32u << 20, 'x')}};
  ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  client.read_head();
  server.signal(SIGTERM);
  wait_until_stopping(server);
  EXPECT_TRUE(server.is_running());
  client.close();
  EXPECT_EQ(server.wait(), 0);
}

TEST(Shutdown, WaitsForNobodyLongerThanAFewSeconds) {
  const TempTree site{{"big.bin", std::string(32u << 20, 'x')}};
  ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  client.read_head();
  const auto before = steady_clock::now();
  server.signal(SIGINT);
  EXPECT_EQ(server.wait(), 0);
  const auto took = steady_clock::now() - before;
  EXPECT_GE(took, milliseconds(1500));
  EXPECT_LT(took, milliseconds(12'000));
}

TEST(Shutdown, IsImmediateAtTheSecondSignal) {
  const TempTree site{{"big.bin", std::string(32u << 20, 'x')}};
  for (const int number : {SIGINT, SIGTERM}) {
    ServerProcess server{site.path()};
    RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
    client.send(get_request("/big.bin"));
    client.read_head();
    server.signal(number);
    wait_until_stopping(server);
    server.signal(number);
    EXPECT_EQ(server.wait(), 128 + number);
  }
}

TEST(Shutdown, WaitsForNoOneWhoReadsTheLog) {
  const TempTree site{{"x", "content"}};
  const ServerProcess::Options options{.output = Program::Output::kUnread};
  ServerProcess server{site.path(), options};
  const std::string agent = "User-Agent: " + std::string(1900, 'u') + "\r\n";
  for (int i = 0; i < 200; ++i) get(server.address(), "/x", agent);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

}  // namespace
}  // namespace tinyserve::test
