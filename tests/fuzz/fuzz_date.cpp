// Dates are read as they are written; tags, lists of them and conditions keep to their rules.
//
// Numbers: the present, the time of last modification (both in seconds), which line is our own tag.
// Payload: lines; the first is a date, all of them are lines of If-None-Match and the like.

#include <string>
#include <vector>

#include "base/ascii.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/conditional.h"
#include "http/date.h"
#include "http/entity_tag.h"

using namespace tinyserve;
using http::Comparison;
using http::EntityTag;
using http::Verdict;
using Lines = std::vector<std::string_view>;

namespace {

constexpr std::int64_t kFirst = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31T23:59:59Z

std::string written(std::int64_t seconds) {
  const auto text = http::format_date(seconds);
  return {text.data(), text.size()};
}

void check_date(std::string_view text, std::int64_t now_s) {
  const auto read = http::parse_date(text, now_s);
  if (!read) return;
  // The leap second of the last minute that can be written is read as the one after it.
  DEMAND(*read >= kFirst && *read <= kLast + 1);
  const std::int64_t writable = std::min(*read, kLast);
  DEMAND(http::parse_date(written(writable), now_s) == writable);
}

void check_clock(std::int64_t seconds, std::int64_t now_s) {
  const std::string text = written(seconds);
  DEMAND(text.ends_with(" GMT"));
  DEMAND(http::parse_date(text, now_s) == std::clamp(seconds, kFirst, kLast));
}

void check_tag(std::string_view text) {
  if (const auto leading = http::parse_leading_tag(text)) {
    const std::string mark = leading->tag.weak ? "W/" : "";
    DEMAND(mark + std::string(leading->tag.opaque) + std::string(leading->rest) == text);
    DEMAND(leading->tag.opaque.size() >= 2);
  }
  const auto tag = http::parse_entity_tag(text);
  if (!tag) return;
  const Lines alone = {text};
  DEMAND(http::list_matches(alone, *tag, Comparison::kWeak));
  DEMAND(http::list_matches(alone, *tag, Comparison::kStrong) == !tag->weak);
}

bool is_star(std::string_view line) { return trim_ows(line) == "*"; }

// A field may be spread over several lines (RFC 9110 §5.3).
void check_list(const Lines& lines, EntityTag ours) {
  const bool strong = http::list_matches(lines, ours, Comparison::kStrong);
  const bool weak = http::list_matches(lines, ours, Comparison::kWeak);
  DEMAND(!strong || weak);
  if (lines.size() < 2) return;
  std::string joined;
  for (const std::string_view line : lines) {
    if (is_star(line)) return;
    joined.append(joined.empty() ? "" : ", ").append(line);
  }
  const Lines one = {joined};
  DEMAND(http::list_matches(one, ours, Comparison::kStrong) == strong);
  DEMAND(http::list_matches(one, ours, Comparison::kWeak) == weak);
}

// The precedence of RFC 9110 §13.2.2.
void check_conditions(const Lines& lines, const http::Validators& ours, std::int64_t now_s) {
  const std::string_view date = lines.front();
  http::Preconditions asked;
  DEMAND(http::evaluate(asked, ours, now_s) == Verdict::kProceed);
  DEMAND(http::if_range_holds(asked, ours, now_s));

  asked.if_modified_since = date;
  const Verdict by_date = http::evaluate(asked, ours, now_s);
  DEMAND(by_date != Verdict::kPreconditionFailed);
  asked.if_none_match = lines;
  const Verdict by_tag = http::evaluate(asked, ours, now_s);
  DEMAND((by_tag == Verdict::kNotModified) ==
         http::list_matches(lines, ours.tag, Comparison::kWeak));

  asked = {};
  asked.if_unmodified_since = date;
  DEMAND(http::evaluate(asked, ours, now_s) != Verdict::kNotModified);
  asked.if_match = lines;
  DEMAND((http::evaluate(asked, ours, now_s) == Verdict::kProceed) ==
         http::list_matches(lines, ours.tag, Comparison::kStrong));

  asked = {};
  asked.if_range = date;
  const bool is_date = http::parse_date(date, now_s).has_value();
  const auto tag = http::parse_entity_tag(date);
  DEMAND(!(is_date && tag));
  if (http::if_range_holds(asked, ours, now_s)) DEMAND(is_date || (tag && !tag->weak));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto now_s = static_cast<std::int64_t>(input.choose(kLast));
  const auto modified_s = static_cast<std::int64_t>(input.number());
  const std::size_t own = input.number();
  check_clock(modified_s, now_s);
  const Lines lines = fuzz::lines_of(input.payload());
  if (lines.empty()) return 0;
  for (const std::string_view line : lines) {
    check_date(line, now_s);
    check_tag(line);
  }
  http::Validators ours;
  const auto leading = http::parse_leading_tag(trim_ows(lines[own % lines.size()]));
  if (leading) ours.tag = {false, leading->tag.opaque};
  if (modified_s != 0) ours.last_modified_s = modified_s;
  check_list(lines, ours.tag);
  check_conditions(lines, ours, now_s);
  return 0;
}
