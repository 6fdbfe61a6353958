#include "http/list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tinyserve::http {
namespace {

using Strings = std::vector<std::string>;

Strings elements_of(std::string_view value) {
  Strings found;
  ListElements elements(value);
  while (const auto element = elements.next()) found.emplace_back(*element);
  return found;
}

TEST(List, SplitsAtCommasAndTrimsSpacesAndTabs) {
  EXPECT_EQ(elements_of("a,b"), (Strings{"a", "b"}));
  EXPECT_EQ(elements_of(" a \t,\t b c "), (Strings{"a", "b c"}));
}

TEST(List, IgnoresEmptyElements) {  // RFC 9110 §5.6.1.2
  EXPECT_EQ(elements_of(""), Strings{});
  EXPECT_EQ(elements_of(" , ,"), Strings{});
  EXPECT_EQ(elements_of(",a,,b,"), (Strings{"a", "b"}));
}

TEST(List, TrimsNoOtherBytesThanSpaceAndTab) {
  EXPECT_EQ(elements_of("\va\f,\xA0"), (Strings{"\va\f", "\xA0"}));
}

TEST(List, DoesNotSplitWithinQuotes) {
  EXPECT_EQ(elements_of(R"(a;b="c,d",e)"), (Strings{R"(a;b="c,d")", "e"}));
}

TEST(List, TakesAnEscapedQuoteForAByteOfTheString) {
  EXPECT_EQ(elements_of(R"("a\",b",c)"), (Strings{R"("a\",b")", "c"}));
  EXPECT_EQ(elements_of(R"("a\\",c)"), (Strings{R"("a\\")", "c"}));
}

TEST(List, LetsAStringThatIsNeverClosedReachToTheEnd) {
  EXPECT_EQ(elements_of(R"(a,"b,c)"), (Strings{"a", R"("b,c)"}));
  EXPECT_EQ(elements_of(R"("b\)"), (Strings{R"("b\)"}));
}

TEST(List, EscapesOnlyWithinQuotes) { EXPECT_EQ(elements_of(R"(a\,b)"), (Strings{"a\\", "b"})); }

TEST(FindUnquoted, ReturnsTheSizeOfTheFront) {
  EXPECT_EQ(find_unquoted("ab;c", ';'), 2U);
  EXPECT_EQ(find_unquoted(R"("a;b";c)", ';'), 5U);
  EXPECT_EQ(find_unquoted("abc", ';'), 3U);
  EXPECT_EQ(find_unquoted("", ';'), 0U);
}

TEST(HasToken, ComparesWholeTokensInAnyCase) {
  EXPECT_TRUE(has_token("Keep-Alive, CLOSE", "close"));
  EXPECT_TRUE(has_token("close", "close"));
  EXPECT_FALSE(has_token("closed, not-close", "close"));
  EXPECT_FALSE(has_token("close x", "close"));
  EXPECT_FALSE(has_token("\"close\"", "close"));
  EXPECT_FALSE(has_token("", "close"));
}

}  // namespace
}  // namespace tinyserve::http
