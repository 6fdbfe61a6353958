#include "http/host.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/guard_page.h"

namespace tinyserve::http {
namespace {

using namespace std::string_view_literals;
using Kind = Host::Kind;

struct Good {
  std::string_view value;
  Kind kind;
  std::string_view name;
  std::optional<std::uint16_t> port;
};

constexpr Good kGood[] = {
    {"localhost", Kind::kName, "localhost", {}},
    {"localhost:8080", Kind::kName, "localhost", 8080},
    {"LOCALHOST:0", Kind::kName, "LOCALHOST", 0},
    {"a:65535", Kind::kName, "a", 65535},
    {"a:", Kind::kName, "a", {}},  // the port may be empty
    {"a:00080", Kind::kName, "a", 80},
    {"a.b-c_d~e", Kind::kName, "a.b-c_d~e", {}},
    {"!$&'()*+,;=", Kind::kName, "!$&'()*+,;=", {}},  // sub-delims
    {"%C3%a4.example:1", Kind::kName, "%C3%a4.example", 1},
    {"127.0.0.1", Kind::kIpv4, "127.0.0.1", {}},
    {"127.0.0.1:80", Kind::kIpv4, "127.0.0.1", 80},
    {"256.0.0.1", Kind::kName, "256.0.0.1", {}},  // no address, but a name
    {"127.0.0.1.", Kind::kName, "127.0.0.1.", {}},
    {"127.1", Kind::kName, "127.1", {}},
    {"[::1]", Kind::kIpv6, "::1", {}},
    {"[::1]:8080", Kind::kIpv6, "::1", 8080},
    {"[::]:", Kind::kIpv6, "::", {}},
    {"[2001:DB8::ff:1]", Kind::kIpv6, "2001:DB8::ff:1", {}},
    {"[::ffff:127.0.0.1]:1", Kind::kIpv6, "::ffff:127.0.0.1", 1},
    {"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]",
     Kind::kIpv6,
     "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255",
     {}},
};

TEST(ParseHost, TakesNameAddressAndPortApart) {  // §3.1
  for (const Good& good : kGood) {
    const test::GuardPage page(good.value);
    const auto host = parse_host(page.view());
    ASSERT_TRUE(host.has_value()) << good.value;
    EXPECT_EQ(host->kind, good.kind) << good.value;
    EXPECT_EQ(host->name, good.name) << good.value;
    EXPECT_EQ(host->port, good.port) << good.value;
  }
}

TEST(ParseHost, RefusesWhatIsNoHost) {  // §3.1
  for (const std::string_view value :
       {""sv,
        ":"sv,
        ":80"sv,
        " "sv,
        "a b"sv,
        "a\tb"sv,
        "a,b:1:2"sv,
        "a:b"sv,
        "a:1:2"sv,
        "a::1"sv,
        "a:-1"sv,
        "a:+1"sv,
        "a: 1"sv,
        "a:1 "sv,
        "a:0x50"sv,
        "a:65536"sv,
        "a:99999999999999999999"sv,
        "user@a"sv,
        "user:pw@a"sv,
        "a/b"sv,
        "a?b"sv,
        "a#b"sv,
        "a\\b"sv,
        "<a>"sv,
        "\"a\""sv,
        "a^"sv,
        "a`"sv,
        "{a}"sv,
        "a|b"sv,
        "a%"sv,
        "a%4"sv,
        "a%zz"sv,
        "a%4g"sv,
        "%"sv,
        "a\0"sv,
        "\0"sv,
        "[::1]\0"sv,
        "a\r"sv,
        "a\n"sv,
        "http://a"sv,
        "::1"sv,
        "2001:db8::1"sv,
        "["sv,
        "]"sv,
        "[]"sv,
        "[::1"sv,
        "::1]"sv,
        "[::1]]"sv,
        "[[::1]]"sv,
        "[::1]80"sv,
        "[::1]:x"sv,
        "[::1]:65536"sv,
        "[::1]:1:1"sv,
        "[:::1]"sv,
        "[::1::]"sv,
        "[12345::]"sv,
        "[g::]"sv,
        "[127.0.0.1]"sv,
        "[a]"sv,
        "[fe80::1%25eth0]"sv,
        "[fe80::1%eth0]"sv,
        "[v1.a]"sv,
        "[::1 ]"sv,
        "[ ::1]"sv,
        "[::1\0]"sv,
        "[::1\0x]"sv,
        "a[::1]"sv,
        "a]"sv,
        "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255:ffff:ffff]"sv}) {
    const test::GuardPage page(value);
    EXPECT_FALSE(parse_host(page.view()).has_value()) << ::testing::PrintToString(value);
  }
}

TEST(ParseHost, AllowsNoByteThatAHostCannotHave) {  // RFC 3986 §3.2.2
  const std::string_view allowed =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~!$&'()*+,;=";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool good = allowed.find(c) != allowed.npos;
    EXPECT_EQ(parse_host(std::string("a") + c + "b").has_value(), good) << byte;
  }
}

}  // namespace
}  // namespace tinyserve::http
