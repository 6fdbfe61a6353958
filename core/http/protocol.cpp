#include "http/protocol.h"

#include <algorithm>

namespace tinyserve::http {

std::int64_t deadline_ms(State state, const Progress& progress, const Timeouts& timeouts) {
  switch (state) {
    case State::kIdle:
      return progress.idle_since_ms +
             (progress.had_request ? timeouts.keep_alive_ms : timeouts.first_request_ms);
    case State::kHead:
      // Absolute. A byte every nine seconds must not hold a place for ever.
      return progress.first_byte_ms + timeouts.head_ms;
    case State::kBody: {
      const auto received = static_cast<std::int64_t>(progress.content_received);
      const std::int64_t earned = received * 1000 / kLeastContentRate;
      return std::min(progress.last_byte_ms, progress.content_since_ms + earned) +
             timeouts.content_ms;
    }
    case State::kSend:
      return progress.last_byte_ms + timeouts.send_ms;
    case State::kLinger:
      return progress.last_byte_ms + timeouts.linger_ms;
    case State::kRespond:
      return progress.resume_ms;
    case State::kClosed:
      break;
  }
  return kNever;
}

}  // namespace tinyserve::http
