#include "cmd/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tinyserve::cmd {
namespace {

TEST(EditDistance, CountsSteps) {
  EXPECT_EQ(edit_distance("port", "port"), 0u);
  EXPECT_EQ(edit_distance("prot", "port"), 1u);
  EXPECT_EQ(edit_distance("por", "port"), 1u);
  EXPECT_EQ(edit_distance("porrt", "port"), 1u);
  EXPECT_EQ(edit_distance("pord", "port"), 1u);
  EXPECT_EQ(edit_distance("", "port"), 4u);
  EXPECT_EQ(edit_distance("port", ""), 4u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(Nearest, IsTheClosestOfThoseThatAreClose) {
  const std::vector<std::string> names{"dist", "site", "sites"};
  EXPECT_EQ(nearest("sit", names), "site");
  EXPECT_EQ(nearest("stie", names), "site");
  EXPECT_EQ(nearest("sitess", names), "sites");
}

TEST(Nearest, IsNothingWhenAllAreFar) {
  const std::vector<std::string> names{"a", "dist", "site"};
  EXPECT_EQ(nearest("public", names), "");
  EXPECT_EQ(nearest("x", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest("site", {}), "");
}

}  // namespace
}  // namespace tinyserve::cmd
