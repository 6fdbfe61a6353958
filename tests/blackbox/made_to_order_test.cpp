// /api/status/CODE and /api/bytes/N answer with what was ordered, and the connection goes on.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

std::string request_of(const std::string& method, const std::string& target) {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

TEST(OrderedStatus, IsGivenToEachMethodOnOneConnection) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    for (const int code : {200, 201, 302, 304, 404, 418, 429, 500, 503, 599}) {
      client.send(request_of(method, "/api/status/" + std::to_string(code)));
      const Response answer = client.read_response();
      ASSERT_EQ(answer.status, code) << method;
      if (code == 304) continue;
      const auto json = nlohmann::json::parse(answer.body);
      EXPECT_EQ(json["status"], code);
      EXPECT_EQ(json["reason"], answer.reason);
    }
  }
}

TEST(OrderedStatus, HasNoContentWhereTheStatusHasNone) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (const char* code : {"204", "205", "304"}) {
    client.send(request_of("GET", std::string("/api/status/") + code) + get_request("/api/"));
    const Response answer = client.read_response();
    EXPECT_EQ(std::to_string(answer.status), code);
    EXPECT_FALSE(answer.has("Content-Type")) << code;
    EXPECT_EQ(client.read_response().body, "Hello") << "behind " << code;
  }
}

TEST(OrderedStatus, LeadsFromARedirectToTheReflection) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer = ask(server.address(), request_of("PUT", "/api/status/307"));
  EXPECT_EQ(answer.status, 307);
  EXPECT_EQ(get(server.address(), answer.field("Location")).status, 200);
}

TEST(OrderedStatus, IsAFinalOne) {
  const TempTree site;
  const ServerProcess server{site.path()};
  for (const char* code : {"100", "101", "199", "600", "1000", "0", "-200", "abc", "200.0", ""}) {
    const int status = get(server.address(), std::string("/api/status/") + code).status;
    EXPECT_EQ(status, *code == '\0' ? 404 : 400) << code;
  }
}

TEST(OrderedBytes, ComeInTheNumberThatWasOrdered) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response many = get(server.address(), "/api/bytes/1000000");
  EXPECT_EQ(many.status, 200);
  EXPECT_EQ(many.field("Content-Type"), "application/octet-stream");
  EXPECT_EQ(many.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(many.body.size(), 1'000'000U);
  EXPECT_EQ(get(server.address(), "/api/bytes/0").body, "");
  EXPECT_EQ(get(server.address(), "/api/bytes/1000").body, many.body.substr(0, 1000));
}

TEST(OrderedBytes, ComeWholeWhateverRangeIsAskedFor) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer =
      ask(server.address(), get_request("/api/bytes/100", "Range: bytes=0-9\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.size(), 100U);
}

TEST(OrderedBytes, AreAnnouncedUpToAGigabyte) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(request_of("HEAD", "/api/bytes/1073741824"));
  EXPECT_EQ(client.read_head().field("Content-Length"), "1073741824");
  client.send(get_request("/api/bytes/1073741825"));
  EXPECT_EQ(client.read_response().status, 400);
}

}  // namespace
}  // namespace tinyserve::test
