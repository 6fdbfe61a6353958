// Which Host a request must have, and which names the server answers to (RFC 9112 §3.2); against
// DNS rebinding.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

Response with_host(const ServerProcess& server, const std::string& host) {
  return ask(server.address(), "GET /x HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

TEST(Host, IsDemandedOnceInHttp11) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const char* head :
       {"GET /x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\nX-Host: localhost\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /x HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: localhost\r\nX: y\r\nhost: evil.example\r\n\r\n",
        "GET http://localhost/x HTTP/1.1\r\n\r\n",
        "GET http://localhost/x HTTP/1.1\r\nHost: a b\r\n\r\n"}) {
    RawClient client{server.address()};
    client.send(head);
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 400) << head;
    EXPECT_EQ(answer.field("Connection"), "close") << head;
    EXPECT_TRUE(client.is_closed_by_server());
  }
}

TEST(Host, IsNotDemandedInHttp10) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(ask(server.address(), "GET /x HTTP/1.0\r\n\r\n").body, "content");
}

TEST(Host, MustBeWellFormed) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const std::string& host : {"local host"s,
                                  "localhost/"s,
                                  "localhost?"s,
                                  "localhost#"s,
                                  "user@localhost"s,
                                  "local\\host"s,
                                  "<localhost>"s,
                                  "\"localhost\""s,
                                  "local^host"s,
                                  "local`host"s,
                                  "{localhost}"s,
                                  "local|host"s,
                                  "[::1"s,
                                  "::1]"s,
                                  "[localhost]"s,
                                  "[::1]x"s,
                                  "[::g]"s,
                                  "[]"s,
                                  "::1"s,
                                  "localhost:80:80"s,
                                  "localhost:x"s,
                                  "localhost:-1"s,
                                  "localhost:+1"s,
                                  "localhost:65536"s,
                                  "localhost:99999999999"s,
                                  "local%host"s,
                                  "local%2"s,
                                  "local%zzhost"s,
                                  "l\xc3\xb6"
                                  "calhost"s,
                                  "local\thost"s,
                                  "localhost, localhost"s,
                                  "localhost localhost"s,
                                  "http://localhost"s,
                                  ":80"s}) {
    EXPECT_EQ(with_host(server, host).status, 400) << host;
  }
}

TEST(Host, MayBeAnyNameOfTheLoopback) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const char* host : {"localhost", "LOCALHOST", "LocalHost:8080", "localhost:", "localhost:0",
                           "app.localhost", "a.b.localhost:3000", "127.0.0.1", "127.0.0.1:9999",
                           "[::1]", "[::1]:8080", "192.168.1.5", "[2001:db8::1]"}) {
    EXPECT_EQ(with_host(server, host).body, "content") << host;
  }
}

TEST(Host, MayBeTheNameOfThisMachine) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  std::array<char, 256> name{};
  ASSERT_EQ(::gethostname(name.data(), name.size() - 1), 0);
  if (std::string(name.data())
          .find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") !=
      std::string::npos) {
    GTEST_SKIP() << "this machine has no name that fits a Host field";
  }
  EXPECT_EQ(with_host(server, name.data()).body, "content") << name.data();
}

TEST(Host, OfAForeignerIsForbiddenAndToldTheFlag) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const char* host :
       {"evil.example", "evil.example:80", "localhost.evil.example", "evillocalhost",
        "localhost.example", "127.0.0.1.evil.example", "0", "example.com"}) {
    const Response answer = with_host(server, host);
    EXPECT_EQ(answer.status, 403) << host;
    EXPECT_NE(answer.body.find("--allow-host"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.body.find("evil"), std::string::npos) << "the Host came back";
    EXPECT_FALSE(answer.has("ETag"));
  }
}

TEST(Host, OfTheUnspecifiedAddressIsForbidden) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const char* host : {"0.0.0.0", "0.0.0.0:8080", "[::]", "[::]:8080", "[0:0:0:0:0:0:0:0]"}) {
    EXPECT_EQ(with_host(server, host).status, 403) << host;
  }
}

TEST(Host, OfAForeignerReachesNoHandler) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(ask(server.address(), "GET /api/ HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 403);
  EXPECT_EQ(ask(server.address(),
                "POST /api/echo HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 3\r\n\r\nabc")
                .status,
            403);
  EXPECT_EQ(ask(server.address(), "GET /missing HTTP/1.1\r\nHost: evil.example\r\n\r\n").status,
            403);
}

TEST(Host, InTheTargetCountsMoreThanTheField) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(
      ask(server.address(), "GET http://evil.example/x HTTP/1.1\r\nHost: localhost\r\n\r\n").status,
      403);
  EXPECT_EQ(
      ask(server.address(), "GET http://localhost/x HTTP/1.1\r\nHost: evil.example\r\n\r\n").body,
      "content");
}

TEST(Host, ThatIsAllowedIsServed) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(),
                             {"--allow-host", "dev.example", "--allow-host", "Other.Test"}};
  EXPECT_EQ(with_host(server, "dev.example").body, "content");
  EXPECT_EQ(with_host(server, "DEV.example:8080").body, "content");
  EXPECT_EQ(with_host(server, "other.test").body, "content");
  EXPECT_EQ(with_host(server, "sub.dev.example").status, 403);
  EXPECT_EQ(with_host(server, "evil.example").status, 403);
  EXPECT_EQ(with_host(server, "localhost").body, "content");
}

TEST(Host, RuleCanBeTurnedOff) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--allow-host", "*"}};
  EXPECT_EQ(with_host(server, "evil.example").body, "content");
  EXPECT_EQ(with_host(server, "e vil").status, 400);
}

}  // namespace
}  // namespace tinyserve::test
