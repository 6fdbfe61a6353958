#include "http/range.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "http/list.h"

namespace tinyserve::http {

namespace {

using Kind = RangeAnswer::Kind;

// The ranges of a field, so far.
struct Collected {
  std::array<ByteRange, kMaxRanges> parts{};
  std::size_t count = 0;
  std::uint64_t bytes = 0;
};

// One range as asked for: `first` to `last`, or the last `suffix` bytes.
struct RangeSpec {
  std::uint64_t first = 0;
  std::uint64_t last = UINT64_MAX;
  std::optional<std::uint64_t> suffix;
};

// The number that `digits` spells, or the largest there is: all sizes are smaller.
std::optional<std::uint64_t> parse_position(std::string_view digits) {
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  return parse_decimal(digits).value_or(UINT64_MAX);
}

// "0-4", "5-" or "-3".
std::optional<RangeSpec> parse_spec(std::string_view text) {
  const std::size_t hyphen = text.find('-');
  if (hyphen == text.npos) return std::nullopt;
  const std::string_view after = text.substr(hyphen + 1);
  if (hyphen == 0) {
    const auto suffix = parse_position(after);
    if (!suffix) return std::nullopt;
    return RangeSpec{.suffix = suffix};
  }
  const auto first = parse_position(text.substr(0, hyphen));
  const auto last = after.empty() ? UINT64_MAX : parse_position(after);
  if (!first || !last || *last < *first) return std::nullopt;
  return RangeSpec{.first = *first, .last = *last, .suffix = std::nullopt};
}

// The bytes of a representation of `size` bytes, at least one, that `spec` means; nothing when it
// can't be satisfied.
std::optional<ByteRange> resolve(const RangeSpec& spec, std::uint64_t size) {
  if (spec.suffix) {
    if (*spec.suffix == 0) return std::nullopt;
    return ByteRange{size - std::min(*spec.suffix, size), size - 1};
  }
  if (spec.first >= size) return std::nullopt;
  return ByteRange{spec.first, std::min(spec.last, size - 1)};
}

// What follows "bytes=", or nothing when the field begins otherwise.
std::optional<std::string_view> range_set(std::string_view field) {
  constexpr std::string_view kUnit = "bytes=";
  if (!iequals(field.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  return field.substr(kUnit.size());
}

}  // namespace

RangeAnswer::RangeAnswer(std::span<const ByteRange> parts)
    : kind_(Kind::kParts), count_(parts.size()) {
  TS_CHECK(!parts.empty() && parts.size() <= kMaxRanges);
  std::copy(parts.begin(), parts.end(), parts_.begin());
}

RangeAnswer resolve_range(std::string_view field, std::uint64_t size) {
  const auto set = range_set(field);
  // No range of an empty file can be written down, and a client that asks for `0-` of everything
  // is better served with nothing than with an error.
  if (!set || size == 0) return RangeAnswer(Kind::kWhole);

  Collected found;
  std::size_t asked = 0;
  ListElements elements(*set);
  while (const auto element = elements.next()) {
    const auto spec = parse_spec(*element);
    if (!spec || ++asked > kMaxRanges) return RangeAnswer(Kind::kWhole);
    const auto part = resolve(*spec, size);
    if (!part) continue;
    // Ranges that overlap this much could be answered with more bytes than there are.
    if (part->size() > size - found.bytes) return RangeAnswer(Kind::kWhole);
    found.bytes += part->size();
    found.parts[found.count++] = *part;
  }
  if (asked == 0) return RangeAnswer(Kind::kWhole);
  if (found.count == 0) return RangeAnswer(Kind::kUnsatisfiable);
  return RangeAnswer({found.parts.data(), found.count});
}

std::string content_range(ByteRange part, std::uint64_t size) {
  return "bytes " + std::to_string(part.first) + '-' + std::to_string(part.last) + '/' +
         std::to_string(size);
}

std::string unsatisfied_range(std::uint64_t size) { return "bytes */" + std::to_string(size); }

Multipart plan_multipart(std::string_view boundary, std::string_view content_type,
                         std::uint64_t size, std::span<const ByteRange> parts) {
  const std::string delimiter = "--" + std::string(boundary);
  Multipart plan;
  for (const ByteRange part : parts) {
    // The line break before a delimiter belongs to the delimiter, not to the part before it.
    std::string head = plan.heads.empty() ? "" : "\r\n";
    head.append(delimiter).append("\r\nContent-Type: ").append(content_type);
    head.append("\r\nContent-Range: ").append(content_range(part, size)).append("\r\n\r\n");
    plan.content_length += head.size() + part.size();
    plan.heads.push_back(std::move(head));
  }
  plan.tail = "\r\n" + delimiter + "--\r\n";
  plan.content_length += plan.tail.size();
  return plan;
}

std::string multipart_content_type(std::string_view boundary) {
  return "multipart/byteranges; boundary=" + std::string(boundary);
}

}  // namespace tinyserve::http
