#include "handlers/reflection.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "support/asked_request.h"

namespace tinyserve::handlers {
namespace {

using Json = nlohmann::json;

constexpr std::array<unsigned char, 16> kHome{127, 0, 0, 1};
constexpr Instant kBegan{5'000'000, 784'111'777'123'000};
constexpr Instant kNow{5'000'250, 784'111'777'123'250};

std::string text_of(test::AskedRequest& asked) {
  return reflection(asked.request(), asked.path(), {kHome, false, 50'000, 3, 2, kBegan}, kNow);
}

Json of(std::string text) {
  test::AskedRequest asked(std::move(text));
  return Json::parse(text_of(asked));
}

Json of_get(const std::string& target, const std::string& fields = "") {
  return of("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
}

TEST(Reflection, IsTheRequestInJson) {
  test::AskedRequest asked(
      "POST /api/request/a%20b?x=1&y=%C3%A4+b HTTP/1.1\r\nHost: localhost\r\n"
      "X-One:  two \r\nx-one: three\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(text_of(asked), R"({
  "method": "POST",
  "target": "/api/request/a%20b?x=1&y=%C3%A4+b",
  "path": "/api/request/a b",
  "query": {
    "raw": "x=1&y=%C3%A4+b",
    "pairs": [
      [
        "x",
        "1"
      ],
      [
        "y",
        "ä b"
      ]
    ]
  },
  "version": "HTTP/1.1",
  "fields": [
    {
      "name": "Host",
      "value": "localhost"
    },
    {
      "name": "X-One",
      "value": "two"
    },
    {
      "name": "x-one",
      "value": "three"
    },
    {
      "name": "Content-Length",
      "value": "3"
    }
  ],
  "content": {
    "size": 3,
    "text": "abc"
  },
  "connection": {
    "address": "127.0.0.1",
    "port": 50000,
    "number": 3,
    "request": 2
  },
  "timing": {
    "received": "1994-11-06T08:49:37.123Z",
    "took_us": 250
  }
}
)");
}

TEST(Reflection, HasTheTargetAsSentAndThePathAsUnderstood) {
  const Json json = of_get("HTTP://localhost/x/..//%61pi/request/");
  EXPECT_EQ(json["target"], "HTTP://localhost/x/..//%61pi/request/");
  EXPECT_EQ(json["path"], "/api/request/");
  EXPECT_EQ(of_get("/api/request/%FF")["path"], "/api/request/\uFFFD");
}

TEST(Reflection, TakesTheQueryApartAsFormsDo) {
  const Json query = of_get("/api/request?a+b=%2B&c&a=%FF")["query"];
  EXPECT_EQ(query["raw"], "a+b=%2B&c&a=%FF");
  EXPECT_EQ(query["pairs"].dump(), "[[\"a b\",\"+\"],[\"c\",\"\"],[\"a\",\"\uFFFD\"]]");
  EXPECT_TRUE(of_get("/api/request")["query"]["raw"].is_null());
  EXPECT_EQ(of_get("/api/request")["query"]["pairs"].dump(), "[]");
  EXPECT_EQ(of_get("/api/request?")["query"]["raw"], "");
}

TEST(Reflection, KnowsTheOlderVersion) {
  EXPECT_EQ(of("GET /api/request HTTP/1.0\r\n\r\n")["version"], "HTTP/1.0");
}

TEST(Reflection, HasBytesThatAreNoTextInBase64) {
  const Json fields = of_get("/api/request", "X-A: \xFFz\r\nX-B: \xC3\xA4\r\n")["fields"];
  EXPECT_EQ(fields[1].dump(), "{\"base64\":\"/3o=\",\"name\":\"X-A\",\"value\":\"\uFFFDz\"}");
  EXPECT_EQ(fields[2].dump(), "{\"name\":\"X-B\",\"value\":\"ä\"}");
}

Json content_of(const std::string& content) {
  return of("PUT /api/request HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
            std::to_string(content.size()) + "\r\n\r\n" + content)["content"];
}

TEST(Reflection, HasContentAsTextWhereItIsText) {
  EXPECT_EQ(content_of("").dump(), R"({"size":0,"text":""})");
  EXPECT_EQ(content_of("a\r\n\t<ä>")["text"], "a\r\n\t<ä>");
  EXPECT_EQ(content_of("a\xFF").dump(), R"({"base64":"Yf8=","size":2})");
  EXPECT_EQ(content_of("a\x1b").dump(), R"({"base64":"YRs=","size":2})");
  EXPECT_EQ(content_of("a\x7f").dump(), R"({"base64":"YX8=","size":2})");
}

TEST(Reflection, PutsContentTogetherThatCameInPieces) {
  test::AskedRequest asked("PUT /api/request HTTP/1.1\r\nHost: localhost\r\n\r\n");
  // The bytes of one character, apart.
  asked.request().content = {{}, {Block::copy_of("a\xC3"), Block::copy_of("\xA4")}, 3};
  EXPECT_EQ(Json::parse(text_of(asked))["content"]["text"], "aä");
}

TEST(Reflection, TellsOnlyTheSizeOfMuchContent) {
  EXPECT_EQ(content_of(std::string(1 << 20, 'a'))["text"], std::string(1 << 20, 'a'));
  EXPECT_EQ(content_of(std::string((1 << 20) + 1, 'a')).dump(),
            R"({"size":1048577,"truncated":true})");
}

Json credentials(const std::string& fields) {
  Json values = Json::array();
  const Json json = of_get("/api/request", "Cookie: a=b\r\nauthorization: Basic Zg==\r\n" + fields);
  for (const Json& line : json["fields"]) {
    if (line["name"] == "Cookie" || line["name"] == "authorization")
      values.push_back(line["value"]);
  }
  return values;
}

TEST(Reflection, ShowsCredentialsToWhoIsNoPage) {
  EXPECT_EQ(credentials("").dump(), R"(["a=b","Basic Zg=="])");
  EXPECT_EQ(credentials("Sec-Fetch-Site: none\r\n").dump(), R"(["a=b","Basic Zg=="])");
}

TEST(Reflection, KeepsFromPagesWhatScriptsMayNotRead) {
  for (const char* fields :
       {"Sec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: cross-site\r\n", "Origin: http://app.example\r\n",
        "Sec-Fetch-Site: none\r\nSec-Fetch-Site: same-origin\r\n", "Sec-Fetch-Site: \r\n"}) {
    EXPECT_EQ(credentials(fields).dump(), "[null,null]") << fields;
  }
}

TEST(Reflection, KnowsAddressesOfBothKinds) {
  const test::AskedRequest asked("GET /api/request HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::array<unsigned char, 16> home{};
  home[15] = 1;
  const Json json =
      Json::parse(reflection(asked.request(), asked.path(), {home, true, 1, 1, 1, {}}, {}));
  EXPECT_EQ(json["connection"]["address"], "::1");
}

// --- who makes it -------------------------------------------------------------------------------

Answer answer_to(test::AskedRequest& asked, std::size_t size, Means means) {
  asked.request().content = {{}, {Block::copy_of(std::string(size, 'a'))}, size};
  const http::Path path = asked.path();
  return reflect({asked.request(), path, kNow, means}, {kHome, false, 50'000, 3, 2, kBegan});
}

std::string text_of(const Answer& answer) {
  EXPECT_EQ(answer.response.status, http::Status::kOk);
  return std::get<std::string>(answer.response.body);
}

TEST(Reflect, LeavesMuchContentToAWorker) {
  test::AskedRequest asked("PUT /api/request?x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(answer_to(asked, 32 * 1024, Means::kLoop).is_ready());
  EXPECT_TRUE(answer_to(asked, (1 << 20) + 1, Means::kLoop).is_ready());  // only its size
  Answer answer = answer_to(asked, 1 << 20, Means::kLoop);
  ASSERT_NE(answer.job, nullptr);
  const std::string wanted = text_of(asked);
  asked.request().content = {};  // it owns what it needs
  answer.job->run();
  EXPECT_EQ(text_of(answer.job->take_answer()), wanted);
}

TEST(Reflect, IsPutOffWhereTheWorkersHaveTooMuchToDo) {
  test::AskedRequest asked("PUT /api/request HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(answer_to(asked, 100'000, Means::kLoopOnly).is_ready());
  EXPECT_EQ(answer_to(asked, 100'000, Means::kLoopOnly).response.status,
            http::Status::kUnavailable);
  EXPECT_EQ(answer_to(asked, 1000, Means::kLoopOnly).response.status, http::Status::kOk);
}

}  // namespace
}  // namespace tinyserve::handlers
