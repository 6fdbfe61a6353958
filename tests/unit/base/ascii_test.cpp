#include "base/ascii.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "support/guard_page.h"

namespace tinyserve {
namespace {

using namespace std::string_view_literals;

// Every byte value that `holds`, in order.
template <class Holds>
std::string bytes_where(Holds holds) {
  std::string found;
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    if (holds(c)) found += c;
  }
  return found;
}

TEST(Ascii, KnowsDigitsAndLettersAndNoOtherBytes) {
  EXPECT_EQ(bytes_where(is_digit), "0123456789");
  EXPECT_EQ(bytes_where(is_alpha), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

TEST(Ascii, LowersAToZAndNothingElse) {
  EXPECT_EQ(bytes_where([](char c) { return to_lower(c) != c; }), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  EXPECT_EQ(to_lower('A'), 'a');
  EXPECT_EQ(to_lower('Z'), 'z');
}

TEST(Ascii, ReadsHexadecimalDigitsInBothCases) {
  EXPECT_EQ(bytes_where([](char c) { return hex_value(c) >= 0; }), "0123456789ABCDEFabcdef");
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('9'), 9);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
}

TEST(Ascii, ComparesWithoutCase) {
  EXPECT_TRUE(iequals("", ""));
  EXPECT_TRUE(iequals("Content-LENGTH", "content-length"));
  EXPECT_FALSE(iequals("abc", "abcd"));
  EXPECT_FALSE(iequals("a-b", "a_b"));
  EXPECT_FALSE(iequals("@", "`"));        // 32 apart, but no letters
  EXPECT_FALSE(iequals("\xC4", "\xE4"));  // letters in Latin-1 only
}

TEST(Ascii, TrimsSpacesAndTabsOnly) {
  EXPECT_EQ(trim_ows(" \t a b\t \t"), "a b");
  EXPECT_EQ(trim_ows(" \t "), "");
  EXPECT_EQ(trim_ows(""), "");
  for (const std::string_view other :
       {"\v"sv, "\f"sv, "\0"sv, "\x85"sv, "\xA0"sv, "\r"sv, "\n"sv}) {
    EXPECT_EQ(trim_ows(other), other);
  }
}

TEST(Ascii, ReadsDecimalNumbersUpTo63Bits) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("1234567890"), 1234567890U);
  EXPECT_EQ(parse_decimal("0010"), 10U);  // never octal
  EXPECT_EQ(parse_decimal("9223372036854775807"), 9223372036854775807U);
  EXPECT_EQ(parse_decimal("000000000000000000000000000001"), 1U);
}

TEST(Ascii, RefusesWhatIsNoDecimalNumber) {
  for (const std::string_view text :
       {""sv, "-1"sv, "+1"sv, " 1"sv, "1 "sv, "0x1"sv, "1_0"sv, "1.0"sv, "1e1"sv, "a"sv, "1\0"sv,
        "\xB2"sv, "9223372036854775808"sv, "18446744073709551616"sv,
        "99999999999999999999999999"sv}) {
    EXPECT_EQ(parse_decimal(test::GuardPage(text).view()), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace tinyserve
