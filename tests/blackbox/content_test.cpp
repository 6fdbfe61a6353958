// The content of a request is read or the connection ends; not one byte of it is taken for a
// request (RFC 9112 §6, §9.3).
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

const std::string kHidden = get_request("/api/");  // "Hello", if it were read as a request

std::string chunked(const std::string& content) {
  std::string size;
  for (std::size_t rest = content.size(); rest > 0; rest /= 16)
    size.insert(0, 1, "0123456789abcdef"[rest % 16]);
  return size + "\r\n" + content + "\r\n0\r\n\r\n";
}

class ContentOfARequest : public ::testing::Test {
 protected:
  // `head` is a request line and fields. Its content looks like a request, and is none; behind it
  // comes one that is answered unless the connection ends.
  void expect_content_is_none_of_its_requests(const std::string& head, int status) {
    const std::string length = "Content-Length: " + std::to_string(kHidden.size()) + "\r\n\r\n";
    expect_one_answer(head + length + kHidden, status);
    expect_one_answer(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(kHidden), status);
  }

  void expect_one_answer(const std::string& request, int status) {
    SCOPED_TRACE(request);
    RawClient client{server_.address()};
    client.send(request + get_request("/x", "Connection: close\r\n"));
    const bool head = request.starts_with("HEAD");
    const Response answer = head ? client.read_head() : client.read_response();
    EXPECT_EQ(answer.status, status);
    if (answer.field("Connection") != "close") {
      EXPECT_EQ(client.read_response().body, "content");
    }
    EXPECT_EQ(client.read_until_close(), "");
  }

  TempTree site_{{"x", "content"}, {"dir/y", "y"}, {"empty", ""}};
  ServerProcess server_{site_.path()};
};

TEST_F(ContentOfARequest, IsReadWithEveryMethodAndAnswer) {  // §4.1
  struct Row {
    const char* line;
    int status;
  };
  for (const Row& row : {
           Row{"GET /x", 200},        Row{"HEAD /x", 200},      Row{"OPTIONS /x", 204},
           Row{"OPTIONS *", 204},     Row{"POST /x", 405},      Row{"PUT /x", 405},
           Row{"DELETE /x", 405},     Row{"PATCH /x", 405},     Row{"TRACE /x", 405},
           Row{"FOO /x", 501},        Row{"get /x", 501},       Row{"GET /missing", 404},
           Row{"HEAD /missing", 404}, Row{"GET /.hidden", 404}, Row{"GET /dir", 301},
           Row{"GET /dir/", 200},     Row{"GET /api/", 200},    Row{"GET /api/echo", 405},
           Row{"POST /api/", 405},    Row{"POST /api/x", 404},  Row{"OPTIONS /api/echo", 204},
           Row{"GET /..", 400},       Row{"GET /%00", 400},     Row{"POST /missing", 405},
       }) {
    const std::string head = row.line + " HTTP/1.1\r\nHost: localhost\r\n"s;
    expect_content_is_none_of_its_requests(head, row.status);
  }
}

TEST_F(ContentOfARequest, IsReadWhereConditionsOrRangesDecide) {  // §4.1
  const std::string head = "GET /x HTTP/1.1\r\nHost: localhost\r\n";
  expect_content_is_none_of_its_requests(head + "If-None-Match: *\r\n", 304);
  expect_content_is_none_of_its_requests(head + "If-Match: \"other\"\r\n", 412);
  expect_content_is_none_of_its_requests(head + "Range: bytes=0-1\r\n", 206);
  expect_content_is_none_of_its_requests(head + "Range: bytes=99-\r\n", 416);
  expect_content_is_none_of_its_requests(head + "Expect: miracles\r\n", 417);
  expect_content_is_none_of_its_requests("POST /api/echo HTTP/1.1\r\nHost: evil.example\r\n", 403);
}

