#include "http/protocol.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <set>

namespace tinyserve::http {
namespace {

constexpr std::array kStates = {State::kIdle, State::kHead,   State::kBody,  State::kRespond,
                                State::kSend, State::kLinger, State::kClosed};
constexpr std::array kEvents = {
    Event::kHeadBegun,   Event::kContentAwaited, Event::kRequestReady, Event::kAnswered,
    Event::kMoreAwaited, Event::kInterimQueued,  Event::kSent,         Event::kSentLast,
    Event::kSentRefusal, Event::kPatienceEnded,  Event::kBroken};
static_assert(kStates.size() == kStateCount && kEvents.size() == kEventCount);

// --- transitions
// ----------------------------------------------------------------------------------

struct Way {
  State from;
  Event event;
  State to;
};

// Every way there is, from what the states mean; all other pairs can't happen.
constexpr Way kWays[] = {
    // Between requests: one arrives, wholly or in part, or nobody wants anything any more. Then the
    // connection is closed without a word (§9).
    {State::kIdle, Event::kHeadBegun, State::kHead},
    {State::kIdle, Event::kContentAwaited, State::kBody},
    {State::kIdle, Event::kRequestReady, State::kRespond},
    {State::kIdle, Event::kInterimQueued, State::kSend},
    {State::kIdle, Event::kPatienceEnded, State::kClosed},
    {State::kIdle, Event::kBroken, State::kClosed},
    // A head drips in; one that takes too long is answered 408 (§9).
    {State::kHead, Event::kHeadBegun, State::kHead},
    {State::kHead, Event::kContentAwaited, State::kBody},
    {State::kHead, Event::kRequestReady, State::kRespond},
    {State::kHead, Event::kInterimQueued, State::kSend},
    {State::kHead, Event::kPatienceEnded, State::kRespond},
    {State::kHead, Event::kBroken, State::kClosed},
    // Content drips in; likewise 408. The time for 100 Continue is over.
    {State::kBody, Event::kContentAwaited, State::kBody},
    {State::kBody, Event::kRequestReady, State::kRespond},
    {State::kBody, Event::kPatienceEnded, State::kRespond},
    {State::kBody, Event::kBroken, State::kClosed},
    // Nothing is read while an answer is being made, or a piece of content is being stored: then
    // more of it is waited for. What ends here is a pause that a handler made.
    {State::kRespond, Event::kContentAwaited, State::kBody},
    {State::kRespond, Event::kAnswered, State::kSend},
    {State::kRespond, Event::kPatienceEnded, State::kRespond},
    {State::kRespond, Event::kBroken, State::kClosed},
    // Answers leave; more requests that lie there already may be answered first. What the peer does
    // not take ends the connection, there is no telling it anything (§9).
    {State::kSend, Event::kRequestReady, State::kRespond},
    {State::kSend, Event::kMoreAwaited, State::kRespond},
    {State::kSend, Event::kInterimQueued, State::kSend},
    {State::kSend, Event::kSent, State::kIdle},
    {State::kSend, Event::kSentLast, State::kClosed},
    {State::kSend, Event::kSentRefusal, State::kLinger},
    {State::kSend, Event::kPatienceEnded, State::kClosed},
    {State::kSend, Event::kBroken, State::kClosed},
    // Nothing that comes is looked at (§9.6).
    {State::kLinger, Event::kPatienceEnded, State::kClosed},
    {State::kLinger, Event::kBroken, State::kClosed},
};

std::optional<State> expected(State from, Event event) {
  for (const Way& way : kWays) {
    if (way.from == from && way.event == event) return way.to;
  }
  return std::nullopt;
}

TEST(Protocol, GoesFromEveryStateWithEveryEventWhereItShould) {
  for (const State state : kStates) {
    for (const Event event : kEvents) {
      EXPECT_EQ(next_state(state, event), expected(state, event))
          << "state " << static_cast<int>(state) << ", event " << static_cast<int>(event);
    }
  }
}

TEST(Protocol, LeadsFromIdleToEveryState) {
  std::set<State> reached{State::kIdle};
  for (std::size_t round = 0; round < kStateCount; ++round) {
    for (const State state : std::set<State>(reached)) {
      for (const Event event : kEvents) {
        if (const auto next = next_state(state, event)) reached.insert(*next);
      }
    }
  }
  EXPECT_EQ(reached.size(), kStateCount);
}

TEST(Protocol, EndsFromEveryStateWhenTheConnectionBreaksAndNeverComesBack) {
  for (const State state : kStates) {
    if (state == State::kClosed) continue;
    EXPECT_EQ(next_state(state, Event::kBroken), State::kClosed);
  }
  for (const Event event : kEvents) EXPECT_EQ(next_state(State::kClosed, event), std::nullopt);
}

// --- interest
// -------------------------------------------------------------------------------------

TEST(Protocol, AsksEpollForWhatTheStateWaitsFor) {  // design: the table of states
  EXPECT_EQ(interest(State::kIdle), Interest::kReadable);
  EXPECT_EQ(interest(State::kHead), Interest::kReadable);
  EXPECT_EQ(interest(State::kBody), Interest::kReadable);
  EXPECT_EQ(interest(State::kRespond), Interest::kHangUp);
  EXPECT_EQ(interest(State::kSend), Interest::kWritable);
  EXPECT_EQ(interest(State::kLinger), Interest::kReadable);
  EXPECT_EQ(interest(State::kClosed), Interest::kHangUp);
}

// --- deadlines
// ------------------------------------------------------------------------------------

constexpr Timeouts kTimeouts;  // 15 s, 60 s, 10 s, 15 s, 30 s, 2 s

TEST(Protocol, WaitsForAFirstRequestLessLongThanForAnother) {  // §9: 15 s and 60 s
  Progress progress{.idle_since_ms = 1'000'000};
  EXPECT_EQ(deadline_ms(State::kIdle, progress, kTimeouts), 1'015'000);
  progress.had_request = true;
  EXPECT_EQ(deadline_ms(State::kIdle, progress, kTimeouts), 1'060'000);
  EXPECT_EQ(deadline_ms(State::kIdle, progress, {.keep_alive_ms = 0}), 1'000'000);
}

TEST(Protocol, BoundsAHeadFromItsFirstByteHoweverItDrips) {  // §9: 10 s in all
  const Progress progress{
      .idle_since_ms = 3'000'000, .first_byte_ms = 1'000'000, .last_byte_ms = 2'000'000};
  EXPECT_EQ(deadline_ms(State::kHead, progress, kTimeouts), 1'010'000);
  EXPECT_EQ(deadline_ms(State::kHead, progress, {.head_ms = 7}), 1'000'007);
}

TEST(Protocol, GivesContentFifteenSecondsFromItsLastByte) {  // §9
  Progress progress{.content_since_ms = 1'000'000, .last_byte_ms = 1'000'000};
  EXPECT_EQ(deadline_ms(State::kBody, progress, kTimeouts), 1'015'000);
  progress.last_byte_ms = 1'100'000;
  progress.content_received = 1 << 20;
  EXPECT_EQ(deadline_ms(State::kBody, progress, kTimeouts), 1'115'000);
  EXPECT_EQ(deadline_ms(State::kBody, progress, {.content_ms = 9}), 1'100'009);
}

TEST(Protocol, WantsTwoHundredBytesASecondOfContent) {  // §9: after the first 15 s
  Progress progress{.content_since_ms = 1'000'000};
  // A byte a second: progress enough, but only a fifth of a second was earned in 40.
  progress.last_byte_ms = 1'040'000;
  progress.content_received = 40;
  EXPECT_EQ(deadline_ms(State::kBody, progress, kTimeouts), 1'015'200);
  // Exactly the rate.
  progress.content_received = 200 * 40;
  EXPECT_EQ(deadline_ms(State::kBody, progress, kTimeouts), 1'055'000);
  // Faster earns no more than 15 s of silence.
  progress.content_received = 500 * 40;
  EXPECT_EQ(deadline_ms(State::kBody, progress, kTimeouts), 1'055'000);
  EXPECT_EQ(kLeastContentRate, 200);
}

TEST(Protocol, DoesNotOverflowWithTheLargestContent) {
  const Progress progress{.content_since_ms = 1'000'000,
                          .last_byte_ms = 2'000'000,
                          .content_received = std::uint64_t{1} << 50};
  EXPECT_EQ(deadline_ms(State::kBody, progress, kTimeouts), 2'015'000);
}

TEST(Protocol, CountsSendingAndLingeringFromTheLastByte) {  // §9: 30 s; §9.6: 2 s
  const Progress progress{
      .idle_since_ms = 1, .first_byte_ms = 2, .content_since_ms = 3, .last_byte_ms = 1'000'000};
  EXPECT_EQ(deadline_ms(State::kSend, progress, kTimeouts), 1'030'000);
  EXPECT_EQ(deadline_ms(State::kLinger, progress, kTimeouts), 1'002'000);
  EXPECT_EQ(deadline_ms(State::kSend, progress, {.send_ms = 5}), 1'000'005);
  EXPECT_EQ(deadline_ms(State::kLinger, progress, {.linger_ms = 5}), 1'000'005);
}

TEST(Protocol, HasNoDeadlineOfItsOwnForAnswersAndClosedConnections) {
  const Progress progress{.last_byte_ms = 1};
  EXPECT_EQ(deadline_ms(State::kRespond, progress, kTimeouts), kNever);
  EXPECT_EQ(deadline_ms(State::kClosed, progress, kTimeouts), kNever);
}

}  // namespace
}  // namespace tinyserve::http
