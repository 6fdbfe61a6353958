#include "base/human.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tinyserve {
namespace {

TEST(HumanSize, HasTwoDigitsOrThreeAndAUnit) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(999), "999 B");
  EXPECT_EQ(human_size(1000), "1.0 kB");
  EXPECT_EQ(human_size(5120), "5.1 kB");
  EXPECT_EQ(human_size(23'400'000), "23 MB");
  EXPECT_EQ(human_size(UINT64_MAX), "18 EB");
}

TEST(HumanSize, RoundsIntoTheNextUnit) {
  EXPECT_EQ(human_size(9'949), "9.9 kB");
  EXPECT_EQ(human_size(9'950), "10 kB");
  EXPECT_EQ(human_size(14'490), "14 kB");
  EXPECT_EQ(human_size(999'499), "999 kB");
  EXPECT_EQ(human_size(999'500), "1.0 MB");
}

TEST(HumanDuration, GoesFromMicrosecondsToHours) {
  EXPECT_EQ(human_duration(-5), "0 µs");
  EXPECT_EQ(human_duration(63), "63 µs");
  EXPECT_EQ(human_duration(1'234), "1.2 ms");
  EXPECT_EQ(human_duration(12'345'678), "12 s");
  EXPECT_EQ(human_duration(999'500'000), "17 min");
  EXPECT_EQ(human_duration(INT64_MAX), "2562047788 h");
}

}  // namespace
}  // namespace tinyserve
