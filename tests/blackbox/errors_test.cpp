// An error is a small page for people who ask for HTML and a line of text for all others, and says
// nothing that the request said.
#include <gtest/gtest.h>

#include <string>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

TEST(Errors, ArePlainTextForProgrammes) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  for (const char* accept :
       {"", "Accept: */*\r\n", "Accept: application/json\r\n", "Accept: text/plain\r\n",
        "Accept: text/html;q=0\r\n", "Accept: image/avif,image/webp,*/*;q=0.8\r\n"}) {
    const Response answer = get(server.address(), "/missing", accept);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.reason, "Not Found");
    EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8") << accept;
    EXPECT_EQ(answer.body.find('<'), std::string::npos) << answer.body;
    EXPECT_FALSE(answer.body.empty());
  }
}

TEST(Errors, AreAPageForBrowsers) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  for (const char* accept :
       {"Accept: text/html\r\n", "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n",
        "Accept: TEXT/HTML;q=0.5\r\n"}) {
    const Response answer = get(server.address(), "/missing", accept);
    EXPECT_EQ(answer.status, 404);
    EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8") << accept;
    EXPECT_EQ(answer.body.substr(0, 15), "<!DOCTYPE html>");
    EXPECT_NE(answer.body.find("404"), std::string::npos);
    EXPECT_NE(answer.body.find("color-scheme"), std::string::npos) << "glares in the dark";
  }
}

TEST(Errors, SayThatTheyDependOnAccept) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/missing").field("Vary"), "Accept");
  EXPECT_EQ(get(server.address(), "/missing", "Accept: text/html\r\n").field("Vary"), "Accept");
}

TEST(Errors, CarryTheFieldsThatTheyMust) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  for (const char* request : {
           "GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n",
           "DELETE /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "FOO /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "nonsense\r\n\r\n",
           "GET /x HTTP/3.0\r\nHost: localhost\r\n\r\n",
       }) {
    const Response answer = ask(server.address(), request);
    EXPECT_GE(answer.status, 400) << request;
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff") << request;
    EXPECT_EQ(answer.field("Server"), "tinyserve") << request;
    EXPECT_TRUE(answer.has("Date")) << request;
    EXPECT_FALSE(answer.has("ETag")) << request;
    EXPECT_FALSE(answer.has("Last-Modified")) << request;
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(answer.body.size())) << request;
    EXPECT_TRUE(answer.field("Content-Type").starts_with("text/")) << request;
  }
}

TEST(Errors, LeadToTheDirectoryAbove) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  const auto leads = [&](const std::string& path, const std::string& link) {
    const std::string page = get(server.address(), path, "Accept: text/html\r\n").body;
    return page.find("href=\"" + link + "\"") != std::string::npos;
  };
  EXPECT_TRUE(leads("/a/missing?b/c", "./"));
  EXPECT_TRUE(leads("/a/missing/", "../"));
  for (const char* path : {"/a/missing", "/a/missing/", "/missing", "/missing/"}) {
    EXPECT_TRUE(leads(path, "/")) << path;
  }
  EXPECT_FALSE(leads("/missing", "./"));
  EXPECT_FALSE(leads("/missing/", "../"));
}

TEST(Errors, NeverRepeatTheRequest) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  for (const char* accept : {"", "Accept: text/html\r\n"}) {
    const std::string fields =
        "User-Agent: marker\r\nReferer: http://marker/\r\n" + std::string(accept);
    for (const std::string request : {
             "GET /marker HTTP/1.1\r\nHost: localhost\r\n",
             "GET /x/marker?marker HTTP/1.1\r\nHost: localhost\r\n",
             "GET /x HTTP/1.1\r\nHost: marker.example\r\n",
             "MARKER /x HTTP/1.1\r\nHost: localhost\r\n",
             "PUT /marker HTTP/1.1\r\nHost: localhost\r\n",
             "GET /%00marker HTTP/1.1\r\nHost: localhost\r\n",
             "GET marker HTTP/1.1\r\nHost: localhost\r\n",
         }) {
      const Response answer = ask(server.address(), request + fields + "\r\n");
      EXPECT_GE(answer.status, 400) << request;
      EXPECT_EQ(answer.body.find("marker"), std::string::npos) << request << answer.body;
      EXPECT_EQ(answer.body.find("MARKER"), std::string::npos) << request << answer.body;
    }
  }
}

TEST(Errors, AreTheSameForEveryPath) {
  const TempTree site{{".hidden", "x"}};
  const ServerProcess server{site.path()};
  const std::string missing = get(server.address(), "/missing").body;
  EXPECT_EQ(get(server.address(), "/other/place").body, missing);
  EXPECT_EQ(get(server.address(), "/.hidden").body, missing);
}

TEST(Errors, AllowABrowserNothingButThePage) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer = get(server.address(), "/missing", "Accept: text/html\r\n");
  const std::string policy = answer.field("Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos) << policy;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
}

}  // namespace
}  // namespace tinyserve::test
