// plan.h — step 5: which status and which bytes of a file a GET or HEAD gets, given what the
// request asks for and what the file is; and whether a PUT or DELETE may change it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/conditional.h"
#include "http/range.h"
#include "http/request.h"
#include "http/status.h"

namespace tinyserve::http {

// The validators of a file, and the present time: dates of two-digit years are read relative to it.
struct Condition {
  std::string_view entity_tag;  // as in ETag, with its quotes and mark
  std::optional<std::int64_t> last_modified_s;
  std::int64_t now_s = 0;
};

// Whether the request wants the file at all (RFC 9110 §13.2.2, steps 1 to 4). A field that must not
// repeat and does is as if it were not there.
[[nodiscard]] Verdict check_preconditions(const Request& request, const Condition& file);

// Whether a PUT or DELETE may go ahead (RFC 9110 §13.2.2): If-Match, If-Unmodified-Since and
// If-None-Match against the file, or against its absence.
[[nodiscard]] bool may_change(const Request& request, const std::optional<Condition>& file);

// Which of `size` bytes it wants (RFC 9110 §13.2.2 step 5, §14.2): all of them but for a GET with
// one Range field whose If-Range holds.
[[nodiscard]] RangeAnswer choose_range(const Request& request, const Condition& file,
                                       std::uint64_t size);

}  // namespace tinyserve::http
