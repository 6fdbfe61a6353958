// GET /api/ says Hello; POST /api/echo returns the bytes it was sent, whatever they are and however
// they were cut.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

std::string echo_request(const std::string& content, const std::string& fields = "") {
  return "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n" + fields +
         "Content-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
}

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

TEST(Api, SaysHello) {
  const TempTree site;
  const ServerProcess server{site.path()};
  for (const char* target : {"/api/", "/api", "/api/?x=1", "/%61pi/", "http://localhost/api/"}) {
    const Response answer = get(server.address(), target);
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.body, "Hello") << target;
    EXPECT_EQ(answer.field("Content-Type").substr(0, 10), "text/plain") << target;
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff") << target;
  }
}

TEST(Api, EchoesEveryByteValue) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer = ask(server.address(), echo_request(all_bytes()));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, all_bytes());
  EXPECT_EQ(answer.field("Content-Length"), "256");
  EXPECT_EQ(answer.field("Content-Type"), "application/octet-stream");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
}

TEST(Api, EchoesNothingForNothing) {
  const TempTree site;
  const ServerProcess server{site.path()};
  EXPECT_EQ(ask(server.address(), echo_request("")).body, "");
  const Response answer =
      ask(server.address(), "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Length"), "0");
}

TEST(Api, EchoesFiveMegabytes) {
  const TempTree site;
  const ServerProcess server{site.path()};
  std::string content;
  while (content.size() < 5'000'000) content += all_bytes();
  content.resize(5'000'000);
  EXPECT_TRUE(ask(server.address(), echo_request(content)).body == content);
}

TEST(Api, EchoesContentCutAnywhere) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  const std::string request = echo_request("\r\n\r\nab\0GET"s);
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    client.send(std::string_view(request).substr(0, cut));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.send(std::string_view(request).substr(cut));
    ASSERT_EQ(client.read_response().body, "\r\n\r\nab\0GET"s) << "cut at " << cut;
  }
  client.send_bytewise(request);
  EXPECT_EQ(client.read_response().body, "\r\n\r\nab\0GET"s);
}

TEST(Api, WaitsForAllOfTheContent) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  const std::string request = echo_request(std::string(100'000, 'a'));
  client.send(std::string_view(request).substr(0, request.size() - 1));
  EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(200)));
  client.send("a");
  EXPECT_EQ(client.read_response().body, std::string(100'000, 'a'));
}

TEST(Api, EchoesToSeveralClientsWhoseContentIsInterleaved) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient first{server.address()};
  RawClient second{server.address()};
  const std::string one = echo_request(std::string(3000, '1'));
  const std::string two = echo_request(std::string(3000, '2'));
  for (std::size_t i = 0; i < one.size(); i += 100) {
    first.send(std::string_view(one).substr(i, 100));
    second.send(std::string_view(two).substr(i, 100));
  }
  EXPECT_EQ(first.read_response().body, std::string(3000, '1'));
  EXPECT_EQ(second.read_response().body, std::string(3000, '2'));
}

TEST(Api, TypesTheEchoAsHarmless) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const auto type_for = [&](const std::string& fields) {
    const Response answer = ask(server.address(), echo_request("<script>", fields));
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff") << fields;
    EXPECT_EQ(answer.count("Content-Type"), 1u) << fields;
    return answer.field("Content-Type");
  };
  EXPECT_EQ(type_for(""), "application/octet-stream");
  EXPECT_EQ(type_for("Content-Type: application/octet-stream\r\n"), "application/octet-stream");
  EXPECT_EQ(type_for("Content-Type: application/json\r\n"), "application/json");
  EXPECT_EQ(type_for("Content-Type: text/plain\r\n").substr(0, 10), "text/plain");
  for (const char* type : {"text/html", "TEXT/HTML", "text/html; charset=utf-8", "image/svg+xml",
                           "application/xml", "text/xml", "text/javascript", "text/css",
                           "application/xhtml+xml", "multipart/form-data; boundary=x", "nonsense",
                           "text/plainx", "text/plain, text/html", "application/json/text/html"}) {
    EXPECT_EQ(type_for("Content-Type: " + std::string(type) + "\r\n"), "application/octet-stream")
        << type;
  }
}

TEST(Api, IgnoresConditionsAndRangesOfAnEcho) {
  const TempTree site;
  const ServerProcess server{site.path()};
  for (const char* fields : {"Range: bytes=0-1\r\n", "If-None-Match: *\r\n", "If-Match: \"x\"\r\n",
                             "If-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n"}) {
    const Response answer = ask(server.address(), echo_request("hello", fields));
    EXPECT_EQ(answer.status, 200) << fields;
    EXPECT_EQ(answer.body, "hello") << fields;
  }
}

