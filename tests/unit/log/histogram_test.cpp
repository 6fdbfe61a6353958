#include "log/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tinyserve::log {
namespace {

TEST(Histogram, OfNothingIsZero) {
  EXPECT_EQ(Histogram().percentile(50), 0);
  EXPECT_EQ(Histogram().percentile(100), 0);
}

TEST(Histogram, IsExactWhereValuesAreSmall) {
  Histogram histogram;
  for (int value = 1; value <= 20; ++value) histogram.add(value);
  EXPECT_EQ(histogram.percentile(0), 1);
  EXPECT_EQ(histogram.percentile(50), 10);
  EXPECT_EQ(histogram.percentile(95), 19);
  EXPECT_EQ(histogram.percentile(99), 20);
  EXPECT_EQ(histogram.percentile(100), 20);
}

TEST(Histogram, IsWrongByAThirtySecondAtMost) {
  for (std::int64_t value = 1; value < Histogram::kMostValue; value += value / 7 + 1) {
    Histogram histogram;
    histogram.add(value);
    const double told = static_cast<double>(histogram.percentile(50));
    ASSERT_NEAR(told / static_cast<double>(value), 1.0, 1.0 / 32) << value;
  }
}

TEST(Histogram, TellsPercentilesOfManyValues) {
  Histogram histogram;
  for (int value = 1; value <= 100'000; ++value) histogram.add(value);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(50)), 50'000, 50'000 / 32.0);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(99)), 99'000, 99'000 / 32.0);
}

TEST(Histogram, TakesInAllThatAnotherCounted) {
  Histogram histogram;
  Histogram other;
  for (int value = 1; value <= 10; ++value) histogram.add(value);
  for (int value = 11; value <= 20; ++value) other.add(value);
  histogram.add_all(other);
  EXPECT_EQ(histogram.percentile(50), 10);
  EXPECT_EQ(histogram.percentile(75), 15);
  EXPECT_EQ(histogram.percentile(100), 20);
}

TEST(Histogram, TakesValuesOutOfItsRangeAsItsEnds) {
  Histogram histogram;
  histogram.add(-1);
  histogram.add(INT64_MAX);
  EXPECT_EQ(histogram.percentile(50), 0);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(100)),
              static_cast<double>(Histogram::kMostValue), 1.4e11);
}

}  // namespace
}  // namespace tinyserve::log
