#include "files/natural_order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tinyserve::files {
namespace {

using Names = std::vector<std::string>;

Names sorted(Names names) {
  std::sort(names.begin(), names.end(), natural_before);
  return names;
}

TEST(NaturalOrder, CountsNumbersInsteadOfSpellingThem) {
  EXPECT_EQ(sorted({"file10", "file9", "file2", "file1"}),
            (Names{"file1", "file2", "file9", "file10"}));
  EXPECT_EQ(sorted({"v1.10.0", "v1.9.12", "v1.9.2"}), (Names{"v1.9.2", "v1.9.12", "v1.10.0"}));
}

TEST(NaturalOrder, TakesNumbersOfAnyLength) {
  EXPECT_EQ(sorted({"n100000000000000000000000000000001", "n100000000000000000000000000000000",
                    "n99999999999999999999999999999999"}),
            (Names{"n99999999999999999999999999999999", "n100000000000000000000000000000000",
                   "n100000000000000000000000000000001"}));
}

TEST(NaturalOrder, DoesNotCareAboutCase) {
  EXPECT_EQ(sorted({"b", "C", "a", "B"}), (Names{"a", "B", "b", "C"}));
}

TEST(NaturalOrder, CountsLeadingZerosLast) {
  EXPECT_EQ(sorted({"a1b", "a01c", "a01a", "a001b", "a0", "a00"}),
            (Names{"a0", "a00", "a01a", "a001b", "a1b", "a01c"}));
}

TEST(NaturalOrder, PutsAPrefixFirst) {
  EXPECT_EQ(sorted({"ab", "a1", "a", "", "a 1", "a-1"}),
            (Names{"", "a", "a 1", "a-1", "a1", "ab"}));
}

TEST(NaturalOrder, ComparesOtherBytesAsUnsigned) {
  EXPECT_EQ(sorted({"\xFF", "\xC3\xA4", "z", "~"}), (Names{"z", "~", "\xC3\xA4", "\xFF"}));
}

TEST(NaturalOrder,
     IsAnOrder) {  // what std::sort relies on: exactly one of a<b, a=b, b<a; transitive
  const Names names{"",   "0",   "00", "1",    "01", "a",    "A",
                    "a0", "a00", "A1", "a01b", "-",  "\xFF", "b"};
  for (const std::string& a : names) {
    for (const std::string& b : names) {
      EXPECT_EQ(natural_before(a, b) + natural_before(b, a), a == b ? 0 : 1) << a << ' ' << b;
      for (const std::string& c : names) {
        EXPECT_FALSE(natural_before(a, b) && natural_before(b, c) && !natural_before(a, c))
            << a << ' ' << b << ' ' << c;
      }
    }
  }
}

}  // namespace
}  // namespace tinyserve::files
