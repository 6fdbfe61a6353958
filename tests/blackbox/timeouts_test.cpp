// Nobody holds a place by being slow: deadlines are absolute where a drip could extend them.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Timeouts, AnswerAHeadThatDoesNotEndWith408) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--header-timeout", "1"}};
  RawClient client{server.address()};
  const auto before = steady_clock::now();
  client.send("GET /x HTTP/1.1\r\nHost: localhost\r\n");
  const Response answer = client.read_response();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_GE(steady_clock::now() - before, milliseconds(900));
}

TEST(Timeouts, AreNotExtendedByADrip) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--header-timeout", "1"}};
  RawClient client{server.address()};
  const auto before = steady_clock::now();
  client.send("GET /x HTTP/1.1\r\nHost: localhost\r\nX: ");
  while (client.stays_silent(milliseconds(100)) && steady_clock::now() - before < kPatience) {
    client.send_until_stuck("a", milliseconds(1000));
  }
  EXPECT_EQ(client.read_response().status, 408);
  EXPECT_LT(steady_clock::now() - before, milliseconds(10'000));
}

TEST(Timeouts, CountFromTheFirstByteOfEachRequest) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--header-timeout", "1"}};
  RawClient client{server.address()};
  for (int i = 0; i < 3; ++i) {
    client.send(get_request("/x"));
    EXPECT_EQ(client.read_response().body, "content");
    // Longer than the header timeout in all: idling is not a request that is late.
    std::this_thread::sleep_for(milliseconds(600));
  }
  client.send("GET");
  EXPECT_EQ(client.read_response().status, 408);
}

TEST(Timeouts, ApplyToAHeadBehindAPipelinedOne) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--header-timeout", "1"}};
  RawClient client{server.address()};
  client.send(get_request("/x") + "GET /x HT");
  EXPECT_EQ(client.read_response().body, "content");
  EXPECT_EQ(client.read_response().status, 408);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(Timeouts, DoNotHoldOthersUp) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  std::vector<RawClient> halves;
  for (int i = 0; i < 200; ++i) {
    halves.emplace_back(server.address());
    if (i % 2 == 0) halves.back().send("GET /x HTTP/1.1\r\nHo");
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(get(server.address(), "/x").body, "content");
  for (int i = 0; i < 200; i += 2) {
    halves[static_cast<std::size_t>(i)].send("st: localhost\r\n\r\n");
    EXPECT_EQ(halves[static_cast<std::size_t>(i)].read_response().body, "content");
  }
}

}  // namespace
}  // namespace tinyserve::test
