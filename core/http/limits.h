// limits.h — how large the parts of a request may be (http options; a public header).
#pragma once

#include <cstddef>
#include <cstdint>

namespace tinyserve::http {

// Sizes are in bytes. What exceeds them is refused with the status named, and the connection ends.
struct Limits {
  std::size_t max_request_line = 16 * 1024;  // 414; RFC 9112 §3 wants 8000 at least
  std::size_t max_field_line = 32 * 1024;   // 431; cookies of localhost are shared by all its ports
  std::size_t max_head = 64 * 1024;         // 431; request line and all fields
  std::size_t max_fields = 128;             // 431; at most kMaxFields (fields.h)
  std::uint64_t max_content = 64ULL << 20;  // 413
};

}  // namespace tinyserve::http
