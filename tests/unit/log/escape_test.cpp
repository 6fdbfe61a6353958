#include "log/escape.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace tinyserve::log {
namespace {

std::string escaped(std::string_view text, std::size_t max_bytes = 2048) {
  Buffer out;
  append_escaped(out, text, max_bytes);
  return std::string(out.view());
}

TEST(Escaped, KeepsPrintableAscii) {
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("/a%20b?v=[2]&~'x' (y)"), "/a%20b?v=[2]&~'x' (y)");
}

TEST(Escaped, SpellsWhatCouldEndAFieldOrALine) {
  EXPECT_EQ(escaped("a\"b\\c\r\nd"), R"(a\x22b\x5Cc\x0D\x0Ad)");
}

TEST(Escaped, SpellsWhatTerminalsObey) {
  EXPECT_EQ(escaped("\x1b]0;x\x07\x7f"), R"(\x1B]0;x\x07\x7F)");
  EXPECT_EQ(escaped("\xc2\x9b\u202E"), R"(\xC2\x9B\xE2\x80\xAE)");
}

TEST(Escaped, LetsNoOtherByteThroughWhereverItStands) {
  for (int value = 0; value < 256; ++value) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text(20, 'a');
      text[at] = static_cast<char>(value);
      const std::string out = escaped(text);
      ASSERT_TRUE(std::all_of(out.begin(), out.end(), [](char c) {
        return c >= ' ' && c <= '~' && c != '"';
      })) << value;
      const bool is_itself = value >= ' ' && value <= '~' && value != '"' && value != '\\';
      ASSERT_EQ(out.size(), is_itself ? 20u : 23u) << value;
    }
  }
}

TEST(Escaped, IsCutByTheBytesItTakesNeverWithinAnEscape) {
  EXPECT_EQ(escaped("abcd", 4), "abcd");
  EXPECT_EQ(escaped("abcde", 4), "abcd...");
  EXPECT_EQ(escaped("a\n\n", 9), R"(a\x0A\x0A)");
  EXPECT_EQ(escaped("a\n\n", 8), R"(a\x0A...)");
  EXPECT_EQ(escaped("\n", 3), "...");
  EXPECT_EQ(escaped("a", 0), "...");
}

}  // namespace
}  // namespace tinyserve::log
