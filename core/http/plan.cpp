#include "http/plan.h"

namespace tinyserve::http {

namespace {

std::optional<std::string_view> find_single(const Fields& fields, FieldName name) {
  if (fields.repeats(name)) return std::nullopt;
  return fields.find(name);
}

Validators validators_of(const Condition& file) {
  return {parse_entity_tag(file.entity_tag).value_or(EntityTag{}), file.last_modified_s};
}

}  // namespace

Verdict check_preconditions(const Request& request, const Condition& file) {
  const Fields& fields = request.fields;
  const bool any = fields.has(FieldName::kIfMatch) || fields.has(FieldName::kIfNoneMatch) ||
                   fields.has(FieldName::kIfModifiedSince) ||
                   fields.has(FieldName::kIfUnmodifiedSince);
  if (!any) return Verdict::kProceed;
  const auto if_match = fields.all(FieldName::kIfMatch);
  const auto if_none_match = fields.all(FieldName::kIfNoneMatch);
  Preconditions asked;
  asked.if_match = if_match;
  asked.if_none_match = if_none_match;
  asked.if_modified_since = find_single(fields, FieldName::kIfModifiedSince);
  asked.if_unmodified_since = find_single(fields, FieldName::kIfUnmodifiedSince);
  return evaluate(asked, validators_of(file), file.now_s);
}

bool may_change(const Request& request, const std::optional<Condition>& file) {
  const Fields& fields = request.fields;
  // What is not there has no tag to match, and no date to compare with.
  if (!file) return !fields.has(FieldName::kIfMatch);
  const auto if_match = fields.all(FieldName::kIfMatch);
  const auto if_none_match = fields.all(FieldName::kIfNoneMatch);
  Preconditions asked;
  asked.if_match = if_match;
  asked.if_none_match = if_none_match;
  asked.if_unmodified_since = find_single(fields, FieldName::kIfUnmodifiedSince);
  return evaluate(asked, validators_of(*file), file->now_s) == Verdict::kProceed;
}

RangeAnswer choose_range(const Request& request, const Condition& file, std::uint64_t size) {
  const RangeAnswer whole(RangeAnswer::Kind::kWhole);
  if (request.method != Method::kGet) return whole;
  const auto range = find_single(request.fields, FieldName::kRange);
  if (!range || request.fields.repeats(FieldName::kIfRange)) return whole;
  Preconditions asked;
  asked.if_range = request.fields.find(FieldName::kIfRange);
  if (asked.if_range && !if_range_holds(asked, validators_of(file), file.now_s)) return whole;
  return resolve_range(*range, size);
}

}  // namespace tinyserve::http
