// Whoever asks whether to send content is told at once: yes with 100, no with the final answer
// (RFC 9110 §10.1.1).
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

constexpr const char* kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string asking(const std::string& line, const std::string& fields) {
  return line + " HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n" + fields + "\r\n";
}

class Expect : public ::testing::Test {
 protected:
  TempTree site_{{"x", "content"}, {"dir/y", "y"}};
  ServerProcess server_{site_.path()};
};

TEST_F(Expect, IsMetBeforeTheContentIsSent) {  // §6.1
  for (const char* value : {"100-continue", "100-Continue", "100-CONTINUE", " \t100-continue\t ",
                            ",100-continue,", "100-continue, 100-continue"}) {
    RawClient client{server_.address()};
    client.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nExpect: "s + value +
                "\r\nContent-Length: 5\r\n\r\n");
    EXPECT_EQ(client.read_bytes(std::string(kContinue).size()), kContinue) << value;
    EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(20)));
    client.send("hello");
    EXPECT_EQ(client.read_response().body, "hello") << value;
    client.send(get_request("/x"));
    EXPECT_EQ(client.read_response().body, "content") << value;
  }
}

TEST_F(Expect, IsMetForChunkedContent) {  // §6.1
  RawClient client{server_.address()};
  client.send(asking("POST /api/echo", "Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(client.read_bytes(std::string(kContinue).size()), kContinue);
  client.send("5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_response().body, "hello");
}

TEST_F(Expect, IsMetOnceForContentThatComesInPieces) {  // §6.1
  RawClient client{server_.address()};
  client.send(asking("POST /api/echo", "Content-Length: 5\r\n"));
  EXPECT_EQ(client.read_head().status, 100);
  client.send("he");
  EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(30)));
  client.send("llo");
  const Response answer = client.read_response();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
}

TEST_F(Expect, MayGoUnansweredWhenTheContentIsThere) {  // §6.1
  RawClient client{server_.address()};
  client.send(asking("POST /api/echo", "Content-Length: 5\r\n") + "hello");
  Response answer = client.read_response();
  if (answer.status == 100) answer = client.read_response();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
}

TEST_F(Expect, IsMetInItsTurn) {  // §9.3
  RawClient client{server_.address()};
  client.send(get_request("/x") + asking("POST /api/echo", "Content-Length: 5\r\n"));
  EXPECT_EQ(client.read_response().body, "content");
  EXPECT_EQ(client.read_head().status, 100);
  client.send("hello" + get_request("/x"));
  EXPECT_EQ(client.read_response().body, "hello");
  EXPECT_EQ(client.read_response().body, "content");
}

TEST_F(Expect, IsNeverMetTowardsHttp10) {  // §6.2
  RawClient client{server_.address()};
  client.send("POST /api/echo HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(100)));
  client.send("hello");
  const std::vector<Response> answers = parse_responses(client.read_until_close());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 200);
  EXPECT_EQ(answers[0].body, "hello");
}

TEST_F(Expect, OfAnythingElseFails) {  // §6.3
  for (const char* lines :
       {"Expect: 200-ok\r\n", "Expect: 100-continue, miracles\r\n", "Expect: 100-continue=1\r\n",
        "Expect: 100-continue;a=b\r\n", "Expect: \"100-continue\"\r\n", "Expect: 100\r\n",
        "Expect: 100-continuex\r\n", "Expect: 100-continue\r\nExpect: miracles\r\n"}) {
    RawClient client{server_.address()};
    client.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"s + lines +
                "\r\n");
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 417) << lines;
    if (answer.field("Connection") == "close") {
      EXPECT_EQ(client.read_until_close(), "") << lines;
    } else {
      client.send("hello" + get_request("/x"));
      EXPECT_EQ(client.read_response().body, "content") << lines;
    }
  }
}

TEST_F(Expect, IsIgnoredWhereNoContentIsAnnounced) {  // §6.4
  for (const char* request : {
           "GET /x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\r\n",
           "GET /x HTTP/1.1\r\nHost: localhost\r\nExpect:\r\n\r\n",
           "GET /x HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
           "Content-Length: 0\r\n\r\n",
       }) {
    RawClient client{server_.address()};
    client.send(request);
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 200) << request;
    EXPECT_EQ(answer.body, "content") << request;
    EXPECT_FALSE(answer.has("Connection")) << request;
  }
}

TEST_F(Expect, IsDeniedByTheFinalAnswerWhereTheContentIsNotWanted) {  // §6.1
  struct Row {
    const char* line;
    int status;
  };
  for (const Row& row :
       {Row{"POST /x", 405}, Row{"PUT /x", 405}, Row{"POST /missing", 405}, Row{"POST /api/", 405},
        Row{"POST /api/other", 404}, Row{"DELETE /api/echo", 405}, Row{"FOO /x", 501},
        Row{"GET /x", 200}, Row{"GET /missing", 404}, Row{"GET /dir", 301}}) {
    RawClient client{server_.address()};
    client.send(asking(row.line, "Content-Length: 44\r\n"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, row.status) << row.line;
    EXPECT_EQ(answer.field("Connection"), "close") << row.line;
    // The content comes nevertheless, and looks like a request.
    client.send_until_stuck(get_request("/api/"), std::chrono::milliseconds(500));
    EXPECT_EQ(client.read_until_close(), "") << row.line;
  }
}

TEST_F(Expect, IsDeniedToAForeigner) {  // §3.2, §6.1
  RawClient client{server_.address()};
  client.send(
      "POST /api/echo HTTP/1.1\r\nHost: evil.example\r\nExpect: 100-continue\r\n"
      "Content-Length: 5\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 403);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(Expect, IsDeniedWhereTheContentIsTooLarge) {  // §6.1
  RawClient client{server_.address()};
  client.send(asking("POST /api/echo", "Content-Length: 67108865\r\n"));
  const Response answer = client.read_response();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(Expect, IsDeniedWhereTheFramingIsDoubtful) {  // §4
  for (const char* lines :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: +5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n"}) {
    RawClient client{server_.address()};
    client.send(asking("POST /api/echo", lines));
    EXPECT_EQ(client.read_response().status, 400) << lines;
    EXPECT_TRUE(client.is_closed_by_server()) << lines;
  }
}

}  // namespace
}  // namespace tinyserve::test
