#include "base/utf8.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "support/guard_page.h"

namespace tinyserve {
namespace {

struct Case {
  std::string_view text;
  std::size_t size;
};

// RFC 3629 §4, at the ends of each row of its table.
constexpr Case kCases[] = {
    {{"\x00", 1}, 1},
    {"\x7F", 1},
    {"\xC2\x80", 2},
    {"\xDF\xBF", 2},
    {"\xE0\xA0\x80", 3},
    {"\xE0\xBF\xBF", 3},
    {"\xE1\x80\x80", 3},
    {"\xEC\xBF\xBF", 3},
    {"\xED\x80\x80", 3},
    {"\xED\x9F\xBF", 3},
    {"\xEE\x80\x80", 3},
    {"\xEF\xBF\xBF", 3},
    {"\xF0\x90\x80\x80", 4},
    {"\xF1\x80\x80\x80", 4},
    {"\xF3\xBF\xBF\xBF", 4},
    {"\xF4\x8F\xBF\xBF", 4},
    {"\x80", 0},              // a continuation first
    {"\xBF\x80", 0},          //
    {"\xC0\x80", 0},          // overlong NUL
    {"\xC1\xBF", 0},          // overlong
    {"\xE0\x9F\xBF", 0},      // overlong
    {"\xF0\x8F\xBF\xBF", 0},  // overlong
    {"\xED\xA0\x80", 0},      // a surrogate
    {"\xED\xBF\xBF", 0},      //
    {"\xF4\x90\x80\x80", 0},  // above U+10FFFF
    {"\xF5\x80\x80\x80", 0},  //
    {"\xFF", 0},
    {"\xC3(", 0},  // no continuation
    {"\xE2(\xA1", 0},
    {"\xE2\x82(", 0},
    {"\xF0(\x8C\xBC", 0},
    {"\xF0\x90(\xBC", 0},
    {"\xF0\x90\x8C(", 0},
    {"\xC3\xC0", 0},
    {"\xE2\x82\xC0", 0},
    {"\xF0\x90\x80\xC0", 0},
    {"\xF1\x7F\x80\x80", 0},
};

TEST(Utf8, MeasuresOneSequenceAndRefusesWhatIsNone) {
  for (const Case& c : kCases) {
    const test::GuardPage flush(c.text);
    EXPECT_EQ(utf8_sequence_size(flush.view()), c.size) << ::testing::PrintToString(c.text);
    EXPECT_EQ(utf8_sequence_size(std::string(c.text) + "\x80tail"), c.size);
  }
}

TEST(Utf8, RefusesWhatIsCutShort) {
  for (const std::string_view whole : {"\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const test::GuardPage flush(whole.substr(0, size));
      EXPECT_EQ(utf8_sequence_size(flush.view()), 0U);
    }
  }
}

TEST(Utf8, IsWholeWhereEverySequenceIs) {
  for (const std::string_view text : {"", "a",
                                      "Gr\xC3\xBC\xC3\x9F"
                                      "e",
                                      "\xF0\x9F\x98\x80\n"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const std::string_view text : {"\xFF", "a\xC3", "\xE2\x82(", "ok\x80ok"}) {
    EXPECT_FALSE(is_utf8(text)) << ::testing::PrintToString(text);
  }
}

TEST(Utf8, ReplacesWithACharacterThatIsWhole) {
  EXPECT_EQ(utf8_sequence_size(kReplacementCharacter), kReplacementCharacter.size());
}

}  // namespace
}  // namespace tinyserve
