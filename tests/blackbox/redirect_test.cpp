// A directory without its slash is redirected to the same path with one, and never anywhere else
// (RFC 9110 §15.4.2).
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

class Redirect : public ::testing::Test {
 protected:
  std::string location_of(const std::string& target, const std::string& fields = "") {
    const Response answer = get(server_.address(), target, fields);
    EXPECT_EQ(answer.status, 301) << target;
    EXPECT_EQ(answer.reason, "Moved Permanently");
    EXPECT_EQ(answer.count("Location"), 1u) << target;
    return answer.field("Location");
  }

  TempTree site_{{"dir/x", "x"},          {"dir/sub/x", "x"},        {"with/index.html", "index"},
                 {"file.txt", "content"}, {"evil.example/a/x", "x"}, {"\\evil.example/x", "x"},
                 {".hidden/x", "x"},      {".well-known/x", "x"},    {"api2/x", "x"}};
  ServerProcess server_{site_.path(), {"--allow-host", "*"}};
};

TEST_F(Redirect, AddsTheSlashAndKeepsTheQuery) {  // §10.4
  EXPECT_EQ(location_of("/dir"), "/dir/");
  EXPECT_EQ(location_of("/dir/sub"), "/dir/sub/");
  EXPECT_EQ(location_of("/with"), "/with/");
  EXPECT_EQ(location_of("/api2"), "/api2/");
  EXPECT_EQ(location_of("/.well-known"), "/.well-known/");
  EXPECT_EQ(location_of("/dir?a=b&c=%20d"), "/dir/?a=b&c=%20d");
  EXPECT_EQ(location_of("/dir?"), "/dir/?");
  EXPECT_EQ(location_of("/dir?a?b/../c"), "/dir/?a?b/../c");
  EXPECT_EQ(location_of("/dir?//evil.example"), "/dir/?//evil.example");
}

TEST_F(Redirect, IsMadeFromThePathThatWasFound) {  // §10.4, §10.1
  EXPECT_EQ(location_of("/./dir"), "/dir/");
  EXPECT_EQ(location_of("//dir"), "/dir/");
  EXPECT_EQ(location_of("/%64ir"), "/dir/");
  EXPECT_EQ(location_of("/dir/sub/../sub"), "/dir/sub/");
  EXPECT_EQ(location_of("/dir%2fsub"), "/dir/sub/");
  EXPECT_EQ(location_of("/missing/../dir"), "/dir/");
}

TEST_F(Redirect, NeverLeadsToAnotherHost) {  // §10.4
  EXPECT_EQ(location_of("//evil.example"), "/evil.example/");
  EXPECT_EQ(location_of("//evil.example/a"), "/evil.example/a/");
  EXPECT_EQ(location_of("///evil.example/a"), "/evil.example/a/");
  EXPECT_EQ(location_of("/.//evil.example"), "/evil.example/");
  EXPECT_EQ(location_of("/%2fevil.example"), "/evil.example/");
  EXPECT_EQ(location_of("/%2f%2fevil.example/a"), "/evil.example/a/");
  EXPECT_EQ(location_of("/dir/..//evil.example"), "/evil.example/");
  EXPECT_EQ(location_of("/%5cevil.example"), "/%5Cevil.example/");
  EXPECT_EQ(location_of("http://localhost//evil.example"), "/evil.example/");
  EXPECT_EQ(location_of("http://evil.example/dir"), "/dir/");
  EXPECT_EQ(location_of("/dir", "X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n"),
            "/dir/");
  EXPECT_EQ(
      ask(server_.address(), "GET /dir HTTP/1.1\r\nHost: evil.example\r\n\r\n").field("Location"),
      "/dir/");
  EXPECT_EQ(ask(server_.address(), "GET /dir HTTP/1.0\r\n\r\n").field("Location"), "/dir/");
}

TEST_F(Redirect, EncodesEveryNameSoThatItLeadsBack) {  // §10.4
  for (const std::string& name :
       {"with space"s, "\xc3\xa4"s, "\xff\xfe"s, "q?x"s, "hash#x"s, "percent%41"s, "a&b"s, "a=b"s,
        "a+b"s, "a;b"s, "<b>"s, "quote\"'"s, "a:b"s, "[1]"s, "a\\b"s, "tilde~"s, "..."s + "x"}) {
    const std::string path = name.starts_with('.') ? "x" + name : name;
    site_.write(path + "/file", name);
    std::string encoded = "/";
    for (const char c : path) {
      constexpr const char* kHex = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
    const std::string location = location_of(encoded);
    EXPECT_TRUE(location.starts_with('/') && location.ends_with('/')) << location;
    EXPECT_EQ(get(server_.address(), location).status, 200) << location;
    EXPECT_EQ(get(server_.address(), location + "file").body, name) << location;
  }
}

TEST_F(Redirect, LetsNothingOfTheRequestBecomeAField) {  // §8.1
  const Response answer = get(server_.address(), "/dir?%0d%0aSet-Cookie:%20a=b%00");
  EXPECT_EQ(answer.field("Location"), "/dir/?%0d%0aSet-Cookie:%20a=b%00");
  EXPECT_FALSE(answer.has("Set-Cookie"));
  EXPECT_EQ(get(server_.address(), "/dir%0d%0aSet-Cookie:%20a=b").status, 400);
}

TEST_F(Redirect, DoesNotRepeatThePathInItsPage) {  // §8.4
  for (const char* accept : {"", "Accept: text/html\r\n"}) {
    const Response answer = get(server_.address(), "/dir?<script>marker", accept);
    EXPECT_EQ(answer.status, 301);
    EXPECT_EQ(answer.body.find("marker"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(answer.body.size()));
    EXPECT_TRUE(answer.has("Content-Type"));
    EXPECT_TRUE(answer.has("Date"));
  }
}

TEST_F(Redirect, IsForGetAndHeadOfDirectoriesAlone) {  // §10.4, §10.5
  EXPECT_EQ(get(server_.address(), "/with/").body, "index");
  EXPECT_EQ(get(server_.address(), "/dir/").status, 200);
  for (const char* target : {"/file.txt/", "/file.txt/x", "/file.txt//", "/file.txt/.", "/dir/x/",
                             "/missing", "/missing/", "/.hidden", "/%2ehidden", "/dir/x/.."}) {
    const Response answer = get(server_.address(), target);
    EXPECT_FALSE(answer.has("Location")) << target;
    if (target != "/dir/x/.."s) {
      EXPECT_EQ(answer.status, 404) << target;
    }
  }
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS"}) {
    const Response answer =
        ask(server_.address(), method + " /dir HTTP/1.1\r\nHost: localhost\r\n\r\n"s);
    EXPECT_FALSE(answer.has("Location")) << method;
  }
}

TEST_F(Redirect, FollowsALinkToADirectoryByTheLinksOwnName) {  // §10.2
  site_.symlink("dir", "link");
  EXPECT_EQ(location_of("/link"), "/link/");
}

}  // namespace
}  // namespace tinyserve::test
