#include "http/grammar.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "support/guard_page.h"

namespace tinyserve::http {
namespace {

// Every byte value below 0x80 that `holds`, in order; those above must all be as `high` says.
template <class Holds>
std::string ascii_where(Holds holds, bool high) {
  std::string found;
  for (unsigned i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    if (i >= 0x80) {
      EXPECT_EQ(holds(c), high) << i;
    } else if (holds(c)) {
      found += c;
    }
  }
  return found;
}

constexpr std::string_view kVisible =
    "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz"
    "{|}~";

TEST(Grammar, KnowsTheBytesOfATokenAndAValue) {  // RFC 9110 §5.6.2, §5.5
  EXPECT_EQ(ascii_where(is_token_char, false),
            "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~");
  EXPECT_EQ(ascii_where(is_value_char, true), "\t " + std::string(kVisible));
}

TEST(Grammar, KnowsTheBytesOfATarget) {  // §3.4
  EXPECT_EQ(
      ascii_where(is_path_char, false),
      "!$%&'()*+,-./0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz|~");
  EXPECT_EQ(ascii_where(is_query_char, false), kVisible);
}

TEST(Grammar, KnowsTheBytesOfAUri) {  // RFC 3986 §3.2.2, §2.3
  EXPECT_EQ(ascii_where(is_reg_name_char, false),
            "!$%&'()*+,-.0123456789;=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
  EXPECT_EQ(ascii_where(is_unreserved_char, false),
            "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");
}

TEST(Grammar, WantsTwoDigitsBehindEveryPercentSign) {  // RFC 3986 §2.1
  for (const std::string_view good : {"", "a", "%41", "a%C3%a4b", "%25%32%35"}) {
    EXPECT_TRUE(escapes_are_whole(test::GuardPage(good).view())) << good;
  }
  for (const std::string_view bad :
       {"%", "%4", "a%", "%zz", "%4z", "%z4", "%%41", "%41%", "%4%1"}) {
    EXPECT_FALSE(escapes_are_whole(test::GuardPage(bad).view())) << bad;
  }
}

}  // namespace
}  // namespace tinyserve::http
