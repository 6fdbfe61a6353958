#include "http/date.h"

#include <algorithm>
#include <span>
#include <tuple>

#include "base/ascii.h"

namespace tinyserve::http {

namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

constexpr std::int64_t kDaySeconds = 86'400;
constexpr std::int64_t kFirstSecond = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z

// Days are counted from the first of March of the year -400: a year that begins in March has its
// leap day at the end, and 400 years (one period of the calendar) before the year 0 nothing is
// negative.
constexpr std::int64_t kPeriodYears = 400;
constexpr std::int64_t kPeriodDays = 146'097;
constexpr std::int64_t kEpochDay = 719'468 + kPeriodDays;  // 1970-01-01

// A point of the calendar. Month and day count from 1.
struct Moment {
  std::int64_t year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

// The days of the months from March on that lie before month `index` (March is 0).
constexpr std::int64_t days_before_month(std::int64_t index) { return (153 * index + 2) / 5; }

constexpr std::int64_t days_since_epoch(std::int64_t year, int month, int day) {
  const std::int64_t y = year + kPeriodYears - (month <= 2 ? 1 : 0);
  const std::int64_t leap_days = y / 4 - y / 100 + y / 400;
  return 365 * y + leap_days + days_before_month((month + 9) % 12) + (day - 1) - kEpochDay;
}
static_assert(days_since_epoch(1970, 1, 1) == 0);
static_assert(days_since_epoch(0, 1, 1) * kDaySeconds == kFirstSecond);
static_assert(days_since_epoch(10'000, 1, 1) * kDaySeconds == kLastSecond + 1);

Moment moment_of(std::int64_t seconds) {
  seconds = std::clamp(seconds, kFirstSecond, kLastSecond);
  std::int64_t day = (seconds - kFirstSecond) / kDaySeconds + kFirstSecond / kDaySeconds;
  const int time = static_cast<int>(seconds - day * kDaySeconds);

  day += kEpochDay;
  std::int64_t year = day / kPeriodDays * kPeriodYears - kPeriodYears;
  day %= kPeriodDays;
  // The last day of a period and of four years is a leap day: it belongs to what came before it.
  const std::int64_t century = std::min<std::int64_t>(day / 36'524, 3);
  day -= century * 36'524;
  year += century * 100 + day / 1461 * 4;
  day %= 1461;
  const std::int64_t single = std::min<std::int64_t>(day / 365, 3);
  day -= single * 365;
  year += single;

  const std::int64_t index = (5 * day + 2) / 153;
  const int month = static_cast<int>(index < 10 ? index + 3 : index - 9);
  const int day_of_month = static_cast<int>(day - days_before_month(index)) + 1;
  return {
      month <= 2 ? year + 1 : year, month, day_of_month, time / 3600, time / 60 % 60, time % 60};
}

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_of_month(std::int64_t year, int month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// The seconds of `m`, or nothing when there is no such day or time of day.
std::optional<std::int64_t> seconds_of(const Moment& m) {
  if (m.day < 1 || m.day > days_of_month(m.year, m.month)) return std::nullopt;
  if (m.hour > 23 || m.minute > 59 || m.second > 60) return std::nullopt;
  const int time = (m.hour * 60 + m.minute) * 60 + m.second;
  return days_since_epoch(m.year, m.month, m.day) * kDaySeconds + time;
}

// Reads a text of fixed form from the left. What does not fit is remembered, so that the form can
// be written down without a branch for every part; what is returned after that does not count.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void expect(std::string_view literal) {
    good_ = good_ && rest_.substr(0, literal.size()) == literal;
    if (good_) rest_.remove_prefix(literal.size());
  }

  // Exactly `count` digits.
  int number(std::size_t count) {
    int value = 0;
    good_ = good_ && rest_.size() >= count;
    for (std::size_t i = 0; good_ && i < count; ++i) {
      good_ = is_digit(rest_[i]);
      value = value * 10 + (rest_[i] - '0');
    }
    if (good_) rest_.remove_prefix(count);
    return value;
  }

  // One of `names`; returns which.
  int one_of(Names names) {
    for (std::size_t i = 0; good_ && i < names.size(); ++i) {
      if (rest_.substr(0, names[i].size()) != names[i]) continue;
      rest_.remove_prefix(names[i].size());
      return static_cast<int>(i);
    }
    good_ = false;
    return 0;
  }

  [[nodiscard]] bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  [[nodiscard]] bool finished() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

void read_time(Reader& reader, Moment& moment) {
  moment.hour = reader.number(2);
  reader.expect(":");
  moment.minute = reader.number(2);
  reader.expect(":");
  moment.second = reader.number(2);
}

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Moment> read_fixdate(std::string_view text) {
  Reader reader(text);
  Moment moment;
  reader.one_of(kDays);
  reader.expect(", ");
  moment.day = reader.number(2);
  reader.expect(" ");
  moment.month = reader.one_of(kMonths) + 1;
  reader.expect(" ");
  moment.year = reader.number(4);
  reader.expect(" ");
  read_time(reader, moment);
  reader.expect(" GMT");
  if (!reader.finished()) return std::nullopt;
  return moment;
}

// "Sun Nov  6 08:49:37 1994"
std::optional<Moment> read_asctime(std::string_view text) {
  Reader reader(text);
  Moment moment;
  reader.one_of(kDays);
  reader.expect(" ");
  moment.month = reader.one_of(kMonths) + 1;
  reader.expect(" ");
  const bool one_digit = reader.next_is(' ');
  if (one_digit) reader.expect(" ");
  moment.day = reader.number(one_digit ? 1 : 2);
  reader.expect(" ");
  read_time(reader, moment);
  reader.expect(" ");
  moment.year = reader.number(4);
  if (!reader.finished()) return std::nullopt;
  return moment;
}

// Whether `a` comes later in its year than `b` in its own.
bool later_in_year(const Moment& a, const Moment& b) {
  return std::tie(a.month, a.day, a.hour, a.minute, a.second) >
         std::tie(b.month, b.day, b.hour, b.minute, b.second);
}

// Gives `moment`, whose year is two digits, the latest such year that is at most 50 years ahead.
void choose_century(Moment& moment, std::int64_t now_s) {
  const Moment now = moment_of(now_s);
  const std::int64_t latest = now.year + 50;
  moment.year = latest - (latest + 100 - moment.year) % 100;
  if (moment.year == latest && later_in_year(moment, now)) moment.year -= 100;
}

// "Sunday, 06-Nov-94 08:49:37 GMT"
std::optional<Moment> read_rfc850(std::string_view text, std::int64_t now_s) {
  Reader reader(text);
  Moment moment;
  reader.one_of(kLongDays);
  reader.expect(", ");
  moment.day = reader.number(2);
  reader.expect("-");
  moment.month = reader.one_of(kMonths) + 1;
  reader.expect("-");
  moment.year = reader.number(2);
  reader.expect(" ");
  read_time(reader, moment);
  reader.expect(" GMT");
  if (!reader.finished()) return std::nullopt;
  choose_century(moment, now_s);
  return moment;
}

// Which of the forms it is shows after the day's short name.
std::optional<Moment> read_moment(std::string_view text, std::int64_t now_s) {
  if (text.size() < 4) return std::nullopt;
  if (text[3] == ',') return read_fixdate(text);
  if (text[3] == ' ') return read_asctime(text);
  return read_rfc850(text, now_s);
}

void put(char* out, std::string_view text) { std::copy(text.begin(), text.end(), out); }

void put_number(char* out, std::int64_t value, int digits) {
  for (int i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::array<char, 29> format_date(std::int64_t seconds) {
  const Moment moment = moment_of(seconds);
  const std::int64_t days = days_since_epoch(moment.year, moment.month, moment.day);
  // The day that days are counted from was a Wednesday.
  const auto weekday = static_cast<std::size_t>((days + kEpochDay + 3) % 7);

  std::array<char, 29> text{};
  put(text.data(), "Sun, 00 Nov 0000 00:00:00 GMT");
  put(&text[0], kDays[weekday]);
  put_number(&text[5], moment.day, 2);
  put(&text[8], kMonths[static_cast<std::size_t>(moment.month - 1)]);
  put_number(&text[12], moment.year, 4);
  put_number(&text[17], moment.hour, 2);
  put_number(&text[20], moment.minute, 2);
  put_number(&text[23], moment.second, 2);
  return text;
}

void append_date(std::string& out, std::int64_t seconds) {
  const std::array<char, 29> text = format_date(seconds);
  out.append(text.data(), text.size());
}

std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now_s) {
  const std::optional<Moment> moment = read_moment(text, now_s);
  if (!moment) return std::nullopt;
  return seconds_of(*moment);
}

}  // namespace tinyserve::http
