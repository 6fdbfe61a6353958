#include "base/clock.h"

#include <gtest/gtest.h>

namespace tinyserve {
namespace {

constexpr Instant at_us(std::int64_t mono_us) { return {.mono_us = mono_us}; }

TEST(Instant, CountsWholeMillisecondsThatHaveBegun) {
  EXPECT_EQ(at_us(0).mono_ms(), 0);
  EXPECT_EQ(at_us(4999).mono_ms(), 4);
  EXPECT_EQ(at_us(5000).mono_ms(), 5);
}

TEST(Instant, SaysWhenATimeHasPassedAndNotBefore) {
  EXPECT_EQ(at_us(5000).mono_ms_after(100), 105);
  EXPECT_EQ(at_us(5001).mono_ms_after(100), 106);
  EXPECT_EQ(at_us(5999).mono_ms_after(100), 106);
  EXPECT_EQ(at_us(5001).mono_ms_after(0), 6);
}

}  // namespace
}  // namespace tinyserve
