// A connection lives as long as both sides said, and its last answer arrives (RFC 9112 §9).
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

std::string request_of(const std::string& line, const std::string& fields = "") {
  return line + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

// Processor time of a process so far, in its own clock's ticks.
long ticks_of(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string word;
  for (int i = 0; i < 13; ++i) stat >> word;
  long user = 0;
  long system = 0;
  stat >> user >> system;
  return user + system;
}

class Persistence : public ::testing::Test {
 protected:
  TempTree site_{{"x", "content"}, {"empty", ""}, {"dir/y", "y"}};
  ServerProcess server_{site_.path()};
};

TEST_F(Persistence, FollowsTheOptionsOfTheClient) {  // §9.1
  struct Row {
    const char* version;
    const char* fields;
    const char* answered;  // the Connection field; "": none
  };
  for (const Row& row : {
           Row{"1.1", "", ""},
           Row{"1.1", "Connection: keep-alive\r\n", ""},
           Row{"1.1", "Connection: close\r\n", "close"},
           Row{"1.1", "Connection: CLOSE\r\n", "close"},
           Row{"1.1", "Connection: keep-alive, close\r\n", "close"},
           Row{"1.1", "Connection: close, keep-alive\r\n", "close"},
           Row{"1.1", "Connection: keep-alive\r\nConnection: ,x , Close\r\n", "close"},
           Row{"1.1", "Connection: closed\r\n", ""},
           Row{"1.1", "Connection: not-close\r\n", ""},
           Row{"1.1", "Connection: close;q=1\r\n", ""},
           Row{"1.1", "Connection: \"close\"\r\n", ""},
           Row{"1.2", "", ""},
           Row{"1.2", "Connection: close\r\n", "close"},
           Row{"1.0", "", "close"},
           Row{"1.0", "Connection: close\r\n", "close"},
           Row{"1.0", "Connection: keep-alive\r\n", "keep-alive"},
           Row{"1.0", "Connection: Keep-Alive\r\n", "keep-alive"},
           Row{"1.0", "Connection: x, keep-alive\r\n", "keep-alive"},
           Row{"1.0", "Connection: keep-alive, close\r\n", "close"},
           Row{"1.0", "Connection: keep-alives\r\n", "close"},
           Row{"1.0", "Keep-Alive: 300\r\n", "close"},
       }) {
    SCOPED_TRACE(row.version + " "s + row.fields);
    RawClient client{server_.address()};
    const std::string request =
        "GET /x HTTP/"s + row.version + "\r\nHost: localhost\r\n" + row.fields + "\r\n";
    client.send(request + request_of("GET /x"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.body, "content");
    EXPECT_EQ(answer.field("Connection"), row.answered);
    if (row.answered == "close"s) {
      EXPECT_EQ(client.read_until_close(), "");
    } else {
      EXPECT_EQ(client.read_response().body, "content");
    }
  }
}

struct Exchange {
  const char* request;
  int status;
};

TEST_F(Persistence, SurvivesEveryAnswerThatIsNoRefusalOfTheFraming) {  // §9.2, §14
  RawClient client{server_.address()};
  int open = 0;
  for (const auto& [request, status] : {
           Exchange{"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
           Exchange{"GET /empty HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
           Exchange{"GET /x HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\n\r\n", 206},
           Exchange{"GET /x HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1,3-4\r\n\r\n", 206},
           Exchange{"OPTIONS /x HTTP/1.1\r\nHost: localhost\r\n\r\n", 204},
           Exchange{"GET /dir HTTP/1.1\r\nHost: localhost\r\n\r\n", 301},
           Exchange{"GET /x HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: *\r\n\r\n", 304},
           Exchange{"GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
           Exchange{"GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
           Exchange{"PUT /x HTTP/1.1\r\nHost: localhost\r\n\r\n", 405},
           Exchange{"GET /x HTTP/1.1\r\nHost: localhost\r\nIf-Match: \"a\"\r\n\r\n", 412},
           Exchange{"GET /x HTTP/1.1\r\nHost: localhost\r\nRange: bytes=99-\r\n\r\n", 416},
           Exchange{"FOO /x HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
           Exchange{"POST /api/echo HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
       }) {
    client.send(request);
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, status) << request;
    EXPECT_FALSE(answer.has("Connection")) << request;
    ++open;
  }
  EXPECT_EQ(open, 14);
  client.send(request_of("HEAD /x") + request_of("GET /x"));
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_EQ(client.read_response().body, "content");
}

TEST_F(Persistence, SaysKeepAliveToHttp10WithEveryAnswer) {  // §9.1, §8.3
  RawClient client{server_.address()};
  for (const auto& [line, status] :
       {std::pair{"GET /x", 200}, std::pair{"GET /missing", 404}, std::pair{"GET /dir", 301},
        std::pair{"GET /dir/", 200}, std::pair{"PUT /x", 405}, std::pair{"OPTIONS /x", 204},
        std::pair{"GET /api/", 200}}) {
    client.send(line + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"s);
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, status) << line;
    EXPECT_EQ(answer.field("Connection"), "keep-alive") << line;
    EXPECT_FALSE(answer.has("Transfer-Encoding")) << line;
  }
}

TEST_F(Persistence, EndsWithEveryRefusal) {  // §9.2, §14
  const std::string large(70'000, 'a');
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"nonsense\r\n\r\n", 400},
           {"GET /x HTTP/1.1\r\n\r\n", 400},
           {"GET x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
           {request_of("GET /x", "X : y\r\n"), 400},
           {request_of("POST /api/echo", "Content-Length: x\r\n"), 400},
           {request_of("POST /api/echo", "Transfer-Encoding: chunked\r\n") + "x\r\n", 400},
           {request_of("POST /api/echo", "Content-Length: 67108865\r\n"), 413},
           {"GET /" + large + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 414},
           {request_of("GET /x", "Cookie: " + large + "\r\n"), 431},
           {request_of("POST /x", "Transfer-Encoding: gzip\r\n"), 501},
           {"GET /x HTTP/2.0\r\nHost: localhost\r\n\r\n", 505},
       }) {
    const std::vector<Response> answers =
        parse_responses(ask_until_close(server_.address(), request + request_of("GET /x")));
    ASSERT_EQ(answers.size(), 1u) << status;
    EXPECT_EQ(answers[0].status, status);
    EXPECT_EQ(answers[0].field("Connection"), "close") << status;
  }
}

TEST_F(Persistence, LetsTheRefusalArriveThoughAMebibyteFollows) {  // §9.6
  const std::string more(1u << 20, 'x');
  for (const auto& [request, status] : std::vector<std::pair<std::string, int>>{
           {"nonsense\r\n\r\n", 400},
           {"GET /" + std::string(20'000, 'a'), 414},
           {request_of("GET /x", "Cookie: " + std::string(40'000, 'c')), 431},
           {request_of("POST /api/echo", "Content-Length: 99999999\r\n"), 413},
           {request_of("POST /x", "Content-Length: 1048576\r\n"), 405},
           {request_of("POST /x", "Transfer-Encoding: gzip\r\n"), 501},
           {"GET /x HTTP/2.0\r\n", 505},
       }) {
    RawClient client{server_.address()};
    // A client that reads only when it has sent everything.
    client.send(request);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    client.send(more);
    const std::vector<Response> answers = parse_responses(client.read_until_close());
    ASSERT_EQ(answers.size(), 1u) << status;
    EXPECT_EQ(answers[0].status, status);
  }
}

TEST_F(Persistence, EndsForGoodTwoSecondsAfterARefusal) {  // §9.6
  RawClient client{server_.address()};
  client.send("nonsense\r\n\r\n");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(client.read_response().status, 400);
  EXPECT_TRUE(client.is_closed_by_server());
  // The FIN comes with the answer and not with the end of the two seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(1500));
  // Until then it reads on; afterwards a byte meets a reset.
  while (client.send_until_stuck("x", std::chrono::milliseconds(100)) == 1) {
    ASSERT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_GT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(500));
}

TEST_F(Persistence, EndsForGoodAfterAFewMebibytesOfRubbish) {  // §9.6
  RawClient client{server_.address()};
  client.send("nonsense\r\n\r\n");
  const std::string rubbish(64u << 20, 'x');
  EXPECT_LT(client.send_until_stuck(rubbish, std::chrono::seconds(5)), rubbish.size());
}

TEST_F(Persistence, AnswersNothingBehindACloseOrARefusal) {  // §9.3, §4.2
  const std::string x = request_of("GET /x");
  for (const std::string& last :
       {request_of("GET /x", "Connection: close\r\n"), "GET /x HTTP/1.0\r\n\r\n"s,
        "nonsense\r\n\r\n"s, request_of("POST /api/echo", "Content-Length: x\r\n")}) {
    RawClient client{server_.address()};
    client.send(x + x + last + x + x);
    EXPECT_EQ(parse_responses(client.read_until_close()).size(), 3u) << last;
  }
}

TEST_F(Persistence, DoesNotSpinWithAHalfClosedClient) {  // §9.5, §16.3
  site_.write("big", std::string(32u << 20, 'b'));
  RawClient stalled{server_.address(), RawClient::Options{.receive_buffer = 4096}};
  stalled.send(request_of("GET /big"));
  stalled.half_close();
  stalled.read_head();
  RawClient refused{server_.address()};
  refused.send("nonsense\r\n\r\n");
  refused.half_close();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const long before = ticks_of(server_.pid());
  std::this_thread::sleep_for(std::chrono::seconds(1));
  EXPECT_LT(ticks_of(server_.pid()) - before, ::sysconf(_SC_CLK_TCK) / 10);
}

TEST_F(Persistence, AnswersAllThatAHalfClosedClientHadAsked) {  // §9.5
  const std::string big(6u << 20, 'b');
  site_.write("big", big);
  RawClient client{server_.address(), RawClient::Options{.receive_buffer = 8192}};
  client.send(request_of("GET /big") + request_of("HEAD /big") +
              request_of("GET /big", "Range: bytes=0-2999999\r\n") + request_of("GET /missing") +
              request_of("GET /x"));
  client.half_close();
  EXPECT_TRUE(client.read_response().body == big);
  EXPECT_EQ(client.read_head().field("Content-Length"), std::to_string(big.size()));
  EXPECT_EQ(client.read_response().body.size(), 3'000'000u);
  EXPECT_EQ(client.read_response().status, 404);
  EXPECT_EQ(client.read_response().body, "content");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(Persistence, EndsSilentlyWithAClientThatStopsWithinAHead) {  // §9.5
  for (const char* start : {"", "\r\n", "GET", "GET /x HTTP/1.1\r\nHost: localhost\r\n"}) {
    RawClient client{server_.address()};
    client.send(start);
    client.half_close();
    EXPECT_EQ(client.read_until_close(), "") << start;
  }
}

TEST_F(Persistence, GivesTheSameAnswerAtEveryPlaceOfAPipeline) {  // §16.4, §9.3
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::vector<std::string> requests = {
      request_of("GET /x"),
      request_of("GET /missing", "Accept: text/html\r\n"),
      request_of("GET /x", "Range: bytes=2-4\r\n"),
      request_of("POST /api/echo", "Content-Length: 5\r\n") + "GET /",
      request_of("POST /api/echo", "Transfer-Encoding: chunked\r\n") + "2\r\nab\r\n0\r\n\r\n",
      request_of("GET /x", "If-None-Match: *\r\n"),
      request_of("DELETE /x", "Content-Length: 3\r\n") + "abc",
      request_of("OPTIONS *"),
      request_of("GET /dir?q"),
      request_of("GET /dir/", "Accept: application/json\r\n"),
      "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  };
  const auto described = [](const Response& answer) {
    std::string text = std::to_string(answer.status) + "\n";
    for (const auto& [name, value] : answer.fields) {
      if (name != "Date") text.append(name).append(": ").append(value).append("\n");
    }
    return text + answer.body;
  };
  std::vector<std::string> alone;
  for (const std::string& request : requests) {
    alone.push_back(described(ask(server_.address(), request)));
  }
  for (std::size_t step : {1u, 2u, 3u, 5u, 7u}) {
    RawClient client{server_.address()};
    std::string pipeline;
    for (std::size_t i = 0; i < 110; ++i) pipeline += requests[i * step % requests.size()];
    client.send(pipeline);
    for (std::size_t i = 0; i < 110; ++i) {
      ASSERT_EQ(described(client.read_response()), alone[i * step % requests.size()])
          << "step " << step << ", place " << i;
    }
  }
}

TEST_F(Persistence, HasNoDelayBetweenSmallAnswers) {  // §9.7
  RawClient client{server_.address()};
  const auto before = std::chrono::steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    client.send(request_of("GET /x"));
    ASSERT_EQ(client.read_response().body, "content");
  }
  // Each delayed acknowledgement would take 40 ms.
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
}

}  // namespace
}  // namespace tinyserve::test
