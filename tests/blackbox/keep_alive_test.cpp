// A connection stays open or ends exactly as HTTP/1.1 and HTTP/1.0 define it (RFC 9112 §9.3).
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

constexpr const char* kNext = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

void expect_kept(const ServerProcess& server, const std::string& request) {
  SCOPED_TRACE(request);
  RawClient client{server.address()};
  client.send(request);
  EXPECT_NE(client.read_response().field("Connection"), "close");
  client.send(kNext);
  EXPECT_EQ(client.read_response().body, "content");
}

void expect_closed(const ServerProcess& server, const std::string& request) {
  SCOPED_TRACE(request);
  RawClient client{server.address()};
  client.send(request + kNext);
  const Response answer = client.read_response();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(KeepAlive, IsTheRuleInHttp11) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (int i = 0; i < 100; ++i) {
    client.send(kNext);
    const Response answer = client.read_response();
    EXPECT_EQ(answer.body, "content");
    EXPECT_FALSE(answer.has("Connection"));
  }
}

TEST(KeepAlive, EndsWhenTheClientSaysClose) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const char* fields : {
           "Connection: close\r\n",
           "Connection: CLOSE\r\n",
           "connection:close\r\n",
           "Connection: keep-alive, close\r\n",
           "Connection: close, keep-alive\r\n",
           "Connection: ,, \tclose ,\r\n",
           "Connection: keep-alive\r\nConnection: close\r\n",
           "Connection: close\r\nConnection: keep-alive\r\n",
           "Connection: foo,bar\r\nX: y\r\nConnection: baz,Close\r\n",
       }) {
    expect_closed(server, get_request("/x", fields));
  }
}

TEST(KeepAlive, ComparesTokensAndNotSubstrings) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const char* fields : {
           "Connection: closed\r\n",
           "Connection: not-close\r\n",
           "Connection: close-not\r\n",
           "Connection: \"close\"\r\n",
           "Connection: keep-alive\r\n",
           "Connection: upgrade\r\nUpgrade: websocket\r\n",
           "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n",
           "Connection:\r\n",
           "X-Connection: close\r\n",
           "Proxy-Connection: close\r\n",
       }) {
    expect_kept(server, get_request("/x", fields));
  }
}

TEST(KeepAlive, IsTheExceptionInHttp10) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  expect_closed(server, "GET /x HTTP/1.0\r\n\r\n");
  expect_closed(server, "GET /x HTTP/1.0\r\nHost: localhost\r\n\r\n");
  expect_closed(server, "GET /x HTTP/1.0\r\nConnection: close\r\n\r\n");
  expect_closed(server, "GET /x HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n");
  expect_closed(server, "GET /x HTTP/1.0\r\nConnection: keep-alivex\r\n\r\n");
}

TEST(KeepAlive, IsConfirmedToAnHttp10ClientThatAsks) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (const char* option : {"keep-alive", "Keep-Alive", "foo, KEEP-ALIVE"}) {
    client.send("GET /x HTTP/1.0\r\nConnection: " + std::string(option) + "\r\n\r\n");
    const Response answer = client.read_response();
    EXPECT_EQ(answer.body, "content");
    EXPECT_EQ(answer.field("Connection"), "keep-alive");
  }
}

TEST(KeepAlive, TreatsAHigherMinorVersionAsHttp11) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  expect_kept(server, "GET /x HTTP/1.2\r\nHost: localhost\r\n\r\n");
  expect_kept(server, "GET /x HTTP/1.9\r\nHost: localhost\r\n\r\n");
}

TEST(KeepAlive, SurvivesEveryAnswerThatDoesNotSayClose) {
  const TempTree site{{"x", "content"}, {"empty", ""}, {"dir/y", "y"}};
  const ServerProcess server{site.path()};
  for (const char* request : {
           "GET /empty HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /dir HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /dir/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /.hidden HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n",
           "DELETE /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
           "POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
           "POST /missing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
           "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
           "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
           "GET /missing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
           "OPTIONS /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
       }) {
    SCOPED_TRACE(request);
    RawClient client{server.address()};
    client.send(request);
    const Response answer = client.read_response();
    if (answer.field("Connection") == "close") {
      EXPECT_TRUE(client.is_closed_by_server());
      continue;
    }
    client.send(kNext);
    EXPECT_EQ(client.read_response().body, "content");
  }
}

TEST(KeepAlive, SurvivesAHead) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_head().field("Content-Length"), "7");
  client.send(kNext);
  EXPECT_EQ(client.read_response().body, "content");
}

TEST(KeepAlive, NeverReadsSkippedContentAsARequest) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  const std::string content = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const char* start : {"GET /x", "GET /missing", "DELETE /x", "POST /x", "GET /api/"}) {
    SCOPED_TRACE(start);
    RawClient client{server.address()};
    client.send(std::string(start) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(content.size()) + "\r\n\r\n" + content +
                "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::vector<Response> answers = parse_responses(client.read_until_close());
    ASSERT_FALSE(answers.empty());
    if (answers.front().field("Connection") == "close") {
      EXPECT_EQ(answers.size(), 1u);
    } else {
      ASSERT_EQ(answers.size(), 2u);
      EXPECT_EQ(answers.back().body, "content");
    }
  }
}

TEST(KeepAlive, EndsWhereTooMuchContentWouldHaveToBeSkipped) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send("GET /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n");
  client.send(std::string(1'000'000, 'a'));
  const Response answer = client.read_response();
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(KeepAlive, IsRefusedWithATimeoutOfZero) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--keep-alive-timeout", "0"}};
  expect_closed(server, get_request("/x"));
  expect_closed(server, get_request("/x", "Connection: keep-alive\r\n"));
  expect_closed(server, "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
}

TEST(KeepAlive, EndsSilentlyAfterTheTimeout) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--keep-alive-timeout", "1"}};
  RawClient client{server.address()};
  client.send(kNext);
  client.read_response();
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.is_closed_by_server());
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(900));
}

TEST(KeepAlive, IsRenewedByEveryRequest) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--keep-alive-timeout", "2"}};
  RawClient client{server.address()};
  for (int i = 0; i < 4; ++i) {
    client.send(kNext);
    EXPECT_EQ(client.read_response().body, "content");
    EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(900)));
  }
}

}  // namespace
}  // namespace tinyserve::test
