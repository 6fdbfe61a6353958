#include "handlers/html.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tinyserve::handlers {
namespace {

TEST(EscapeHtml, EscapesTheFiveSpecialCharacters) {
  EXPECT_EQ(escape_html("<a href='x' title=\"y\">&amp;"),
            "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;");
}

TEST(EscapeHtml, KeepsUtf8) {
  const std::string text = "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80 a\xC2\xA0z";
  EXPECT_EQ(escape_html(text), text);
}

TEST(EscapeHtml, KeepsJoinersAndMarksOfDirection) {
  const std::string text = "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x92\xBB \xE2\x80\x8F";
  EXPECT_EQ(escape_html(text), text);
}

TEST(EscapeHtml, SpellsControlCharacters) {
  EXPECT_EQ(escape_html("a\nb\tc\rd\x1B[31m\x7F"), "a\\nb\\tc\\rd\\x1B[31m\\x7F");
  EXPECT_EQ(escape_html(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(escape_html("\xC2\x80\xC2\x9F"), "\\u0080\\u009F");
}

TEST(EscapeHtml, SpellsWhatIsInvisibleOrTurnsTheDirection) {
  EXPECT_EQ(escape_html("gpj.\xE2\x80\xAEtxt"), "gpj.\\u202Etxt");
  EXPECT_EQ(escape_html("\xE2\x81\xA6|\xE2\x81\xA9"), "\\u2066|\\u2069");
  EXPECT_EQ(escape_html("\xE2\x80\x8B|\xEF\xBB\xBF|\xE2\x80\xA8"), "\\u200B|\\uFEFF|\\u2028");
}

TEST(EscapeHtml, SpellsBytesThatAreNoUtf8) {
  EXPECT_EQ(escape_html("\xFF\xC3<"), "\\xFF\\xC3&lt;");
  EXPECT_EQ(escape_html("\xED\xA0\x80"), "\\xED\\xA0\\x80");
}

TEST(NameHtml, KeepsTheDirectionOfTheNameToItself) {
  EXPECT_EQ(name_html("a&b"), "<bdi>a&amp;b</bdi>");
  EXPECT_EQ(name_html(""), "<bdi></bdi>");
}

TEST(NameHtml, MarksWhatIsSpelt) {
  EXPECT_EQ(name_html("a\n\xFF\\n"), "<bdi>a<i>\\n</i><i>\\xFF</i>\\n</bdi>");
}

}  // namespace
}  // namespace tinyserve::handlers
