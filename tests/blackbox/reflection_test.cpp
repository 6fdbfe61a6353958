// /api/request gives a request back as JSON, the way it arrived.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using Json = nlohmann::ordered_json;

class Reflection : public ::testing::Test {
 protected:
  Json of(const std::string& request) {
    const Response answer = ask(server_.address(), request);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.field("Content-Type"), "application/json");
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(answer.field("Cache-Control"), "no-store");
    return Json::parse(answer.body);
  }

  TempTree site_;
  ServerProcess server_{site_.path()};
};

TEST_F(Reflection, IsTheRequestAsItWasSent) {
  const Json json =
      of("PUT /api/request/a?b=c%20d&b HTTP/1.1\r\nhOST: localhost\r\nX-Two:  2 \r\n"
         "x-one: 1\r\nContent-Length: 5\r\n\r\nGr\xC3\xBC\xC3");
  EXPECT_EQ(json["method"], "PUT");
  EXPECT_EQ(json["target"], "/api/request/a?b=c%20d&b");
  EXPECT_EQ(json["path"], "/api/request/a");
  EXPECT_EQ(json["query"].dump(), R"({"raw":"b=c%20d&b","pairs":[["b","c d"],["b",""]]})");
  EXPECT_EQ(json["version"], "HTTP/1.1");
  EXPECT_EQ(json["fields"].dump(), R"([{"name":"hOST","value":"localhost"},)"
                                   R"({"name":"X-Two","value":"2"},{"name":"x-one","value":"1"},)"
                                   R"({"name":"Content-Length","value":"5"}])");
  EXPECT_EQ(json["content"].dump(), R"({"size":5,"base64":"R3LDvMM="})");
}

TEST_F(Reflection, IsMadeForEveryMethodThatHasAMeaning) {
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_EQ(
        of(method + std::string(" /api/request HTTP/1.1\r\nHost: localhost\r\n\r\n"))["method"],
        method);
  }
  const Response trace =
      ask(server_.address(), "TRACE /api/request HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(trace.status, 405);
  EXPECT_EQ(trace.field("Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

TEST_F(Reflection, IsNotSentForHead) {
  RawClient client{server_.address()};
  client.send("HEAD /api/request HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Response head = client.read_head();
  EXPECT_EQ(head.status, 200);
  EXPECT_GT(std::stoi(head.field("Content-Length")), 100);
  client.send(get_request("/api/"));
  EXPECT_EQ(client.read_response().body, "Hello");
}

TEST_F(Reflection, TellsWhichConnectionAndWhichOfItsRequests) {
  RawClient client{server_.address()};
  for (const int number : {1, 2, 3}) {
    client.send(get_request("/api/request"));
    const Json connection = Json::parse(client.read_response().body)["connection"];
    EXPECT_EQ(connection["address"], "127.0.0.1");
    EXPECT_EQ(connection["port"], client.local_port());
    EXPECT_EQ(connection["number"], 1);
    EXPECT_EQ(connection["request"], number);
  }
}

TEST_F(Reflection, PutsContentTogetherHoweverItCame) {
  RawClient client{server_.address()};
  client.send(
      "POST /api/request HTTP/1.1\r\nHost: localhost\r\n"
      "Transfer-Encoding: chunked\r\n\r\n");
  client.send_bytewise("3\r\nab\xC3\r\n2\r\n\xA4z\r\n0\r\n\r\n");
  EXPECT_EQ(Json::parse(client.read_response().body)["content"].dump(),
            "{\"size\":5,\"text\":\"abäz\"}");
}

TEST_F(Reflection, TellsOnlyTheSizeOfMuchContent) {
  const auto content_of = [this](std::size_t size) {
    return of("POST /api/request HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(size) + "\r\n\r\n" + std::string(size, 'a'))["content"];
  };
  EXPECT_EQ(content_of(100'000)["text"], std::string(100'000, 'a'));  // by a worker
  EXPECT_EQ(content_of(1 << 20)["text"], std::string(1 << 20, 'a'));
  EXPECT_EQ(content_of((1 << 20) + 1).dump(), R"({"size":1048577,"truncated":true})");
  EXPECT_EQ(content_of(5'000'000).dump(), R"({"size":5000000,"truncated":true})");
}

// A page must not learn in this way what its browser keeps from it.
TEST_F(Reflection, KeepsCookiesFromPages) {
  const auto cookie = [this](const std::string& field) {
    return of("GET /api/request HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\n" + field +
              "\r\n")["fields"][1]["value"];
  };
  EXPECT_EQ(cookie(""), "a=b");
  EXPECT_EQ(cookie("Sec-Fetch-Site: none\r\n"), "a=b");
  EXPECT_TRUE(cookie("Sec-Fetch-Site: same-origin\r\n").is_null());
  EXPECT_TRUE(cookie("Origin: http://localhost\r\n").is_null());
}

TEST_F(Reflection, IsForNoPageOfAnotherSite) {
  const Response answer = ask(server_.address(),
                              "GET /api/request HTTP/1.1\r\nHost: localhost\r\n"
                              "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n\r\n");
  EXPECT_EQ(answer.status, 403);
  const Response foreign =
      ask(server_.address(), "GET /api/request HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(foreign.status, 403);
}

}  // namespace
}  // namespace tinyserve::test