TEST_F(ContentOfARequest, IsReadFromHttp10AsWell) {  // §4
  RawClient client{server_.address()};
  client.send("POST /api/echo HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: " +
              std::to_string(kHidden.size()) + "\r\n\r\n" + kHidden + "GET /x HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.read_response().body, kHidden);
  EXPECT_EQ(client.read_response().body, "content");
  EXPECT_EQ(client.read_until_close(), "");
}

TEST_F(ContentOfARequest, IsNoneWithoutAFieldThatAnnouncesIt) {  // the table of §4
  for (const char* method : {"POST", "PUT", "GET", "DELETE"}) {
    RawClient client{server_.address()};
    client.send(method + " /api/echo HTTP/1.1\r\nHost: localhost\r\n\r\n"s + get_request("/x"));
    const Response answer = client.read_response();
    EXPECT_NE(answer.status, 411) << method;
    EXPECT_EQ(client.read_response().body, "content") << method;
  }
  EXPECT_EQ(ask(server_.address(), "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n\r\n").body, "");
}

TEST_F(ContentOfARequest, IsSkippedUpTo256Kibibytes) {  // §4.1
  for (const std::size_t size : {1u, 65'536u, 262'144u}) {
    RawClient client{server_.address()};
    client.send("POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(size) +
                "\r\n\r\n" + std::string(size, 'x') + get_request("/x"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 405) << size;
    EXPECT_FALSE(answer.has("Connection")) << size;
    EXPECT_EQ(client.read_response().body, "content") << size;
  }
}

TEST_F(ContentOfARequest, BeyondThatEndsTheConnection) {  // §4.1, §9.6
  for (const char* line : {"POST /x", "GET /x", "GET /missing", "FOO /x", "GET /dir"}) {
    RawClient client{server_.address()};
    client.send(line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 262145\r\n\r\n"s);
    const Response answer = client.read_response();
    EXPECT_EQ(answer.field("Connection"), "close") << line;
    client.send_until_stuck(kHidden + kHidden, std::chrono::milliseconds(500));
    EXPECT_EQ(client.read_until_close(), "") << line;
  }
}

TEST_F(ContentOfARequest, BeyondThatEndsTheConnectionWhenItIsChunked) {  // §4.1, §9.6
  RawClient client{server_.address()};
  client.send("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
              chunked(std::string(1u << 20, 'x')) + kHidden);
  const std::vector<Response> answers = parse_responses(client.read_until_close());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 405);
  EXPECT_EQ(answers[0].field("Connection"), "close");
}

TEST_F(ContentOfARequest, EndsWhereItsLengthSays) {  // §4.3
  const std::string post =
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n";
  const auto second_after = [&](const std::string& bytes) {
    RawClient client{server_.address()};
    client.send(post + bytes);
    client.half_close();
    const std::vector<Response> answers = parse_responses(client.read_until_close());
    EXPECT_EQ(answers.at(0).body, "abc");
    return answers.size() < 2 ? 0 : answers[1].status;
  };
  EXPECT_EQ(second_after("abc" + get_request("/x")), 200);
  EXPECT_EQ(second_after("abc\r\n" + get_request("/x")), 200);
  EXPECT_EQ(second_after("abcd" + get_request("/x")), 501);
  EXPECT_EQ(second_after("abc " + get_request("/x")), 400);
  EXPECT_EQ(second_after("abc\n" + get_request("/x")), 400);
  EXPECT_EQ(second_after("abc\0"s + get_request("/x")), 400);
  EXPECT_EQ(second_after("abc"), 0);
}

TEST_F(ContentOfARequest, ThatEndsEarlyIsNotActedUpon) {  // §4.4
  for (const char* line : {"POST /api/echo", "GET /x", "POST /x", "GET /missing", "HEAD /x"}) {
    for (const char* content : {"", "a", "abcdefghi"}) {
      RawClient client{server_.address()};
      client.send(line + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"s + content);
      client.half_close();
      const Response answer = client.read_head();
      EXPECT_EQ(answer.status, 400) << line << content;
      EXPECT_EQ(answer.field("Connection"), "close") << line << content;
    }
  }
}

TEST_F(ContentOfARequest, IsFramedAsTheTableSays) {  // the table of §4
  struct Row {
    const char* fields;
    int status;
  };
  const std::vector<Row> rows = {
      {"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400},
      {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Content-Length: 3\r\nTransfer-Encoding: gzip\r\n", 400},
      {"Content-Length:\r\nTransfer-Encoding:\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked, chunked\r\n", 400},
      {"Transfer-Encoding: chunked, gzip\r\n", 400},
      {"Transfer-Encoding: chunked;q=1\r\n", 400},
      {"Transfer-Encoding: chunked;\r\n", 400},
      {"Transfer-Encoding:\r\n", 400},
      {"Transfer-Encoding: \"chunked\"\r\n", 400},
      {"Transfer-Encoding: ,chunked\r\n", 400},
      {"Transfer-Encoding: chunked,\r\n", 400},
      {"Transfer-Encoding: gzip, , chunked\r\n", 400},
      {"Transfer-Encoding: chun ked\r\n", 400},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       400},
      {"Transfer-Encoding: chunked\x80\r\n", 400},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"Transfer-Encoding: foo\r\n", 501},
      {"Transfer-Encoding: identity\r\n", 501},
      {"Transfer-Encoding: xchunked\r\n", 501},
      {"Transfer-Encoding: chunkedx\r\n", 501},
      {"Content-Length: 3\r\nContent-Length: 3\r\n", 400},
      {"Content-Length: 3, 3\r\n", 400},
      {"Content-Length: 67108865\r\n", 413},
      {"Content-Length: 9223372036854775807\r\n", 413},
      {"Content-Length: 003\r\n", 200},
  };
  for (const Row& row : rows) {
    RawClient client{server_.address()};
    client.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\n"s + row.fields + "\r\nabc" +
                kHidden);
    client.half_close();
    const std::vector<Response> answers = parse_responses(client.read_until_close());
    ASSERT_FALSE(answers.empty()) << row.fields;
    EXPECT_EQ(answers[0].status, row.status) << row.fields;
    if (row.status == 200) continue;
    EXPECT_EQ(answers.size(), 1u) << row.fields;
    EXPECT_EQ(answers[0].field("Connection"), "close") << row.fields;
  }
}

TEST_F(ContentOfARequest, ThatIsRefusedReachesNoHandler) {  // issue: done when, 4
  ask_until_close(server_.address(),
                  "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
                  "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
                      kHidden);
  EXPECT_EQ(get(server_.address(), "/x").body, "content");
  const std::vector<nlohmann::json> records = server_.wait_for_records(2);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].at("status"), 400);
  EXPECT_EQ(records[0].at("via"), "refused");
  EXPECT_EQ(records[0].at("why"), "Content-Length with Transfer-Encoding");
  EXPECT_EQ(records[1].at("path"), "/x");
}

}  // namespace
}  // namespace tinyserve::test
