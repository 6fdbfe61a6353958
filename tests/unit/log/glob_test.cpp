#include "log/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace tinyserve::log {
namespace {

TEST(Glob, DescribesTheWholeText) {
  EXPECT_TRUE(glob_matches("/favicon.ico", "/favicon.ico"));
  EXPECT_FALSE(glob_matches("/favicon.ico", "/favicon.icon"));
  EXPECT_FALSE(glob_matches("/favicon.ico", "/favicon.ic"));
  EXPECT_FALSE(glob_matches("favicon.ico", "/favicon.ico"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "/"));
}

TEST(Glob, StarTakesAnythingEvenASlashOrNothing) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("*.map", "/assets/js/app.map"));
  EXPECT_TRUE(glob_matches("/assets/*", "/assets/"));
  EXPECT_TRUE(glob_matches("/assets/*", "/assets/a/b"));
  EXPECT_FALSE(glob_matches("/assets/*", "/assets"));
  EXPECT_TRUE(glob_matches("/a*b*c", "/abbbc"));
  EXPECT_TRUE(glob_matches("/a*bc", "/abcbc"));
  EXPECT_FALSE(glob_matches("/a*b*c", "/abbbcd"));
  EXPECT_TRUE(glob_matches("**", "/x"));
}

TEST(Glob, QuestionMarkTakesOneByte) {
  EXPECT_TRUE(glob_matches("/a?c", "/abc"));
  EXPECT_TRUE(glob_matches("/a?c", "/a/c"));
  EXPECT_FALSE(glob_matches("/a?c", "/ac"));
}

TEST(Glob, BracketsTakeOneOfASet) {
  EXPECT_TRUE(glob_matches("/[abc]", "/b"));
  EXPECT_FALSE(glob_matches("/[abc]", "/d"));
  EXPECT_TRUE(glob_matches("/v[0-9].js", "/v7.js"));
  EXPECT_FALSE(glob_matches("/v[!0-9].js", "/v7.js"));
  EXPECT_TRUE(glob_matches("/v[^0-9].js", "/vx.js"));
  EXPECT_TRUE(glob_matches("/[]]", "/]"));
  EXPECT_TRUE(glob_matches("/[!]]", "/x"));
  EXPECT_TRUE(glob_matches("/[a-]", "/-"));
  EXPECT_TRUE(glob_matches("/[\x80-\xff]", "/\xe2"));
}

TEST(Glob, BracketThatNothingClosesIsItself) {
  EXPECT_TRUE(glob_matches("/[id", "/[id"));
  EXPECT_FALSE(glob_matches("/[id", "/i"));
}

TEST(Glob, BackslashTakesTheMeaning) {
  EXPECT_TRUE(glob_matches("/\\*", "/*"));
  EXPECT_FALSE(glob_matches("/\\*", "/x"));
  EXPECT_TRUE(glob_matches("/\\[id\\]", "/[id]"));
  EXPECT_TRUE(glob_matches("/x\\", "/x\\"));
}

// With a matcher that tries every place of every star this would not end.
TEST(Glob, IsNotSlowedDownByManyStars) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(8000, 'a')));
}

}  // namespace
}  // namespace tinyserve::log
