// Any number of requests may arrive in one read or in many; every answer comes, complete and in
// order (RFC 9112 §9.3.2).
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

std::string thousand_gets(const TempTree& site) {
  std::string requests;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i) + ".txt";
    site.write(name, "content of " + name);
    requests += get_request("/" + name);
  }
  return requests;
}

void expect_thousand(RawClient& client) {
  for (int i = 0; i < 1000; ++i) {
    const Response answer = client.read_response();
    ASSERT_EQ(answer.status, 200);
    ASSERT_EQ(answer.body, "content of " + std::to_string(i) + ".txt");
  }
}

std::size_t resident_bytes(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

TEST(Pipelining, AnswersAThousandGetsOfOneWrite) {
  const TempTree site;
  const std::string requests = thousand_gets(site);
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(requests);
  expect_thousand(client);
  EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(50)));
}

TEST(Pipelining, AnswersAThousandGetsSentByteByByte) {
  const TempTree site;
  const std::string requests = thousand_gets(site);
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  const std::jthread writer([&] { client.send_bytewise(requests); });
  expect_thousand(client);
}

TEST(Pipelining, AnswersAThousandGetsOfAClientThatHasFinishedSpeaking) {
  const TempTree site;
  const std::string requests = thousand_gets(site);
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(requests);
  client.half_close();
  expect_thousand(client);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(Pipelining, MixesMethodsAndResultsInOrder) {
  const TempTree site{{"x", "content"}, {"dir/y", "y"}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  std::string requests;
  constexpr int kRounds = 100;
  for (int i = 0; i < kRounds; ++i) {
    requests +=
        "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nGET /"
        "GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "\r\n"
        "GET /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "GET /dir HTTP/1.1\r\nHost: localhost\r\n\r\n"
        "GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n"
        "DELETE /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  client.send(requests);
  for (int i = 0; i < kRounds; ++i) {
    ASSERT_EQ(client.read_response().body, "content");
    ASSERT_EQ(client.read_head().field("Content-Length"), "7");
    ASSERT_EQ(client.read_response().body, "GET /");
    ASSERT_EQ(client.read_response().status, 404);
    ASSERT_EQ(client.read_response().body, "Hello");
    ASSERT_EQ(client.read_response().status, 301);
    ASSERT_EQ(client.read_response().status, 403);
    ASSERT_EQ(client.read_response().status, 405);
  }
}

TEST(Pipelining, DoesNotDependOnWhereTheSegmentsEnd) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  const std::string requests =
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n\r\n\r\n"
      "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
  RawClient client{server.address()};
  for (std::size_t cut = 1; cut < requests.size(); ++cut) {
    client.send(std::string_view(requests).substr(0, cut));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.send(std::string_view(requests).substr(cut));
    ASSERT_EQ(client.read_response().body, "\r\n\r\n") << "cut at " << cut;
    ASSERT_EQ(client.read_response().body, "content") << "cut at " << cut;
  }
}

TEST(Pipelining, AnswersNothingBehindAClose) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  const std::string answers = ask_until_close(
      server.address(), get_request("/x") + get_request("/x", "Connection: close\r\n") +
                            get_request("/x") + get_request("/x"));
  EXPECT_EQ(parse_responses(answers).size(), 2u);
}

TEST(Pipelining, AnswersWhatCameBeforeABadRequestAndNothingBehindIt) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  const std::string text = ask_until_close(
      server.address(), get_request("/x") + get_request("/x") + "BAD\r\n\r\n" + get_request("/x"));
  const std::vector<Response> answers = parse_responses(text);
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].body, "content");
  EXPECT_EQ(answers[1].body, "content");
  EXPECT_EQ(answers[2].status, 400);
  EXPECT_EQ(answers[2].field("Connection"), "close");
}

TEST(Pipelining, TakesAStrayByteBehindContentAsTheNextRequest) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  const std::string text = ask_until_close(
      server.address(),
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabcd" +
          get_request("/x", "Connection: close\r\n"));
  const std::vector<Response> answers = parse_responses(text);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].body, "abc");
  // "dGET" is a well-formed method that nobody knows.
  EXPECT_EQ(answers[1].status, 501);
}

TEST(Pipelining, StopsReadingFromAClientThatDoesNotRead) {
  const TempTree site{{"x.bin", std::string(20'000, 'x')}};
  const ServerProcess server{site.path()};
  const std::size_t before = resident_bytes(server.pid());
  std::string requests;
  while (requests.size() < (48u << 20)) requests += get_request("/x.bin");
  RawClient rude{server.address(), RawClient::Options{.receive_buffer = 4096}};
  const std::size_t sent = rude.send_until_stuck(requests, std::chrono::milliseconds(500));
  EXPECT_LT(sent, requests.size());
  EXPECT_EQ(get(server.address(), "/x.bin").body.size(), 20'000u);
  EXPECT_LT(resident_bytes(server.pid()), before + (32u << 20));
}

TEST(Pipelining, AnswersALongQueueWhoseReaderIsLate) {
  const TempTree site{{"x.bin", std::string(50'000, 'x')}};
  const ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += get_request("/x.bin");
  client.send(requests);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.read_response().body.size(), 50'000u);
}

TEST(Pipelining, KeepsWhatIsBehindARequestThatAWorkerAnswers) {
  const TempTree site{{"x", "content"}};
  for (int i = 0; i < 1000; ++i) site.write("dir/" + std::to_string(i), "");  // a long listing
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  RawClient other{server.address()};
  client.send(get_request("/dir/") + get_request("/x"));
  // Comes into the buffer that those were received in.
  other.send(get_request("/y", "X: " + std::string(1000, 'y') + "\r\n"));
  EXPECT_EQ(other.read_response().status, 404);
  EXPECT_EQ(client.read_response().status, 200);
  EXPECT_EQ(client.read_response().body, "content");
}

}  // namespace
}  // namespace tinyserve::test