TEST(Api, RefusesContentAboveTheLimitBeforeItIsSent) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 67108865\r\n\r\n");
  const Response answer = client.read_response();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(Api, LetsTheRefusalArriveWhileTheClientIsStillSending) {
  const TempTree site;
  const ServerProcess server{site.path(), {"--max-body", "1K"}};
  RawClient client{server.address()};
  client.send(echo_request(std::string(1'000'000, 'a')));
  // A reset would throw here: it destroys an answer that was not read yet (RFC 9112 section 9.6).
  const std::vector<Response> answers = parse_responses(client.read_until_close());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 413);
}

TEST(Api, TakesContentUpToTheLimitThatWasSet) {
  const TempTree site;
  for (const auto& [flag, bytes] :
       {std::pair{"1000", 1000u}, std::pair{"1K", 1024u}, std::pair{"1M", 1u << 20}}) {
    const ServerProcess server{site.path(), {"--max-body", flag}};
    EXPECT_EQ(ask(server.address(), echo_request(std::string(bytes, 'a'))).status, 200) << flag;
    EXPECT_EQ(ask(server.address(), echo_request(std::string(bytes + 1, 'a'))).status, 413) << flag;
  }
}

TEST(Api, AllowsWhatItSupports) {
  const TempTree site{{"file.txt", "x"}};
  const ServerProcess server{site.path()};
  const auto refusal_of = [&](const std::string& method, const std::string& target) {
    const Response answer =
        ask(server.address(), method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(answer.status, 405) << method << " " << target;
    return answer.field("Allow");
  };
  EXPECT_EQ(refusal_of("POST", "/api/"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(refusal_of("PUT", "/api"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(refusal_of("GET", "/api/echo"), "POST, OPTIONS");
  EXPECT_EQ(refusal_of("DELETE", "/api/echo"), "POST, OPTIONS");
  EXPECT_EQ(refusal_of("PATCH", "/api/echo"), "POST, OPTIONS");
  EXPECT_EQ(refusal_of("TRACE", "/api/echo"), "POST, OPTIONS");
  EXPECT_EQ(refusal_of("PUT", "/file.txt"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(refusal_of("TRACE", "/file.txt"), "GET, HEAD, OPTIONS");
}

TEST(Api, AnswersOptionsWithWhatIsAllowed) {
  const TempTree site{{"file.txt", "x"}};
  const ServerProcess server{site.path()};
  for (const char* target : {"/file.txt", "/api/", "/api", "/api/echo", "*"}) {
    RawClient client{server.address()};
    client.send("OPTIONS " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 204) << target;
    EXPECT_TRUE(answer.has("Allow")) << target;
    EXPECT_FALSE(answer.has("Content-Length")) << target;
    EXPECT_FALSE(answer.has("Content-Type")) << target;
    client.send(get_request("/api/"));
    EXPECT_EQ(client.read_response().body, "Hello") << "behind the OPTIONS of " << target;
  }
}

TEST(Api, NamesTheEchoWhereAFileShouldTakeAPost) {
  const TempTree site{{"file.txt", "x"}};
  const ServerProcess server{site.path()};
  const Response answer = ask(server.address(),
                              "POST /file.txt HTTP/1.1\r\nHost: localhost\r\n"
                              "Content-Length: 3\r\n\r\nabc");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.field("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_NE(answer.body.find("/api/echo"), std::string::npos) << answer.body;
}

TEST(Api, KnowsNoOtherRoute) {
  const TempTree site{{"api/file.txt", "a file behind the API"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/api/file.txt").status, 404);
  EXPECT_EQ(get(server.address(), "/api/echo/").status, 404);
  EXPECT_EQ(get(server.address(), "/apis").status, 404);
}

TEST(Api, LeavesItsPathsToTheFilesWhenToldTo) {
  const TempTree site{{"api/index.html", "my own"}, {"api/file.txt", "my file"}};
  const ServerProcess server{site.path(), {"--no-api"}};
  EXPECT_EQ(get(server.address(), "/api/").body, "my own");
  EXPECT_EQ(get(server.address(), "/api/file.txt").body, "my file");
  EXPECT_EQ(get(server.address(), "/api").status, 301);
  EXPECT_EQ(get(server.address(), "/api/echo").status, 404);
  const Response answer = ask(server.address(), echo_request("abc"));
  EXPECT_TRUE(answer.status == 405 || answer.status == 404) << answer.status;
  EXPECT_EQ(answer.body.find("/api/echo"), std::string::npos);
}

TEST(Api, GivesNoSuccessForContentThatBreaksOff) {
  const TempTree site;
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
  client.half_close();
  const std::string text = client.read_until_close();
  if (text.empty()) return;
  EXPECT_EQ(parse_responses(text).at(0).status, 400);
}

}  // namespace
}  // namespace tinyserve::test
