#include "http/conditional.h"

#include "http/date.h"

namespace tinyserve::http {

namespace {

std::optional<std::int64_t> date_of(std::optional<std::string_view> field, std::int64_t now_s) {
  if (!field) return std::nullopt;
  return parse_date(*field, now_s);
}

bool changed_since_or_gone(const Preconditions& asked, const Validators& ours, std::int64_t now_s) {
  if (!asked.if_match.empty()) return !list_matches(asked.if_match, ours.tag, Comparison::kStrong);
  const auto since = date_of(asked.if_unmodified_since, now_s);
  return since && ours.last_modified_s && *ours.last_modified_s > *since;
}

bool client_has_it(const Preconditions& asked, const Validators& ours, std::int64_t now_s) {
  // A tag tells more than a date: next to If-None-Match, If-Modified-Since does not count.
  if (!asked.if_none_match.empty()) {
    return list_matches(asked.if_none_match, ours.tag, Comparison::kWeak);
  }
  const auto since = date_of(asked.if_modified_since, now_s);
  return since && ours.last_modified_s && *ours.last_modified_s <= *since;
}

}  // namespace

Verdict evaluate(const Preconditions& asked, const Validators& ours, std::int64_t now_s) {
  if (changed_since_or_gone(asked, ours, now_s)) return Verdict::kPreconditionFailed;
  if (client_has_it(asked, ours, now_s)) return Verdict::kNotModified;
  return Verdict::kProceed;
}

bool if_range_holds(const Preconditions& asked, const Validators& ours, std::int64_t now_s) {
  if (!asked.if_range) return true;
  if (const auto tag = parse_entity_tag(*asked.if_range)) return strong_match(*tag, ours.tag);
  const auto date = date_of(asked.if_range, now_s);
  return date && date == ours.last_modified_s;
}

}  // namespace tinyserve::http
