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

}  // namespace
}  // namespace tinyserve::cmd
