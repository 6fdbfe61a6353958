#include "http/entity_tag.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace tinyserve::http {
namespace {

using Lines = std::vector<std::string_view>;

constexpr EntityTag kOurs{false, R"("abc")"};

bool matches_weakly(const Lines& lines) { return list_matches(lines, kOurs, Comparison::kWeak); }
bool matches_strongly(const Lines& lines) {
  return list_matches(lines, kOurs, Comparison::kStrong);
}

TEST(EntityTag, ComparesAsTheTableOfTheRfc) {  // RFC 9110 §8.8.3.2
  const EntityTag strong_1{false, R"("1")"};
  const EntityTag weak_1{true, R"("1")"};
  const EntityTag weak_2{true, R"("2")"};
  EXPECT_FALSE(strong_match(weak_1, weak_1));
  EXPECT_TRUE(weak_match(weak_1, weak_1));
  EXPECT_FALSE(strong_match(weak_1, weak_2));
  EXPECT_FALSE(weak_match(weak_1, weak_2));
  EXPECT_FALSE(strong_match(weak_1, strong_1));
  EXPECT_FALSE(strong_match(strong_1, weak_1));
  EXPECT_TRUE(weak_match(weak_1, strong_1));
  EXPECT_TRUE(strong_match(strong_1, strong_1));
  EXPECT_TRUE(weak_match(strong_1, strong_1));
}

TEST(EntityTag, MatchesNothingWhenThereIsNone) {
  EXPECT_FALSE(strong_match({}, {}));
  EXPECT_FALSE(weak_match({}, {}));
}

TEST(EntityTag, IsReadFromTheFront) {
  const auto leading = parse_leading_tag(R"(W/"a,b" , "c")");
  ASSERT_TRUE(leading);
  EXPECT_TRUE(leading->tag.weak);
  EXPECT_EQ(leading->tag.opaque, R"("a,b")");
  EXPECT_EQ(leading->rest, R"( , "c")");
}

TEST(EntityTag, MayBeEmptyWithinItsQuotes) {
  ASSERT_TRUE(parse_entity_tag(R"("")"));
  EXPECT_EQ(parse_entity_tag(R"("")")->opaque, R"("")");
  EXPECT_TRUE(weak_match(*parse_entity_tag(R"("")"), {false, R"("")"}));
}

TEST(EntityTag, TakesABackslashForAnOrdinaryByte) {
  ASSERT_TRUE(parse_entity_tag(R"("a\")"));
  EXPECT_EQ(parse_entity_tag(R"("a\")")->opaque, R"("a\")");
}

TEST(EntityTag, MayHoldBytesAboveAscii) { EXPECT_TRUE(parse_entity_tag("\"\x80\xFF\"")); }

TEST(EntityTag, IsRefusedInOtherSpellings) {
  for (const std::string_view text :
       {"", "abc", "\"abc", "abc\"", "w/\"abc\"", "W\"abc\"", "W/ \"abc\"", "W/", "\"a b\"",
        "\"a\tb\"", "\"a\x7F\"", "'abc'", "\"abc\"x", "\"abc\" ", " \"abc\"", "\"a\"b\""}) {
    EXPECT_FALSE(parse_entity_tag(text)) << text;
  }
}

TEST(EntityTagList, FindsOursAmongOthers) {
  EXPECT_TRUE(matches_weakly({R"("abc")"}));
  EXPECT_TRUE(matches_weakly({R"("x", "abc")"}));
  EXPECT_TRUE(matches_weakly({R"( "abc" , "x")"}));
  EXPECT_TRUE(matches_weakly({R"(,,"abc",,)"}));
  EXPECT_TRUE(matches_weakly({R"("x","abc","y")"}));
  EXPECT_FALSE(matches_weakly({R"("x", "ab", "abcd", "ABC")"}));
  EXPECT_FALSE(matches_weakly({""}));
  EXPECT_FALSE(matches_weakly({}));
}

TEST(EntityTagList, ReadsAllLines) {
  EXPECT_TRUE(matches_weakly({R"("x")", R"("y", "abc")"}));
  EXPECT_TRUE(matches_weakly({"", R"("abc")"}));
  EXPECT_FALSE(matches_weakly({R"("x")", R"("y")"}));
}

TEST(EntityTagList, KeepsCommasWithinQuotes) {
  EXPECT_FALSE(matches_weakly({R"("x,"abc",y")"}));
  EXPECT_TRUE(list_matches(Lines{R"("x", "a,b")"}, {false, R"("a,b")"}, Comparison::kStrong));
  EXPECT_FALSE(list_matches(Lines{R"("x,y")"}, {false, R"("y")"}, Comparison::kWeak));
}

TEST(EntityTagList, HonoursTheComparison) {
  EXPECT_TRUE(matches_weakly({R"(W/"abc")"}));
  EXPECT_FALSE(matches_strongly({R"(W/"abc")"}));
  EXPECT_TRUE(matches_strongly({R"(W/"abc", "abc")"}));
  EXPECT_FALSE(list_matches(Lines{R"("abc")"}, {true, R"("abc")"}, Comparison::kStrong));
}

TEST(EntityTagList, TakesAStarForAnything) {
  EXPECT_TRUE(matches_strongly({"*"}));
  EXPECT_TRUE(matches_weakly({" * "}));
  EXPECT_TRUE(list_matches(Lines{"*"}, {}, Comparison::kStrong));
}

TEST(EntityTagList, TakesAStarOnlyAlone) {
  EXPECT_FALSE(matches_weakly({"*, \"x\""}));
  EXPECT_FALSE(matches_weakly({"\"x\", *"}));
  EXPECT_FALSE(matches_weakly({"*", "\"x\""}));
  EXPECT_FALSE(matches_weakly({"**"}));
  EXPECT_FALSE(matches_weakly({"\"*\""}));
}

TEST(EntityTagList, MatchesNothingWithoutQuotes) {
  EXPECT_FALSE(matches_weakly({"abc"}));
  EXPECT_FALSE(matches_weakly({"'abc'"}));
  EXPECT_FALSE(matches_weakly({"w/\"abc\""}));
  EXPECT_FALSE(matches_weakly({"\"abc"}));
  EXPECT_FALSE(matches_weakly({"\"abc\"x"}));
  EXPECT_FALSE(matches_weakly({"x\"abc\""}));
  EXPECT_FALSE(matches_weakly({"x \"abc\""}));
  EXPECT_FALSE(matches_weakly({"\"x\" \"abc\""}));
}

TEST(EntityTagList, GoesOnAfterAMalformedElement) {
  EXPECT_TRUE(matches_weakly({"x, \"abc\""}));
  EXPECT_TRUE(matches_weakly({"\"x\"y, \"abc\""}));
}

}  // namespace
}  // namespace tinyserve::http
