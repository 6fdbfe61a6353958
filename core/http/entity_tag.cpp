#include "http/entity_tag.h"

#include <cstddef>

#include "base/ascii.h"

namespace tinyserve::http {

namespace {

bool is_tag_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != '"' && byte != 0x7f;
}

bool matches(EntityTag theirs, EntityTag ours, Comparison comparison) {
  return comparison == Comparison::kStrong ? strong_match(theirs, ours) : weak_match(theirs, ours);
}

// `text` from behind its first comma on.
std::string_view after_comma(std::string_view text) {
  const std::size_t comma = text.find(',');
  return comma == text.npos ? std::string_view{} : text.substr(comma + 1);
}

bool line_matches(std::string_view line, EntityTag ours, Comparison comparison) {
  for (std::string_view rest = trim_ows(line); !rest.empty(); rest = trim_ows(rest)) {
    const std::optional<LeadingTag> leading = parse_leading_tag(rest);
    if (leading) rest = trim_ows(leading->rest);
    const bool whole = leading && (rest.empty() || rest.front() == ',');
    if (whole && matches(leading->tag, ours, comparison)) return true;
    rest = after_comma(rest);
  }
  return false;
}

}  // namespace

bool strong_match(EntityTag a, EntityTag b) { return !a.weak && !b.weak && weak_match(a, b); }

bool weak_match(EntityTag a, EntityTag b) { return !a.opaque.empty() && a.opaque == b.opaque; }

std::optional<LeadingTag> parse_leading_tag(std::string_view text) {
  const bool weak = text.substr(0, 2) == "W/";
  if (weak) text.remove_prefix(2);
  if (text.empty() || text.front() != '"') return std::nullopt;
  std::size_t at = 1;
  while (at < text.size() && is_tag_char(text[at])) ++at;
  if (at == text.size() || text[at] != '"') return std::nullopt;
  return LeadingTag{{weak, text.substr(0, at + 1)}, text.substr(at + 1)};
}

std::optional<EntityTag> parse_entity_tag(std::string_view text) {
  const std::optional<LeadingTag> leading = parse_leading_tag(text);
  if (!leading || !leading->rest.empty()) return std::nullopt;
  return leading->tag;
}

bool list_matches(std::span<const std::string_view> values, EntityTag ours, Comparison comparison) {
  if (values.size() == 1 && trim_ows(values[0]) == "*") return true;
  for (const std::string_view line : values) {
    if (line_matches(line, ours, comparison)) return true;
  }
  return false;
}

}  // namespace tinyserve::http
