#include "cmd/values.h"

#include <gtest/gtest.h>

namespace tinyserve::cmd {
namespace {

// The value as text, or the complaint.
template <class T>
std::string said(const Parsed<T>& parsed) {
  if (const auto* complaint = std::get_if<Complaint>(&parsed)) return complaint->text;
  if constexpr (std::is_same_v<T, std::string>) {
    return std::get<T>(parsed);
  } else if constexpr (std::is_same_v<T, handlers::Header>) {
    return "<" + std::get<T>(parsed).name + "><" + std::get<T>(parsed).value + ">";
  } else if constexpr (std::is_same_v<T, handlers::MediaType>) {
    return "<" + std::get<T>(parsed).extension + "><" + std::get<T>(parsed).type + ">";
  } else {
    return std::to_string(std::get<T>(parsed));
  }
}

TEST(Values, TakePortsFromZeroTo65535) {
  EXPECT_EQ(said(parse_port("0")), "0");
  EXPECT_EQ(said(parse_port("65535")), "65535");
  for (const char* text : {"65536", "-1", "+1", "", "abc", " 80", "80 ", "0x50", "8e3"}) {
    EXPECT_EQ(said(parse_port(text)), "'" + std::string(text) + "' is not a port (0 to 65535)");
  }
}

TEST(Values, TakeCountsFromOneUp) {
  EXPECT_EQ(said(parse_count("1")), "1");
  EXPECT_EQ(said(parse_count("11000")), "11000");
  EXPECT_EQ(said(parse_count("0")), "'0' is not a number from 1 up");
  EXPECT_EQ(said(parse_count("many")), "'many' is not a number from 1 up");
  EXPECT_EQ(said(parse_threads("256")), "256");
  EXPECT_EQ(said(parse_threads("257")), "'257' is not a number from 1 to 256");
  EXPECT_EQ(said(parse_threads("0")), "'0' is not a number from 1 to 256");
}

TEST(Values, TakeBytesWithUnits) {
  EXPECT_EQ(said(parse_bytes("0")), "0");
  EXPECT_EQ(said(parse_bytes("5000")), "5000");
  EXPECT_EQ(said(parse_bytes("512K")), "524288");
  EXPECT_EQ(said(parse_bytes("64m")), "67108864");
  EXPECT_EQ(said(parse_bytes("2G")), "2147483648");
  EXPECT_EQ(said(parse_bytes("8589934591G")), "9223372035781033984");
}

TEST(Values, RefuseBytesThatAreNone) {
  for (const char* text : {"", "K", "64MB", "1.5G", "-1", "8589934592G", "9223372036854775808"}) {
    EXPECT_EQ(said(parse_bytes(text)), "'" + std::string(text) +
                                           "' is not a number of bytes (such as 5000, 512K, 64M "
                                           "or 2G)");
  }
}

TEST(Values, TakeSecondsAsMilliseconds) {
  EXPECT_EQ(said(parse_seconds("60")), "60000");
  EXPECT_EQ(said(parse_seconds("0")), "0");
  EXPECT_EQ(said(parse_seconds("0.5")), "500");
  EXPECT_EQ(said(parse_seconds("1.25")), "1250");
  EXPECT_EQ(said(parse_seconds("0.0625")), "62");
  EXPECT_EQ(said(parse_seconds("1000000000")), "1000000000000");
}

TEST(Values, RefuseSecondsThatAreNone) {
  for (const char* text :
       {"", ".", ".5", "-1", "1s", "0.5.1", "0.5x", "1e3", "inf", "1000000001"}) {
    EXPECT_EQ(said(parse_seconds(text)),
              "'" + std::string(text) + "' is not a number of seconds (such as 60 or 0.5)");
  }
}

TEST(Values, WantAMillisecondWhereZeroMakesNoSense) {
  EXPECT_EQ(said(parse_positive_seconds("0.001")), "1");
  EXPECT_EQ(said(parse_positive_seconds("0")),
            "'0' is not a number of seconds above 0 (such as 10 or 0.5)");
  EXPECT_EQ(said(parse_positive_seconds("0.0009")),
            "'0.0009' is not a number of seconds above 0 (such as 10 or 0.5)");
}

TEST(Values, TakeAnyPathThatIsNotEmpty) {
  EXPECT_EQ(said(parse_path("a b/c")), "a b/c");
  EXPECT_EQ(said(parse_path("")), "'' is not a path");
}

TEST(Values, TakeFileNamesWithoutASlash) {
  EXPECT_EQ(said(parse_file_name("default.htm")), "default.htm");
  for (const char* text : {"", ".", "..", "a/b.html", "/"}) {
    EXPECT_EQ(
        said(parse_file_name(text)),
        "'" + std::string(text) + "' is not a file name (such as index.html, without a slash)");
  }
}

TEST(Values, TakeHostNamesWithoutAPort) {
  EXPECT_EQ(said(parse_host("preview.test")), "preview.test");
  EXPECT_EQ(said(parse_host("My_Box-2")), "My_Box-2");
  EXPECT_EQ(said(parse_host("*")), "*");
  for (const char* text : {"", "preview.test:80", "http://preview.test", "*.test", ".test", "-x"}) {
    EXPECT_EQ(said(parse_host(text)),
              "'" + std::string(text) +
                  "' is not a host name (such as preview.test, without a port; or *)");
  }
}

TEST(Values, TakeAddressesOfBothFamilies) {
  EXPECT_EQ(said(parse_address("0.0.0.0")), "0.0.0.0");
  EXPECT_EQ(said(parse_address("::1")), "::1");
  EXPECT_EQ(said(parse_address("[::1]")), "::1");
  EXPECT_EQ(said(parse_address("localhost")), "localhost");
}

TEST(Values, RefuseWhatIsNoAddress) {
  for (const char* text : {"", "example.test", "127.0.0.1:80", "1.2.3", "[127.0.0.1]", "[::1",
                           "[localhost]", "[]", "LOCALHOST"}) {
    EXPECT_EQ(said(parse_address(text)),
              "'" + std::string(text) +
                  "' is not an address (such as 127.0.0.1, 0.0.0.0 or ::1; or localhost)");
  }
}

TEST(Values, TellLoopbackFromTheRest) {
  EXPECT_TRUE(is_loopback("127.0.0.1"));
  EXPECT_TRUE(is_loopback("127.8.9.10"));
  EXPECT_TRUE(is_loopback("::1"));
  EXPECT_FALSE(is_loopback("128.0.0.1"));
  EXPECT_FALSE(is_loopback("0.0.0.0"));
  EXPECT_FALSE(is_loopback("::"));
  EXPECT_FALSE(is_loopback("localhost"));
}

TEST(Values, TakePathsThatStayInTheRoot) {
  EXPECT_EQ(said(parse_path_in_root("index.html")), "index.html");
  EXPECT_EQ(said(parse_path_in_root("./app/../app/main.html")), "app/main.html");
  for (const char* text : {"", ".", "..", "/index.html", "../index.html", "app/", "a/../../b"}) {
    EXPECT_EQ(said(parse_path_in_root(text)), "'" + std::string(text) +
                                                  "' is not the path of a file in ROOT (such as "
                                                  "index.html)");
  }
}

TEST(Values, TakeMediaTypesOfExtensions) {
  EXPECT_EQ(said(parse_media_type("wgsl=text/wgsl")), "<wgsl><text/wgsl; charset=utf-8>");
  EXPECT_EQ(said(parse_media_type(".GLTF=model/gltf+json")), "<gltf><model/gltf+json>");
  EXPECT_EQ(said(parse_media_type("txt=text/plain; charset=latin1")),
            "<txt><text/plain; charset=latin1>");
  for (const char* text : {"", "glsl", "=text/plain", "glsl=", "glsl=text", "glsl=/x", "a/b=c/d",
                           "tar.gz=application/gzip", "x=text/pl ain", "x=a/b\r\nc: d"}) {
    EXPECT_EQ(said(parse_media_type(text)),
              "'" + std::string(text) +
                  "' is not an extension with its media type (such as glsl=text/plain)");
  }
}

TEST(Values, TakeCachePolicies) {
  EXPECT_EQ(said(parse_cache("no-cache")), "no-cache");
  EXPECT_EQ(said(parse_cache("no-store")), "no-store");
  EXPECT_EQ(said(parse_cache("3600")), "max-age=3600");
  EXPECT_EQ(said(parse_cache("immutable")), "public, max-age=31536000, immutable");
  for (const char* text : {"", "no", "-1", "1h", "99999999999999999999"}) {
    EXPECT_EQ(said(parse_cache(text)), "'" + std::string(text) +
                                           "' is not no-cache, no-store, immutable or a number of "
                                           "seconds");
  }
}

TEST(Values, TakeFieldsThatAnswersMayHave) {
  EXPECT_EQ(said(parse_header("X-Frame-Options: DENY")), "<X-Frame-Options><DENY>");
  EXPECT_EQ(said(parse_header("Link:</a.css>; rel=preload ")), "<Link><</a.css>; rel=preload>");
  EXPECT_EQ(said(parse_header("X-Empty:")), "<X-Empty><>");
  for (const char* text : {"", "X-Frame-Options", ": DENY", "X Frame: DENY", "X-A : b",
                           "X-A: b\r\nX-B: c", "X-A: \x7f"}) {
    EXPECT_EQ(said(parse_header(text)),
              "'" + std::string(text) + "' is not a field (such as 'X-Frame-Options: DENY')");
  }
}

TEST(Values, LeaveTheFieldsThatFrameAnAnswerToTheServer) {
  EXPECT_EQ(said(parse_header("content-length: 5")), "content-length is set by the server itself");
  EXPECT_EQ(said(parse_header("Transfer-Encoding: chunked")),
            "Transfer-Encoding is set by the server itself");
  EXPECT_EQ(said(parse_header("Content-Type: text/html")),
            "Content-Type depends on the file; set it with --mime EXT=TYPE");
}

TEST(Values, TakeOriginsAsBrowsersWriteThem) {
  EXPECT_EQ(said(parse_origin("*")), "*");
  EXPECT_EQ(said(parse_origin("http://localhost:3000")), "http://localhost:3000");
  EXPECT_EQ(said(parse_origin("HTTPS://App.Example")), "https://app.example");
  EXPECT_EQ(said(parse_origin("http://app.example:80")), "http://app.example");
  EXPECT_EQ(said(parse_origin("https://app.example:443")), "https://app.example");
  EXPECT_EQ(said(parse_origin("https://app.example:80")), "https://app.example:80");
  EXPECT_EQ(said(parse_origin("http://[::1]:3000")), "http://[::1]:3000");
  for (const char* text : {"", "null", "app.example", "http://", "http://app.example/",
                           "http://app.example/x", "http://me@app.example", "ftp://app.example",
                           "http://app.example:99999", "http://*", "http://[::1"}) {
    EXPECT_EQ(said(parse_origin(text)), "'" + std::string(text) +
                                            "' is not an origin (such as http://localhost:3000, "
                                            "without a path; or *)");
  }
}

}  // namespace
}  // namespace tinyserve::cmd
