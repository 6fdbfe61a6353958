// What flags make of a site, from the command line to the wire.
#include <gtest/gtest.h>

#include <string>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

const std::string kNavigates = "Accept: text/html,*/*;q=0.8\r\n";

Response ask(const ServerProcess& server, const std::string& request) {
  RawClient client{server.address()};
  client.send(request);
  return client.read_response();
}

TEST(Site, LeadsRoutesToTheApplication) {
  const TempTree site{{"index.html", "plain"}, {"app.html", "the app"}};
  ServerProcess server{site.path(), {"--spa=app.html"}};
  const Response response = ask(server, get_request("/users/7?tab=2", kNavigates));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "the app");
  EXPECT_EQ(server.wait_for_records(1).at(0).at("via"), "spa");
  EXPECT_EQ(ask(server, get_request("/logo.svg", kNavigates)).status, 404);
}

TEST(Site, HasCleanUrlsAndItsOwnErrorPage) {
  const TempTree site{{"about.html", "about"}, {"404.html", "lost?"}};
  const ServerProcess server{site.path(), {"--clean-urls"}};
  EXPECT_EQ(ask(server, get_request("/about")).body, "about");
  const Response missing = ask(server, get_request("/abuot", kNavigates));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body, "lost?");
}

TEST(Site, AddsFieldsTypesAndACachePolicy) {
  const TempTree site{{"shader.wgsl", "fn main() {}"}};
  const ServerProcess server{
      site.path(),
      {"--header", "X-Frame-Options: DENY", "--mime", "wgsl=text/wgsl", "--cache", "60"}};
  const Response response = ask(server, get_request("/shader.wgsl"));
  EXPECT_EQ(response.field("X-Frame-Options"), "DENY");
  EXPECT_EQ(response.field("Content-Type"), "text/wgsl; charset=utf-8");
  EXPECT_EQ(response.field("Cache-Control"), "max-age=60");
}

TEST(Site, IsReadByOtherOriginsWithCorsOnly) {
  const TempTree site{{"data.json", "0123456789"}};
  const std::string foreign =
      "Origin: http://other.example\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n";
  {
    ServerProcess server{site.path()};
    const Response refused = ask(server, get_request("/data.json", foreign));
    EXPECT_EQ(refused.status, 403);
    EXPECT_FALSE(refused.has("Access-Control-Allow-Origin"));
    EXPECT_EQ(server.wait_for_records(1).at(0).at("via"), "cross-site");
  }
  const ServerProcess server{site.path(), {"--cors"}};
  const Response part = ask(server, get_request("/data.json", foreign + "Range: bytes=2-4\r\n"));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.field("Access-Control-Allow-Origin"), "*");
  EXPECT_NE(part.field("Access-Control-Expose-Headers").find("Content-Range"), std::string::npos);
}

TEST(Site, AnswersPreflightsAndThenTheRequest) {
  const TempTree site;
  ServerProcess server{site.path(), {"--cors=http://other.example"}};
  const Response preflight =
      ask(server,
          "OPTIONS /api/echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://other.example\r\n"
          "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors\r\n"
          "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-a\r\n\r\n");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.field("Access-Control-Allow-Origin"), "http://other.example");
  EXPECT_EQ(preflight.field("Access-Control-Allow-Headers"), "x-a");
  EXPECT_EQ(server.wait_for_records(1).at(0).at("via"), "preflight");
  const Response echo =
      ask(server,
          "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nOrigin: http://other.example\r\n"
          "Sec-Fetch-Site: cross-site\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(echo.body, "hi");
  EXPECT_EQ(echo.field("Access-Control-Allow-Origin"), "http://other.example");
}

TEST(Site, IsIsolatedWhereAskedFor) {
  const TempTree site{{"index.html", "x"}};
  const ServerProcess server{site.path(), {"--isolate"}};
  const Response response = ask(server, get_request("/"));
  EXPECT_EQ(response.field("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(response.field("Cross-Origin-Embedder-Policy"), "require-corp");
}

}  // namespace
}  // namespace tinyserve::test
