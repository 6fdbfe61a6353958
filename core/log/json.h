// json.h — step 8: text of unknown origin as a JSON string (RFC 8259 §7).
//
// Used by the record only; what is written here is read by programs and scrolls past on terminals,
// and the peer chooses the bytes. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "log/buffer.h"

namespace tinyserve::log {

inline constexpr std::size_t kMaxTextBytes = 2048;

// How many bytes put_json_string() needs at most for a text of `size` bytes: each as \u00XX, two
// quotes and "…".
[[nodiscard]] constexpr std::size_t json_room(std::size_t size,
                                              std::size_t max_bytes = kMaxTextBytes) {
  return 6 * std::min(size, max_bytes) + 5;
}

// Writes `text` to `out` as a JSON string with its quotes: valid UTF-8 whatever the bytes are.
// A byte that belongs to no well-formed sequence becomes U+FFFD. Control characters (C0, DEL and
// C1, which terminals obey), the line separators U+2028 and U+2029 and what turns the direction of
// text around (U+202A to U+202E, U+2066 to U+2069) are escaped. Text of more than `max_bytes` bytes
// is cut before the character that would exceed them and ends with "…". Returns the end of what was
// written; there must be json_room().
[[nodiscard]] char* put_json_string(char* out, std::string_view text,
                                    std::size_t max_bytes = kMaxTextBytes);

// The same at the end of `out`.
inline void append_json_string(Buffer& out, std::string_view text,
                               std::size_t max_bytes = kMaxTextBytes) {
  out.end_at(put_json_string(out.room(json_room(text.size(), max_bytes)), text, max_bytes));
}

}  // namespace tinyserve::log
