// entity_tag.h — entity tags and lists of them: If-Match, If-None-Match (RFC 9110 §8.8.3).
//
// Pure. Makes no tags: it reads those that a request names and compares them with ours. Views point
// into what was handed in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tinyserve::http {

// `opaque` is the opaque-tag of the RFC, with its quotes: `"abc"`. Empty means that there is no
// tag; such a one matches nothing.
struct EntityTag {
  bool weak = false;
  std::string_view opaque;
};

// Both are the same and neither is weak (RFC 9110 §8.8.3.2).
[[nodiscard]] bool strong_match(EntityTag a, EntityTag b);
// Both are the same, be they weak or not.
[[nodiscard]] bool weak_match(EntityTag a, EntityTag b);

// A tag and what follows it.
struct LeadingTag {
  EntityTag tag;
  std::string_view rest;
};

// The tag that `text` begins with, or nothing when it does not begin with one. No white space is
// skipped; `W/` is upper case, quotes are needed, and a backslash is a byte like others.
[[nodiscard]] std::optional<LeadingTag> parse_leading_tag(std::string_view text);

// The tag that is all of `text`, or nothing.
[[nodiscard]] std::optional<EntityTag> parse_entity_tag(std::string_view text);

enum class Comparison : std::uint8_t { kStrong, kWeak };

// Whether `ours` is in the list that `values` (the field's lines, in order) make together, or the
// list is `*`, which stands for any representation there is. `*` next to anything else is no list
// and matches nothing; neither do malformed elements, such as tags without quotes.
[[nodiscard]] bool list_matches(std::span<const std::string_view> values, EntityTag ours,
                                Comparison comparison);

}  // namespace tinyserve::http
