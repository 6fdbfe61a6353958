#include "http/query.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "support/guard_page.h"

namespace tinyserve::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs parsed(std::string_view query) { return parse_query(test::GuardPage(query).view()); }

TEST(Query, IsPairsOfNamesAndValues) {
  EXPECT_EQ(parsed(""), Pairs{});
  EXPECT_EQ(parsed("&&"), Pairs{});
  EXPECT_EQ(parsed("a"), (Pairs{{"a", ""}}));
  EXPECT_EQ(parsed("a=&=b&&a=1=2"), (Pairs{{"a", ""}, {"", "b"}, {"a", "1=2"}}));
}

TEST(Query, IsDecodedAsFormsAreEncoded) {
  EXPECT_EQ(parsed("a+b=%2B%26%3d"), (Pairs{{"a b", "+&="}}));
  EXPECT_EQ(parsed("a=%00%FF"), (Pairs{{"a", std::string("\0\xFF", 2)}}));
  EXPECT_EQ(parsed("100%&%2&%zz=%4"), (Pairs{{"100%", ""}, {"%2", ""}, {"%zz", "%4"}}));
}

}  // namespace
}  // namespace tinyserve::http
