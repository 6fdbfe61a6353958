// Each kind of target answers each method as it should, and a HEAD is the GET without its content
// (RFC 9110 §9).
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

std::string request_of(const std::string& method, const std::string& target,
                       const std::string& fields = "") {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}

class Methods : public ::testing::Test {
 protected:
  // The answer, which must leave the connection as it says.
  Response answer_of(const std::string& method, const std::string& target) {
    SCOPED_TRACE(method + " " + target);
    RawClient client{server_.address()};
    client.send(request_of(method, target));
    const Response answer = method == "HEAD" ? client.read_head() : client.read_response();
    if (answer.field("Connection") == "close") {
      EXPECT_EQ(client.read_until_close(), "");
    } else {
      client.send(get_request("/file.txt"));
      EXPECT_EQ(client.read_response().body, "content");
    }
    return answer;
  }

  TempTree site_{{"file.txt", "content"}, {"dir/x", "x"}, {"with/index.html", "index"}};
  ServerProcess server_{site_.path()};
};

struct Row {
  const char* target;
  int get;
  int options;
  int post;
  int others;         // PUT, DELETE, PATCH, TRACE
  const char* allow;  // of the 405s and of OPTIONS; "": no 405 is expected
};

constexpr Row kRows[] = {
    {"/file.txt", 200, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/dir/", 200, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/dir", 301, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/with/", 200, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/missing", 404, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/api/", 200, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/api", 200, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/api/echo", 405, 204, 200, 405, "POST, OPTIONS"},
    {"/api/bytes/9", 200, 204, 405, 405, "GET, HEAD, OPTIONS"},
    {"/api/other", 404, 204, 404, 404, ""},
    {"*", 400, 204, 400, 400, ""},
};

TEST_F(Methods, AreAnsweredAsTheTableSays) {  // the table of §7, §7.1
  for (const Row& row : kRows) {
    const auto expect = [&](const char* method, int status) {
      const Response answer = answer_of(method, row.target);
      EXPECT_EQ(answer.status, status) << method << " " << row.target;
      if (status == 405) {
        EXPECT_EQ(answer.field("Allow"), row.allow) << method << " " << row.target;
      }
    };
    expect("GET", row.get);
    expect("HEAD", row.get);
    expect("OPTIONS", row.options);
    expect("POST", row.post);
    for (const char* method : {"PUT", "DELETE", "PATCH", "TRACE"}) expect(method, row.others);
  }
}

TEST_F(Methods, ThatNobodyKnowsAreNotImplemented) {  // §1.5, the table of §7
  for (const char* method : {"FOO", "get", "Get", "GETS", "GE", "HEADER", "POSTX", "options",
                             "PROPFIND", "!#$%&'*+-.^_`|~"}) {
    for (const char* target : {"/file.txt", "/api/", "/api/echo", "/api/other", "/missing"}) {
      EXPECT_EQ(answer_of(method, target).status, 501) << method << " " << target;
    }
    const int status = answer_of(method, "*").status;
    EXPECT_TRUE(status == 400 || status == 501) << method << " *: " << status;
  }
}

TEST_F(Methods, MakeNoTunnel) {  // §3.3, the table of §7
  for (const char* target : {"localhost:80", "/file.txt", "/api/", "*", "http://localhost/"}) {
    const int status = answer_of("CONNECT", target).status;
    EXPECT_TRUE(status == 405 || status == 501) << target << ": " << status;
  }
}

TEST_F(Methods, IncludeOptionsForAllOfThemOfATarget) {  // §7.1
  for (const Row& row : kRows) {
    const Response answer = answer_of("OPTIONS", row.target);
    EXPECT_TRUE(answer.has("Allow")) << row.target;
    EXPECT_FALSE(answer.has("Content-Length")) << row.target;
    EXPECT_FALSE(answer.has("Transfer-Encoding")) << row.target;
    EXPECT_FALSE(answer.has("Content-Type")) << row.target;
    if (*row.allow != '\0') {
      EXPECT_EQ(answer.field("Allow"), row.allow) << row.target;
    }
  }
  EXPECT_EQ(answer_of("OPTIONS", "*").field("Allow"), "GET, HEAD, OPTIONS, POST");
}

TEST_F(Methods, DoNotReflectATrace) {  // §7.3
  const Response answer =
      ask(server_.address(),
          request_of("TRACE", "/file.txt", "X-Secret: marker\r\nCookie: marker\r\n"));
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.body.find("marker"), std::string::npos);
  EXPECT_NE(answer.field("Content-Type"), "message/http");
}

