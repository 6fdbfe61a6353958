// /api/delay/MS, /api/stream/N and /api/events take their time, and nobody waits for them who did
// not ask.
#include <gtest/gtest.h>

#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

std::string request_of(const std::string& method, const std::string& target) {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

// What an HTTP/1.0 client gets, for whom the end of the connection is that of the content.
Response unframed(const ServerProcess& server, const std::string& target,
                  const std::string& fields = "") {
  RawClient client{server.address()};
  client.send("GET " + target + " HTTP/1.0\r\nHost: localhost\r\n" + fields + "\r\n");
  Response answer = client.read_head();
  answer.body = client.read_until_close();
  return answer;
}

// The next chunk; empty for the last one.
std::string read_chunk(RawClient& client) {
  std::string size;
  while (!size.ends_with("\r\n")) size += client.read_bytes(1);
  const std::string chunk = client.read_bytes(std::stoul(size, nullptr, 16));
  EXPECT_EQ(client.read_bytes(2), "\r\n");
  return chunk;
}

std::vector<int> numbers_of(const std::string& lines) {
  std::vector<int> numbers;
  for (std::size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    numbers.push_back(
        nlohmann::json::parse(lines.substr(at, lines.find('\n', at) - at)).at("n").get<int>());
  }
  return numbers;
}

TEST(OrderedDelay, HoldsTheAnswerBackForAnyMethod) {
  const TempTree site;
  ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    client.send(request_of(method, "/api/delay/100"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 200) << method;
    EXPECT_EQ(nlohmann::json::parse(answer.body).at("delay_ms"), 100) << method;
  }
  for (const auto& record : server.wait_for_records(5)) {
    EXPECT_GE(record.at("ttfb_us").get<int>(), 100'000) << record;
  }
}

TEST(OrderedDelay, KeepsTheOrderOfAPipeline) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(get_request("/api/delay/50") + get_request("/api/") + get_request("/api/delay/0"));
  EXPECT_EQ(client.read_response().body, "{\n  \"delay_ms\": 50\n}\n");
  EXPECT_EQ(client.read_response().body, "Hello");
  EXPECT_EQ(client.read_response().body, "{\n  \"delay_ms\": 0\n}\n");
}

TEST(OrderedDelay, HoldsUpNobodyElse) {
  const TempTree site;
  ServerProcess server{site.path()};
  RawClient waiting{server.address()};
  waiting.send(get_request("/api/delay/60000"));
  EXPECT_EQ(get(server.address(), "/api/").body, "Hello");
  waiting.reset();
  server.wait_for_record([](const nlohmann::json& record) {
    return record.at("path") == "/api/delay/60000" && record.at("via") == "client-abort";
  });
}

TEST(PacedLines, ComeInChunksAndTheConnectionGoesOn) {
  const TempTree site;
  ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(get_request("/api/stream/3?interval=50") + get_request("/api/"));
  const Response head = client.read_head();
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(head.field("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(head.field("X-Content-Type-Options"), "nosniff");
  EXPECT_FALSE(head.has("Content-Length"));
  std::string lines;
  for (std::string chunk = read_chunk(client); !chunk.empty(); chunk = read_chunk(client)) {
    lines += chunk;
  }
  EXPECT_GE(server.wait_for_records(1).at(0).at("dur_us").get<int>(), 100'000);
  EXPECT_EQ(numbers_of(lines), (std::vector{1, 2, 3}));
  EXPECT_EQ(client.read_response().body, "Hello");
}

TEST(PacedLines, EndWithTheConnectionForAnOlderClient) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer = unframed(server, "/api/stream/3?interval=1");
  EXPECT_FALSE(answer.has("Transfer-Encoding"));
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(numbers_of(answer.body), (std::vector{1, 2, 3}));
}

TEST(PacedLines, ComeInAnyNumber) {
  const TempTree site;
  const ServerProcess server{site.path()};
  EXPECT_EQ(unframed(server, "/api/stream/0").body, "");
  EXPECT_EQ(numbers_of(unframed(server, "/api/stream/10000?interval=0").body).size(), 10'000U);
  EXPECT_EQ(get(server.address(), "/api/stream/10001").status, 400);
}

TEST(PacedLines, AreNotSentForHead) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(request_of("HEAD", "/api/stream/3") + get_request("/api/"));
  EXPECT_EQ(client.read_head().field("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(client.read_response().body, "Hello");
}

TEST(PacedEvents, AreNumberedBehindThoseThatWereReceived) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer =
      unframed(server, "/api/events?count=4&interval=10", "Last-Event-ID: 2\r\n");
  EXPECT_EQ(answer.field("Content-Type"), "text/event-stream");
  EXPECT_EQ(answer.field("Cache-Control"), "no-store");
  EXPECT_EQ(answer.body.substr(0, 38), "id: 3\nevent: tick\ndata: {\"n\":3,\"time\":");
  EXPECT_NE(answer.body.find("\n\nid: 4\nevent: tick\n"), std::string::npos) << answer.body;
  EXPECT_EQ(answer.body.substr(answer.body.size() - 3), "}\n\n");
  EXPECT_EQ(unframed(server, "/api/events?count=4", "Last-Event-ID: 4\r\n").status, 204);
}

TEST(PacedEvents, ComeAtOnceAndEndWithTheServer) {
  const TempTree site;
  ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(get_request("/api/events?interval=60000"));
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_EQ(read_chunk(client).substr(0, 6), "id: 1\n");
  server.signal(SIGTERM);
  EXPECT_EQ(client.read_until_gone(), "");  // no last chunk: it is seen to be cut off
  EXPECT_EQ(server.wait(), 0);
}

TEST(PacedEvents, EndWithTheClient) {
  const TempTree site;
  ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(get_request("/api/events?interval=60000"));
  client.read_head();
  read_chunk(client);
  client.reset();
  const auto record = server.wait_for_records(1).at(0);
  EXPECT_EQ(record.at("status"), 200);
  EXPECT_EQ(record.at("via"), "client-abort");
}

}  // namespace
}  // namespace tinyserve::test
