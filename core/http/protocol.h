// protocol.h — the states of a connection and every way from one to another (RFC 9112 §9). No I/O;
// time is passed in.
//
// Two rules. Nothing moves a connection from state to state but next_state(). What epoll is asked
// for and when patience ends follow from the state, by interest() and deadline_ms(), and are
// decided nowhere else.
//
//   state     what is waited for              interest  deadline
//   kIdle     a request; owns no buffer       in        15 s before the first one, then the
//                                                       keep-alive timeout
//   kHead     the rest of a head              in        header timeout, from its first byte on
//   kBody     the rest of the content         in        15 s without progress, and a least rate
//   kRespond  an answer, or more of it, that  hang-up   a timer's, or none: a worker always
//             a worker or a timer makes; or             comes back
//             that a piece of content is stored
//   kSend     room in the kernel              out       30 s without a byte accepted
//   kLinger   the peer's end of file, after   in        2 s (RFC 9112 §9.6)
//             our half-close
//   kClosed   nothing                         -         -
//
// Pipelining: an answer that is queued leaves the connection in kSend; when more requests lie in
// the buffer already, it goes from there to kRespond again without sending, so that small answers
// leave together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "http/timeouts.h"

namespace tinyserve::http {

enum class State : std::uint8_t { kIdle, kHead, kBody, kRespond, kSend, kLinger, kClosed };
inline constexpr std::size_t kStateCount = 7;

enum class Event : std::uint8_t {
  kHeadBegun,       // bytes of a head have arrived, but not all of it
  kContentAwaited,  // the head is complete, the content is not
  kRequestReady,    // a whole request, or one that is refused, waits for its answer; or a piece
                    // of its content waits to be stored
  kAnswered,        // something is queued: its answer, a further part of that, or earlier answers
  kMoreAwaited,     // all that was queued has left; an answer, or the rest of it, is being made
  kInterimQueued,   // 100 Continue is queued, and the content is waited for (RFC 9110 §10.1.1)
  kSent,            // all that was queued has left, and the connection goes on
  kSentLast,        // all that was queued has left, and nothing more will be read
  kSentRefusal,     // likewise, but the peer may still be sending
  kPatienceEnded,   // the deadline of the state has passed
  kBroken,          // the peer is gone, or the connection can't be used any more
};
inline constexpr std::size_t kEventCount = 11;

namespace protocol_detail {

using S = State;
inline constexpr auto kNone = static_cast<State>(0xff);  // can't happen
using Row = std::array<State, kEventCount>;
inline constexpr std::array<Row, kStateCount> kTransitions{{
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

}  // namespace protocol_detail

// Where `event` leads from `state`; nothing where it can't happen, which is our own fault
// (TS_CHECK).
[[nodiscard]] constexpr std::optional<State> next_state(State state, Event event) {
  const State next = protocol_detail::kTransitions[static_cast<std::size_t>(state)]
                                                  [static_cast<std::size_t>(event)];
  if (next == protocol_detail::kNone) return std::nullopt;
  return next;
}

enum class Interest : std::uint8_t { kHangUp, kReadable, kWritable };
[[nodiscard]] constexpr Interest interest(State state) {
  switch (state) {
    case State::kIdle:
    case State::kHead:
    case State::kBody:
    case State::kLinger:
      return Interest::kReadable;
    case State::kSend:
      return Interest::kWritable;
    case State::kRespond:
    case State::kClosed:
      break;
  }
  return Interest::kHangUp;
}

// The points in time, in milliseconds of the monotonic clock, that deadlines are counted from.
struct Progress {
  std::int64_t idle_since_ms = 0;     // accepted, or the last answer left
  std::int64_t first_byte_ms = 0;     // of the request being read
  std::int64_t content_since_ms = 0;  // its head was complete
  std::int64_t last_byte_ms =
      0;  // of content received, or accepted by the peer; or the start of lingering
  std::uint64_t content_received = 0;  // bytes of the request being read
  std::int64_t resume_ms = INT64_MAX;  // when a timer lets the answer go on
  bool had_request = false;            // on this connection
};

inline constexpr std::int64_t kNever = INT64_MAX;
// The least average rate of content once Timeouts::content_ms have passed, in bytes per second.
inline constexpr std::int64_t kLeastContentRate = 200;

// When patience ends, in milliseconds of the monotonic clock, or kNever.
[[nodiscard]] std::int64_t deadline_ms(State state, const Progress& progress,
                                       const Timeouts& timeouts);

}  // namespace tinyserve::http
