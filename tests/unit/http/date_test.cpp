#include "http/date.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace tinyserve::http {
namespace {

constexpr std::int64_t kNow = 1'795'342'530;  // Sun, 22 Nov 2026 10:15:30 GMT
constexpr std::int64_t kFirst = -62'167'219'200;
constexpr std::int64_t kLast = 253'402'300'799;

std::string format(std::int64_t seconds) {
  const auto text = format_date(seconds);
  return {text.data(), text.size()};
}

TEST(FormatDate, WritesTheFixedForm) {  // the example of RFC 9110 §5.6.7
  EXPECT_EQ(format(784'111'777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format(kNow), "Sun, 22 Nov 2026 10:15:30 GMT");
}

TEST(FormatDate, KnowsLeapDays) {
  EXPECT_EQ(format(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
  EXPECT_EQ(format(951'868'800), "Wed, 01 Mar 2000 00:00:00 GMT");
  EXPECT_EQ(format(4'107'542'399), "Sun, 28 Feb 2100 23:59:59 GMT");
  EXPECT_EQ(format(4'107'542'400), "Mon, 01 Mar 2100 00:00:00 GMT");
  EXPECT_EQ(format(1'709'164'800), "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST(FormatDate, WritesYearsBefore1970) {
  EXPECT_EQ(format(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
  EXPECT_EQ(format(-2'203'891'201), "Wed, 28 Feb 1900 23:59:59 GMT");
  EXPECT_EQ(format(-2'203'891'200), "Thu, 01 Mar 1900 00:00:00 GMT");
}

TEST(FormatDate, StaysWithinFourDigits) {
  EXPECT_EQ(format(kFirst), "Sat, 01 Jan 0000 00:00:00 GMT");
  EXPECT_EQ(format(kFirst - 1), "Sat, 01 Jan 0000 00:00:00 GMT");
  EXPECT_EQ(format(std::numeric_limits<std::int64_t>::min()), "Sat, 01 Jan 0000 00:00:00 GMT");
  EXPECT_EQ(format(kLast), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format(kLast + 1), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(format(std::numeric_limits<std::int64_t>::max()), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST(AppendDate, AddsToWhatIsThere) {
  std::string out = "Date: ";
  append_date(out, 784'111'777);
  EXPECT_EQ(out, "Date: Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(ParseDate, ReadsAllThreeForms) {  // RFC 9110 §5.6.7
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", kNow), 784'111'777);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kNow), 784'111'777);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", kNow), 784'111'777);
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994", kNow), 784'975'777);
}

TEST(ParseDate, ReadsWhatFormatDateWrites) {
  // A step that is no multiple of a day or an hour visits every month and every time of day.
  for (std::int64_t t = kFirst; t <= kLast; t += 86'400 * 97 + 3'599) {
    ASSERT_EQ(parse_date(format(t), kNow), t) << format(t);
  }
  for (std::int64_t t = 946'684'800 - 86'400 * 400; t < 946'684'800 + 86'400 * 1500; t += 86'399) {
    ASSERT_EQ(parse_date(format(t), kNow), t) << format(t);
  }
  EXPECT_EQ(parse_date(format(kLast), kNow), kLast);
}

TEST(ParseDate, TakesEachDayForTheOneAfterTheLast) {
  // Weekdays advance by one from each day to the next, through all of two periods of the calendar.
  const std::string days = "SunMonTueWedThuFriSat";
  std::size_t weekday = days.find(format(kFirst).substr(0, 3)) / 3;
  for (std::int64_t t = kFirst; t < kFirst + 86'400LL * 146'097 * 2; t += 86'400) {
    ASSERT_EQ(format(t).substr(0, 3), days.substr(weekday * 3, 3)) << format(t);
    weekday = (weekday + 1) % 7;
  }
}

TEST(ParseDate, RefusesFieldsOutOfRange) {
  for (const std::string_view text : {
           "Sun, 31 Feb 1994 08:49:37 GMT",
           "Sun, 29 Feb 1900 08:49:37 GMT",
           "Sun, 29 Feb 2023 08:49:37 GMT",
           "Sun, 31 Apr 1994 08:49:37 GMT",
           "Sun, 00 Nov 1994 08:49:37 GMT",
           "Sun, 32 Jan 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 24:00:00 GMT",
           "Sun, 06 Nov 1994 08:60:37 GMT",
           "Sun, 06 Nov 1994 08:49:61 GMT",
           "Sunday, 31-Nov-94 08:49:37 GMT",
           "Sun Nov  0 08:49:37 1994",
           "Sun Nov 31 08:49:37 1994",
       }) {
    EXPECT_EQ(parse_date(text, kNow), std::nullopt) << text;
  }
}

TEST(ParseDate, TakesALeapSecond) {
  EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT", kNow), 1'483'228'800);
}

TEST(ParseDate, AcceptsADayNameThatDoesNotFitButNoInventedOne) {
  EXPECT_EQ(parse_date("Mon, 06 Nov 1994 08:49:37 GMT", kNow), 784'111'777);
  EXPECT_EQ(parse_date("Son, 06 Nov 1994 08:49:37 GMT", kNow), std::nullopt);
  EXPECT_EQ(parse_date("Someday, 06-Nov-94 08:49:37 GMT", kNow), std::nullopt);
}

TEST(ParseDate, RefusesOtherSpellings) {
  for (const std::string_view text : {
           "",
           "0",
           "Sun",
           "Sun,",
           "sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 gmt",
           "Sun, 06 Nov 1994 08:49:37 UTC",
           "Sun, 06 Nov 1994 08:49:37",
           "Sun, 06 Nov 1994 08:49:37 GMT ",
           " Sun, 06 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 1994 08:49:37 GMT, x",
           "Sun, 6 Nov 1994 08:49:37 GMT",
           "Sun,  6 Nov 1994 08:49:37 GMT",
           "Sun, 06 Nov 94 08:49:37 GMT",
           "Sun, 06 Nov 01994 08:49:37 GMT",
           "Sun, 06 Nov 1994  8:49:37 GMT",
           "Sun, 06 Nov 1994 +8:49:37 GMT",
           "Sun, 06 Nov 1994 08:49 GMT",
           "Sun, 06-Nov-1994 08:49:37 GMT",
           "Sun, 06-Nov-94 08:49:37 GMT",
           "Sunday, 06 Nov 1994 08:49:37 GMT",
           "Sun Nov 6 08:49:37 1994",
           "Sun Nov  06 08:49:37 1994",
           "Sun Nov  6 08:49:37 1994 GMT",
           "1994-11-06T08:49:37Z",
           "784111777",
       }) {
    EXPECT_EQ(parse_date(text, kNow), std::nullopt) << text;
  }
}

TEST(ParseDate, TakesTwoDigitYearsForAtMostFiftyYearsAhead) {
  const auto parsed = [](std::string_view text) { return format(parse_date(text, kNow).value()); };
  EXPECT_EQ(parsed("Sunday, 22-Nov-26 10:15:30 GMT"), "Sun, 22 Nov 2026 10:15:30 GMT");
  EXPECT_EQ(parsed("Sunday, 22-Nov-76 10:15:30 GMT"), "Sun, 22 Nov 2076 10:15:30 GMT");
  EXPECT_EQ(parsed("Sunday, 22-Nov-76 10:15:31 GMT"), "Mon, 22 Nov 1976 10:15:31 GMT");
  EXPECT_EQ(parsed("Sunday, 01-Jan-77 00:00:00 GMT"), "Sat, 01 Jan 1977 00:00:00 GMT");
  EXPECT_EQ(parsed("Sunday, 01-Jan-00 00:00:00 GMT"), "Sat, 01 Jan 2000 00:00:00 GMT");
  EXPECT_EQ(parsed("Sunday, 31-Dec-75 00:00:00 GMT"), "Tue, 31 Dec 2075 00:00:00 GMT");
}

TEST(ParseDate, SurvivesAClockThatIsFarOff) {
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kMin).has_value());
  EXPECT_TRUE(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", kMax).has_value());
}

}  // namespace
}  // namespace tinyserve::http
