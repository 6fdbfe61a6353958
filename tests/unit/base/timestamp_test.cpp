#include "base/timestamp.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace tinyserve {
namespace {

std::string text_of(std::int64_t time_us) {
  const auto text = format_timestamp(time_us);
  return {text.data(), text.size()};
}

TEST(Timestamp, SpellsAMomentInMilliseconds) {
  EXPECT_EQ(text_of(1'795'342'530'123'999), "2026-11-22T10:15:30.123Z");
}

TEST(Timestamp, KnowsTheEdgesOfDaysYearsAndLeapYears) {
  EXPECT_EQ(text_of(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(text_of(86'399'999'999), "1970-01-01T23:59:59.999Z");
  EXPECT_EQ(text_of(951'782'400'000'000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(text_of(4'107'542'399'999'000), "2100-02-28T23:59:59.999Z");
  EXPECT_EQ(text_of(4'107'542'400'000'000), "2100-03-01T00:00:00.000Z");
}

TEST(Timestamp, StaysWithinFourDigitYears) {
  EXPECT_EQ(text_of(-1), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(text_of(INT64_MIN), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(text_of(253'402'300'800'000'000), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(text_of(INT64_MAX), "9999-12-31T23:59:59.999Z");
}

TEST(TimestampCache, SpellsWhatFormatTimestampSpells) {
  TimestampCache cache;
  for (const std::int64_t time_us :
       {1'795'342'530'123'999, 1'795'342'530'999'999, 1'795'342'530'000'000, 1'795'342'529'999'999,
        1'795'342'531'000'000, INT64_C(0), INT64_C(-1), INT64_MIN, INT64_MAX,
        253'402'300'799'999'999, 253'402'300'799'000'000, 253'402'300'800'000'000}) {
    EXPECT_EQ(cache.format(time_us), format_timestamp(time_us)) << time_us;
  }
}

TEST(TimestampCache, BeginsIn1970) {
  TimestampCache cache;
  EXPECT_EQ(cache.format(7'000), format_timestamp(7'000));
}

}  // namespace
}  // namespace tinyserve
