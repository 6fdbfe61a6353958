#include "handlers/api.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "support/asked_request.h"
#include "support/response.h"

namespace tinyserve::handlers {
namespace {

using Asked = test::AskedRequest;

Asked asked(std::string_view request_line, std::string_view fields = "",
            std::string_view content = "") {
  std::string text(request_line);
  text.append(" HTTP/1.1\r\nHost: localhost\r\n").append(fields).append("\r\n").append(content);
  return Asked(std::move(text));
}

std::string text_of(const http::Body& body) {
  if (const auto* owned = std::get_if<std::string>(&body)) return *owned;
  if (const auto* view = std::get_if<std::string_view>(&body)) return std::string(*view);
  std::string text;
  if (const auto* pieces = std::get_if<std::vector<http::Piece>>(&body)) {
    for (const http::Piece& piece : *pieces) {
      const auto& slice = std::get<http::BlockSlice>(piece);
      text += slice.block.view().substr(slice.offset, slice.length);
    }
  }
  return text;
}

// The answer as a client reads it.
test::Response answer_to(const Asked& asked) {
  const http::Path path = asked.path();
  const Answer answer = api_answer({asked.request(), path, {}, Means::kLoop}, {});
  EXPECT_EQ(answer.via, http::Via::kApi);
  EXPECT_FALSE(answer.close);
  std::string head;
  http::append_head(head, answer.response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
  test::Response response = test::parse_response_head(head);
  response.body = text_of(answer.response.body);
  return response;
}

TEST(IsApi, IsTheFirstSegmentAndNothingLikeIt) {
  for (const std::string_view path : {"/api", "/api/", "/api/echo", "/api/x/y", "/a/../api/"}) {
    EXPECT_TRUE(is_api(*http::decode_path(path))) << path;
  }
  for (const std::string_view path : {"/", "/apis", "/api.html", "/x/api/", "/API/"}) {
    EXPECT_FALSE(is_api(*http::decode_path(path))) << path;
  }
}

TEST(ApiWantsContent, OnlyToGiveItBack) {
  const auto wants = [](std::string_view line) {
    const Asked request = asked(line);
    return api_wants_content(request.request(), request.path());
  };
  EXPECT_TRUE(wants("POST /api/echo"));
  EXPECT_TRUE(wants("POST /api/echo?x=y"));
  EXPECT_TRUE(wants("PUT /api/request"));
  EXPECT_TRUE(wants("GET /api/request/of/mine"));
  EXPECT_FALSE(wants("OPTIONS /api/request"));
  EXPECT_FALSE(wants("TRACE /api/request"));
  EXPECT_FALSE(wants("POST /api/status/200"));
  EXPECT_FALSE(wants("POST /elsewhere/echo"));
  EXPECT_FALSE(wants("PUT /api/echo"));
  EXPECT_FALSE(wants("OPTIONS /api/echo"));
  EXPECT_FALSE(wants("GET /api/echo"));
  EXPECT_FALSE(wants("POST /api/"));
  EXPECT_FALSE(wants("POST /api/echo/"));
}

TEST(ApiGreeting, IsFiveBytesOfPlainText) {
  for (const std::string_view line : {"GET /api/", "GET /api", "GET /api/?name=x"}) {
    const auto response = answer_to(asked(line));
    EXPECT_EQ(response.status, 200) << line;
    EXPECT_EQ(response.body, "Hello") << line;
    EXPECT_EQ(response.field("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(response.field("Content-Length"), "5");
    EXPECT_EQ(response.field("X-Content-Type-Options"), "nosniff");
  }
}

TEST(ApiGreeting, HasTheSameHeadForHead) {
  const auto get = answer_to(asked("GET /api/"));
  const auto head = answer_to(asked("HEAD /api/"));
  EXPECT_EQ(head.status, get.status);
  EXPECT_EQ(head.fields, get.fields);
}

TEST(ApiGreeting, IsOnlyRead) {
  for (const std::string_view method : {"POST", "PUT", "DELETE", "PATCH", "TRACE"}) {
    const auto response = answer_to(asked(std::string(method) + " /api/"));
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.field("Allow"), "GET, HEAD, OPTIONS");
  }
}

TEST(Api, TellsWhatIsAllowedAndSendsNoContentWithIt) {
  const auto greeting = answer_to(asked("OPTIONS /api/"));
  EXPECT_EQ(greeting.status, 204);
  EXPECT_EQ(greeting.field("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_FALSE(greeting.has("Content-Length"));
  EXPECT_EQ(greeting.body, "");
  EXPECT_EQ(answer_to(asked("OPTIONS /api/echo")).field("Allow"), "POST, OPTIONS");
  EXPECT_EQ(answer_to(asked("OPTIONS /api/other")).status, 204);
  EXPECT_EQ(answer_to(asked("OPTIONS /api/other")).field("Allow"), "OPTIONS");
}

TEST(Api, TakesTheMethodsOfItsTableAndNoOther) {
  const std::pair<std::string_view, std::string_view> expected[] = {
      {"/api/request", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
      {"/api/status/200", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
      {"/api/delay/1", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"},
      {"/api/bytes/1", "GET, HEAD, OPTIONS"},
      {"/api/stream/1", "GET, HEAD, OPTIONS"},
      {"/api/events", "GET, HEAD, OPTIONS"},
  };
  for (const auto& [target, methods] : expected) {
    EXPECT_EQ(answer_to(asked("OPTIONS " + std::string(target))).field("Allow"), methods);
    for (const std::string_view method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
      const auto response = answer_to(asked(std::string(method) + " " + std::string(target)));
      const bool taken = methods.find(method) != methods.npos;
      EXPECT_EQ(response.status, taken ? 200 : 405) << method << " " << target;
      EXPECT_EQ(response.field("Allow"), taken ? "" : methods) << method << " " << target;
    }
    EXPECT_EQ(answer_to(asked("TRACE " + std::string(target))).status, 405) << target;
  }
}

TEST(Api, SaysWhatAnEndpointTakes) {
  EXPECT_EQ(answer_to(asked("GET /api/echo")).body,
            "405 Method Not Allowed: /api/echo takes POST, OPTIONS.\n");
  EXPECT_EQ(answer_to(asked("GET /api/status/600")).body,
            "400 Bad Request: CODE of /api/status/CODE is a number from 200 to 599.\n");
  EXPECT_EQ(answer_to(asked("GET /api/other")).body.substr(0, 44),
            "404 Not Found: The API has /api/, /api/echo,");
}

TEST(Api, WantsNumbersWithinTheirBounds) {
  for (const std::string_view path :
       {"/api/status/199", "/api/status/100", "/api/status/600", "/api/status/abc",
        "/api/status/-1", "/api/status/2e2", "/api/status", "/api/bytes", "/api/bytes/1K",
        "/api/bytes/1073741825", "/api/bytes/99999999999999999999", "/api/delay/60001",
        "/api/stream/10001", "/api/stream/1?interval=10001",
        "/api/stream/1?interval=", "/api/events?interval=9", "/api/events?interval=60001",
        "/api/events?count=0", "/api/events?x=1&interval=abc"}) {
    EXPECT_EQ(answer_to(asked("GET " + std::string(path))).status, 400) << path;
  }
  for (const std::string_view path :
       {"/api/status/200/", "/api/status/200/x", "/api/bytes/", "/api/events/", "/api/events/1"}) {
    EXPECT_EQ(answer_to(asked("GET " + std::string(path))).status, 404) << path;
  }
  EXPECT_EQ(answer_to(asked("GET /api/status/599")).status, 599);
  EXPECT_EQ(answer_to(asked("GET /api/bytes/0")).field("Content-Length"), "0");
}

TEST(Api, TakesOptionsFromTheQueryAndIgnoresOthers) {
  for (const std::string_view path :
       {"/api/stream/1?interval=0", "/api/events?count=1&interval=10", "/api/events?n=x&=x&x",
        "/api/?=x", "/api/bytes/1?interval=x", "/api/events?interval=10&interval=x"}) {
    EXPECT_EQ(answer_to(asked("GET " + std::string(path))).status, 200) << path;
  }
}

TEST(Api, GoesOnBehindTheLastEventThatWasReceived) {
  const auto status_with = [](const std::string& field) {
    return answer_to(asked("GET /api/events?count=3", field)).status;
  };
  EXPECT_EQ(status_with(""), 200);
  EXPECT_EQ(status_with("Last-Event-ID: 2\r\n"), 200);
  EXPECT_EQ(status_with("last-event-id: 3\r\n"), 204);
  EXPECT_EQ(status_with("Last-Event-ID: 9223372036854775807\r\n"), 204);
  EXPECT_EQ(status_with("Last-Event-ID: of another server\r\n"), 200);
}

TEST(Api, ReflectsARequest) {
  for (const std::string_view line :
       {"GET /api/request", "PUT /api/request/", "GET /api/request/x"}) {
    const auto response = answer_to(asked(line));
    EXPECT_EQ(response.status, 200) << line;
    EXPECT_EQ(response.field("Content-Type"), "application/json");
    EXPECT_EQ(response.field("Cache-Control"), "no-store");
    EXPECT_EQ(response.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(response.body.front(), '{');
  }
}

TEST(Api, HasNothingElse) {
  for (const std::string_view line :
       {"GET /api/other", "POST /api/other", "GET /api/echo/", "POST /api/echo/more"}) {
    EXPECT_EQ(answer_to(asked(line)).status, 404) << line;
  }
}

TEST(ApiEcho, GivesBackTheBytesItWasSent) {
  const std::string content("a\0b\r\n\xFF", 6);
  const auto response = answer_to(asked("POST /api/echo", "Content-Length: 6\r\n", content));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, content);
  EXPECT_EQ(response.field("Content-Length"), "6");
  EXPECT_EQ(response.field("X-Content-Type-Options"), "nosniff");
}

TEST(ApiEcho, GivesBackContentThatCameInPieces) {
  Asked request = asked("POST /api/echo", "Content-Length: 10\r\n");
  request.request().content = {{}, {Block::copy_of("01234"), Block::copy_of("56789")}, 10};
  EXPECT_EQ(answer_to(request).body, "0123456789");
  EXPECT_EQ(answer_to(request).field("Content-Length"), "10");
}

TEST(ApiEcho, OfNothingIsNothing) {
  const auto response = answer_to(asked("POST /api/echo"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.field("Content-Length"), "0");
}

TEST(ApiEcho, KeepsOnlyTypesThatNoBrowserRuns) {
  const std::pair<std::string_view, std::string_view> expected[] = {
      {"application/json", "application/json"},
      {"Application/JSON", "application/json"},
      {"application/json; charset=UTF-8", "application/json"},
      {"text/plain", "text/plain"},
      {"text/plain ;\tcharset=utf-8", "text/plain; charset=utf-8"},
      {"application/octet-stream", "application/octet-stream"},
      {"text/html", "application/octet-stream"},
      {"image/svg+xml", "application/octet-stream"},
      {"text/plain; charset=utf-7", "application/octet-stream"},
      {"text/plain, text/html", "application/octet-stream"},
      {"", "application/octet-stream"},
  };
  for (const auto& [sent, answered] : expected) {
    const std::string field = "Content-Type: " + std::string(sent) + "\r\n";
    EXPECT_EQ(answer_to(asked("POST /api/echo", field)).field("Content-Type"), answered) << sent;
  }
}

TEST(ApiEcho, TakesNothingButPost) {
  for (const std::string_view method : {"GET", "HEAD", "PUT", "DELETE", "PATCH"}) {
    const auto response = answer_to(asked(std::string(method) + " /api/echo"));
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.field("Allow"), "POST, OPTIONS");
  }
}

}  // namespace
}  // namespace tinyserve::handlers