TEST_F(Methods, StayWithHttp11WhateverUpgradeIsOffered) {  // §7.3
  for (const char* fields : {
           "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
           "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
           "HTTP2-Settings: AAMAAABkAAQAAP__\r\n",
           "Connection: upgrade\r\nUpgrade: HTTP/2.0, TLS/1.3\r\n",
       }) {
    RawClient client{server_.address()};
    client.send(get_request("/file.txt", fields) + get_request("/api/"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 200) << fields;
    EXPECT_EQ(answer.body, "content") << fields;
    EXPECT_FALSE(answer.has("Upgrade")) << fields;
    EXPECT_EQ(client.read_response().body, "Hello") << fields;
  }
}

TEST_F(Methods, AreAllowedWithEveryFormOfTarget) {  // §3.3
  EXPECT_EQ(answer_of("OPTIONS", "http://localhost/file.txt").status, 204);
  EXPECT_EQ(answer_of("PUT", "http://localhost/file.txt").status, 405);
  EXPECT_EQ(answer_of("POST", "http://localhost/api/echo").status, 200);
  EXPECT_EQ(answer_of("HEAD", "http://localhost/file.txt").field("Content-Length"), "7");
}

// --- HEAD
// -----------------------------------------------------------------------------------------

// Files that are old enough for a tag that stays.
class Head : public ::testing::Test {
 protected:
  void SetUp() override { std::this_thread::sleep_for(std::chrono::milliseconds(2100)); }

  // The HEAD of what a GET asks for: the same in every field but Date, and not one byte more.
  void expect_same(const std::string& target, const std::string& fields) {
    SCOPED_TRACE(target + " " + fields);
    const std::string get = answer_to("GET", target, fields);
    const std::string head = answer_to("HEAD", target, fields);
    const std::size_t end = head.find("\r\n\r\n");
    ASSERT_NE(end, std::string::npos) << head;
    EXPECT_EQ(head.size(), end + 4) << "content behind a HEAD: " << head;
    Response by_get = parse_response_head(get.substr(0, get.find("\r\n\r\n") + 4));
    Response by_head = parse_response_head(head);
    EXPECT_EQ(by_head.status, by_get.status);
    EXPECT_EQ(without_date(by_head), without_date(by_get));
  }

  std::string answer_to(const std::string& method, const std::string& target,
                        const std::string& fields) {
    const bool has_host = fields.find("Host:") != std::string::npos;
    return ask_until_close(server_.address(), method + " " + target + " HTTP/1.1\r\n" +
                                                  (has_host ? "" : "Host: localhost\r\n") +
                                                  "Connection: close\r\n" + fields + "\r\n");
  }

  static std::vector<std::pair<std::string, std::string>> without_date(const Response& answer) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const auto& field : answer.fields) {
      if (field.first != "Date") fields.push_back(field);
    }
    return fields;
  }

  TempTree site_{
      {"file.txt", "content"},  {"empty", ""},          {"dir/x", "x"},
      {"with/index.html", "i"}, {"app.js", "original"}, {"app.js.br", "br"},
      {"app.js.zst", "zstd"},   {"app.js.gz", "gzip"},  {"big", std::string(300'000, 'b')}};
  ServerProcess server_{site_.path()};
};

TEST_F(Head, HasTheFieldsOfTheGetAndNotOneByteMore) {  // §7.2
  for (const char* target :
       {"/file.txt", "/empty", "/big", "/dir/", "/dir", "/dir?q", "/with/", "/with", "/missing",
        "/.hidden", "/file.txt/", "/api/", "/api", "/api/echo", "/api/other", "/%00", "/..", "/"}) {
    expect_same(target, "");
    expect_same(target, "Accept: text/html\r\n");
    expect_same(target, "Accept: application/json\r\n");
  }
  expect_same("/file.txt", "Host: evil.example\r\n");
}

TEST_F(Head, HasTheFieldsOfTheCodingThatAGetWouldChoose) {  // §7.2, §13
  for (const char* coding : {"br", "zstd", "gzip", "identity", "*;q=0"}) {
    expect_same("/app.js", "Accept-Encoding: "s + coding + "\r\n");
  }
}

TEST_F(Head, MeetsTheConditionsOfTheGet) {  // §11
  const std::string tag = get(server_.address(), "/file.txt").field("ETag");
  expect_same("/file.txt", "If-None-Match: " + tag + "\r\n");
  expect_same("/file.txt", "If-Match: \"other\"\r\n");
  expect_same("/file.txt", "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT\r\n");
  expect_same("/file.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  expect_same("/missing", "If-None-Match: *\r\n");
}

TEST_F(Head, IsRefusedWithoutContentEither) {  // §7.2
  expect_same("/file.txt", "Host: a b\r\n");
  expect_same("/file.txt", "Content-Length: x\r\n");
  expect_same("/file.txt", "Content-Length: 99999999999\r\n");
  expect_same("/file.txt", "Expect: miracles\r\n");
  expect_same("/file.txt", "Transfer-Encoding: gzip\r\n");
  expect_same("/file.txt", "Bad Name: x\r\n");
  expect_same("file.txt", "");
  expect_same("/file.txt", "Cookie: " + std::string(40'000, 'c') + "\r\n");
  expect_same("/" + std::string(20'000, 'a'), "");
}

}  // namespace
}  // namespace tinyserve::test
