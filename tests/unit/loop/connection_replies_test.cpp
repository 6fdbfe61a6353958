// A Connection that answers from the head alone, driven by hand over a socketpair.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "loop/connection.h"
#include "support/connection_bench.h"
#include "support/response.h"

namespace tinyserve::loop {
namespace {

using http::State;
using test::Bench;
using test::BenchServer;

std::string hello(std::string_view fields = "", std::string_view version = "1.1") {
  return "GET /api/ HTTP/" + std::string(version) + "\r\nHost: localhost\r\n" +
         std::string(fields) + "\r\n";
}
std::string echo(std::string_view content, std::string_view fields = "",
                 std::string_view version = "1.1") {
  return "POST /api/echo HTTP/" + std::string(version) +
         "\r\nHost: localhost\r\nContent-Length: " + std::to_string(content.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(content);
}

std::vector<std::string> bodies(std::string_view text) {
  std::vector<std::string> all;
  for (const test::Response& response : test::parse_responses(text)) all.push_back(response.body);
  return all;
}
using Bodies = std::vector<std::string>;

struct Served {
  std::shared_ptr<BenchServer> server;

  explicit Served(const Config& config = {})
      : server(std::make_shared<BenchServer>(config, test::TempTree::kTemporary)) {}

  [[nodiscard]] bool knows(const std::string& request) const {
    loop::Services& services = server->services();
    return services.router.recognize(request, services.now).request != nullptr;
  }
  // What a new client is answered that says this, and whether the connection ends.
  std::string answer_to(const std::string& said, bool* ended = nullptr) const {
    Bench client(server);
    std::string text = client.converse(said);
    if (ended != nullptr) *ended = client.ended();
    return text;
  }
  // Until it is known.
  void teach(const std::string& request) const {
    for (int i = 0; i < 2; ++i) static_cast<void>(answer_to(request));
    EXPECT_TRUE(knows(request)) << request;
  }
};

TEST(ConnectionReplies, AreThoseOfTheLongWay) {
  for (const std::string version : {"1.0", "1.1"}) {
    for (const std::string fields :
         {"", "Connection: close\r\n", "Connection: keep-alive\r\n", "Origin: http://a.test\r\n"}) {
      for (const std::string& request :
           {hello(fields, version), echo("ping", fields, version), echo("", fields, version),
            echo(std::string(2000, 'x'), fields, version)}) {
        const Served served;
        bool ends = false;
        const std::string first = served.answer_to(request, &ends);
        EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n"));
        served.teach(request);
        for (int i = 0; i < 2; ++i) {
          bool ended = false;
          EXPECT_EQ(served.answer_to(request, &ended), first) << request;
          EXPECT_EQ(ended, ends) << request;
        }
        const auto records = served.server->records();
        ASSERT_EQ(records.size(), 5U);
        for (const char* const key :
             {"method", "path", "query", "proto", "host", "status", "bytes", "body_in", "via"}) {
          EXPECT_EQ(records[0].at(key), records[4].at(key)) << key << " of " << request;
        }
      }
    }
  }
}

TEST(ConnectionReplies, HaveTheContentOfEachRequest) {
  const Served served;
  served.teach(echo("ping"));
  Bench client(served.server);
  EXPECT_EQ(bodies(client.converse(echo("pong"))), Bodies{"pong"});
  EXPECT_EQ(bodies(client.converse(echo("1234"))), Bodies{"1234"});
  EXPECT_EQ(bodies(client.converse(echo("12345"))), Bodies{"12345"});
  EXPECT_EQ(client.state(), State::kIdle);
}

TEST(ConnectionReplies, ComeInOrderWhenTheyArePipelined) {
  const Served served;
  served.teach(echo("ping"));
  served.teach(hello());
  Bench client(served.server);
  const std::string said = echo("1111") + hello() + echo("2222") + echo("three") + echo("4444") +
                           hello("X: y\r\n") + echo("5555");
  EXPECT_EQ(bodies(client.converse(said)),
            (Bodies{"1111", "Hello", "2222", "three", "4444", "Hello", "5555"}));
  EXPECT_EQ(client.state(), State::kIdle);
  const auto records = served.server->records();
  for (std::size_t i = 4; i < records.size(); ++i) {
    const bool is_echo = records[i].at("path") == "/api/echo";
    EXPECT_EQ(records[i].at("body_in"), is_echo ? records[i].at("bytes") : nlohmann::json(0)) << i;
  }
}

TEST(ConnectionReplies, DoNotDependOnWhereTheSegmentsEnd) {
  const Served served;
  served.teach(echo("ping"));
  const std::string said = echo("pong") + echo("4321");
  for (std::size_t cut = 1; cut < said.size(); ++cut) {
    Bench client(served.server);
    std::string text = client.converse(said.substr(0, cut));
    text += client.converse(said.substr(cut));
    EXPECT_EQ(bodies(text), (Bodies{"pong", "4321"})) << cut;
  }
}

TEST(ConnectionReplies, LeaveWholeThroughANarrowSocket) {
  const Served served;
  const std::string content(2000, 'x');
  served.teach(echo(content));
  Bench client(served.server);
  // More than the kernel takes, so that one of them is cut.
  std::string said;
  for (int i = 0; i < 60; ++i) said += echo(content);
  const auto answers = bodies(client.converse(said));
  ASSERT_EQ(answers.size(), 60U);
  for (const std::string& body : answers) EXPECT_TRUE(body == content);
  // Each by itself, and nobody reads.
  Bench slow(served.server);
  for (int i = 0; i < 30 && slow.state() != State::kSend; ++i) slow.say(echo(content));
  EXPECT_EQ(slow.state(), State::kSend);
  for (const std::string& body : bodies(slow.settle())) EXPECT_TRUE(body == content);
  EXPECT_EQ(slow.state(), State::kIdle);
}

TEST(ConnectionReplies, ArePermittedToTheOriginThatAsks) {
  Config config;
  config.handlers.cors_origins = {"http://a.test", "http://b.test"};
  config.handlers.headers = {{"X-Ours", "yes"}};
  const Served served(config);
  for (const std::string origin : {"http://a.test", "http://b.test", "http://c.test"}) {
    const std::string request = echo("ping", "Origin: " + origin + "\r\n");
    const std::string first = served.answer_to(request);
    served.teach(request);
    EXPECT_EQ(served.answer_to(request), first);
    const test::Response answer = test::parse_responses(first).at(0);
    EXPECT_EQ(answer.field("Access-Control-Allow-Origin"), origin == "http://c.test" ? "" : origin);
    EXPECT_EQ(answer.field("X-Ours"), "yes");
  }
}

TEST(ConnectionReplies, AreNotForThoseWhoMayNotAsk) {
  Config config;
  config.handlers.allowed_hosts = {"a.test"};
  const Served served(config);
  const std::string foreign = "GET /api/ HTTP/1.1\r\nHost: b.test\r\n\r\n";
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(test::parse_responses(served.answer_to(foreign)).at(0).status, 403);
  }
  EXPECT_FALSE(served.knows(foreign));
}

TEST(ConnectionReplies, EndConnectionsThatAreNotKept) {
  Config config;
  config.timeouts.keep_alive_ms = 0;
  const Served served(config);
  served.teach(echo("ping"));
  bool ended = false;
  const auto answers = test::parse_responses(served.answer_to(echo("pong"), &ended));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_EQ(answers[0].body, "pong");
  EXPECT_TRUE(ended);
}

TEST(ConnectionReplies, HaveTheDateOfTheirTime) {
  const Served served;
  served.teach(hello());
  served.teach(echo("ping"));
  served.server->at(1000);
  served.server->services().date = "Sun, 06 Nov 1994 08:49:38 GMT";
  for (const std::string& request : {hello(), echo("ping")}) {
    const std::string text = served.answer_to(request);
    EXPECT_NE(text.find("Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace tinyserve::loop
