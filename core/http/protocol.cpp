#include "http/protocol.h"

#include <algorithm>

namespace tinyserve::http {

namespace {

using S = State;
constexpr auto kNone = static_cast<State>(0xff);  // can't happen

using Row = std::array<State, kEventCount>;
constexpr std::array<Row, kStateCount> kTransitions{{
    // kHeadBegun, kContentAwaited, kRequestReady, kAnswered, kMoreAwaited, kInterimQueued,
    //     kSent, kSentLast, kSentRefusal, kPatienceEnded, kBroken
    /* kIdle    */
    {S::kHead, S::kBody, S::kRespond, kNone, kNone, S::kSend,  //
     kNone, kNone, kNone, S::kClosed, S::kClosed},
    /* kHead    */
    {S::kHead, S::kBody, S::kRespond, kNone, kNone, S::kSend,  //
     kNone, kNone, kNone, S::kRespond, S::kClosed},
    /* kBody    */
    {kNone, S::kBody, S::kRespond, kNone, kNone, kNone,  //
     kNone, kNone, kNone, S::kRespond, S::kClosed},
    /* kRespond */
    {kNone, S::kBody, kNone, S::kSend, kNone, kNone,  //
     kNone, kNone, kNone, S::kRespond, S::kClosed},
    /* kSend    */
    {kNone, kNone, S::kRespond, kNone, S::kRespond, S::kSend,  //
     S::kIdle, S::kClosed, S::kLinger, S::kClosed, S::kClosed},
    /* kLinger  */
    {kNone, kNone, kNone, kNone, kNone, kNone,  //
     kNone, kNone, kNone, S::kClosed, S::kClosed},
    /* kClosed  */
    {kNone, kNone, kNone, kNone, kNone, kNone,  //
     kNone, kNone, kNone, kNone, kNone},
}};

}  // namespace

std::optional<State> next_state(State state, Event event) {
  const State next = kTransitions[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
  if (next == kNone) return std::nullopt;
  return next;
}

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
