// conditional.h — step 5: whether a request still wants the answer it would get (RFC 9110 §13).
//
// Pure. For GET and HEAD of something that exists, when the answer without conditions would be 200;
// the caller sees to both. Views are only read during the call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/entity_tag.h"

namespace tinyserve::http {

// What tells the representation at hand from others.
struct Validators {
  EntityTag tag;                                // empty: it has none
  std::optional<std::int64_t> last_modified_s;  // seconds since 1970, as in Last-Modified
};

// The conditions of a request. A list is made of the field's lines in order, empty when there is
// none. Fields that must not repeat are absent or one value; that they do not repeat is for the
// caller to see.
struct Preconditions {
  std::span<const std::string_view> if_match;
  std::span<const std::string_view> if_none_match;
  std::optional<std::string_view> if_modified_since;
  std::optional<std::string_view> if_unmodified_since;
  std::optional<std::string_view> if_range;
};

enum class Verdict : std::uint8_t { kProceed, kNotModified, kPreconditionFailed };  // -, 304, 412

// Goes through the conditions in the order of RFC 9110 §13.2.2, If-Range apart. A date that can't
// be read, or that there is nothing to compare with, is no condition. `now_s`: see parse_date().
[[nodiscard]] Verdict evaluate(const Preconditions& asked, const Validators& ours,
                               std::int64_t now_s);

// Whether a Range field counts (RFC 9110 §13.1.5): If-Range is absent, our strong tag, or the very
// date of Last-Modified.
[[nodiscard]] bool if_range_holds(const Preconditions& asked, const Validators& ours,
                                  std::int64_t now_s);

}  // namespace tinyserve::http
