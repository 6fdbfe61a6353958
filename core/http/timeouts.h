// timeouts.h — how long a connection may stay in a state (http options; a public header).
#pragma once

#include <cstdint>

namespace tinyserve::http {

// Milliseconds. What each of them bounds stands in the table of http/protocol.h.
struct Timeouts {
  std::int64_t first_request_ms = 15'000;  // a new connection that says nothing
  std::int64_t keep_alive_ms = 60'000;     // between requests; 0: every answer says close
  std::int64_t head_ms = 10'000;     // absolute, from a request's first byte to the end of its head
  std::int64_t content_ms = 15'000;  // without progress, and the grace before the least rate counts
  std::int64_t send_ms = 30'000;     // without a byte accepted by the peer
  std::int64_t linger_ms = 2'000;    // reading on after a refusal
  std::int64_t stop_ms = 2'000;      // for running answers, after the server was told to stop
};

}  // namespace tinyserve::http
