// json.h — step 8: text of unknown origin as a JSON string (RFC 8259 §7).
//
// Used by the record only; what is written here is read by programs and scrolls past on terminals,
// and the peer chooses the bytes. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tinyserve::log {

inline constexpr std::size_t kMaxTextBytes = 2048;

// Appends `text` to `out` as a JSON string with its quotes: valid UTF-8 whatever the bytes are.
// A byte that belongs to no well-formed sequence becomes U+FFFD. Control characters (C0, DEL and
// C1, which terminals obey), the line separators U+2028 and U+2029 and what turns the direction of
// text around (U+202A to U+202E, U+2066 to U+2069) are escaped. Text of more than `max_bytes` bytes
// is cut before the character that would exceed them and ends with "…".
void append_json_string(std::string& out, std::string_view text,
                        std::size_t max_bytes = kMaxTextBytes);

}  // namespace tinyserve::log
