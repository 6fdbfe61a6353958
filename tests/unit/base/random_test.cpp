#include "base/random.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace tinyserve {
namespace {

TEST(RandomBits, AreOthersEachTime) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random_bits());
  EXPECT_EQ(seen.size(), 1000U);
}

TEST(RandomBits, HaveNoneThatStaysTheSame) {
  std::uint64_t set_once = 0;
  std::uint64_t set_always = ~std::uint64_t{0};
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t bits = random_bits();
    set_once |= bits;
    set_always &= bits;
  }
  EXPECT_EQ(set_once, ~std::uint64_t{0});
  EXPECT_EQ(set_always, 0U);
}

}  // namespace
}  // namespace tinyserve
