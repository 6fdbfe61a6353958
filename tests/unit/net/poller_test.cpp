#include "net/poller.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/clock.h"

namespace tinyserve::net {
namespace {

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;
  Pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) std::abort();
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
};

void say(const UniqueFd& fd) { ASSERT_EQ(::write(fd.get(), "x", 1), 1); }

constexpr std::int64_t kHour = 3'600'000;  // milliseconds

std::int64_t now_ms() { return read_clocks().mono_ms(); }

// What is reported now, copied.
std::vector<Poller::Event> events_of(Poller& poller) {
  const std::int64_t now = now_ms();
  const auto events = poller.wait(now, now);
  EXPECT_TRUE(events);
  return {(*events).begin(), (*events).end()};
}

TEST(Poller, ReportsNothingWhileNothingHappens) {
  Poller poller = *Poller::open();
  const Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kReadable, 7));
  EXPECT_TRUE(events_of(poller).empty());
}

// Waits from `from_ms` until `until_ms`; nothing happens but that the timer rings.
void expect_ring(Poller& poller, std::int64_t until_ms, std::int64_t from_ms) {
  const auto events = poller.wait(until_ms, from_ms);
  ASSERT_TRUE(events);
  ASSERT_EQ((*events).size(), 1U);
  EXPECT_EQ((*events)[0].token(), Poller::kTimerToken);
}

TEST(Poller, WaitsUntilItsTimeHasComeAndSaysSoOnce) {
  Poller poller = *Poller::open();
  for (int i = 0; i < 2; ++i) {
    const std::int64_t start = now_ms();
    expect_ring(poller, start + 20, start);
    EXPECT_GE(now_ms(), start + 20);
    EXPECT_TRUE(events_of(poller).empty());
  }
}

TEST(Poller, WaitsForATimeThatIsNearerThanTheOneBefore) {
  Poller poller = *Poller::open();
  const Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kReadable, 7));
  say(pair.theirs);
  const std::int64_t start = now_ms();
  const auto events = poller.wait(start + kHour, start);
  ASSERT_TRUE(events);
  ASSERT_EQ((*events).size(), 1U);
  ASSERT_TRUE(poller.remove(pair.ours.get()));
  expect_ring(poller, start + 20, start);
}

TEST(Poller, WakesUpOnceForATimeThatHasBeenMovedAway) {
  Poller poller = *Poller::open();
  const Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kReadable, 7));
  say(pair.theirs);
  const std::int64_t start = now_ms();
  ASSERT_TRUE(poller.wait(start + 20, start));
  ASSERT_TRUE(poller.remove(pair.ours.get()));
  expect_ring(poller, start + kHour, start);

  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kReadable, 7));
  const auto events = poller.wait(start + kHour, start + 20);
  ASSERT_TRUE(events);
  ASSERT_EQ((*events).size(), 1U);
  EXPECT_EQ((*events)[0].token(), 7U);
}

TEST(Poller, LooksOnlyWhenTheTimeHasCome) {
  Poller poller = *Poller::open();
  EXPECT_TRUE((*poller.wait(1, 1)).empty());
  EXPECT_TRUE((*poller.wait(1, 2)).empty());
}

TEST(Poller, ReportsWhatCanBeReadWithItsToken) {
  Poller poller = *Poller::open();
  const Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kReadable, 0xfedcba9876543210));
  say(pair.theirs);
  const auto events = events_of(poller);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].token(), 0xfedcba9876543210);
  EXPECT_TRUE(events[0].is_readable());
  EXPECT_FALSE(events[0].is_writable());
  EXPECT_FALSE(events[0].is_broken());
}

TEST(Poller, ReportsAgainWhatWasNotRead) {  // level-triggered
  Poller poller = *Poller::open();
  const Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kReadable, 7));
  say(pair.theirs);
  EXPECT_EQ(events_of(poller).size(), 1U);
  EXPECT_EQ(events_of(poller).size(), 1U);
}

TEST(Poller, ReportsOnlyWhatWasAskedFor) {
  Poller poller = *Poller::open();
  const Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kNothing, 7));
  say(pair.theirs);
  EXPECT_TRUE(events_of(poller).empty());
  ASSERT_TRUE(poller.modify(pair.ours.get(), Poller::kWritable, 8));
  const auto events = events_of(poller);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].token(), 8U);
  EXPECT_TRUE(events[0].is_writable());
  EXPECT_FALSE(events[0].is_readable());
}

TEST(Poller, ReportsAHangUpWhateverWasAskedFor) {
  Poller poller = *Poller::open();
  Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kNothing, 7));
  pair.theirs.reset();
  const auto events = events_of(poller);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].is_broken());
}

TEST(Poller, ReportsAHalfCloseAsReadableAndNotAsBroken) {
  Poller poller = *Poller::open();
  const Pair pair;
  ASSERT_TRUE(poller.add(pair.ours.get(), Poller::kReadable, 7));
  ASSERT_EQ(::shutdown(pair.theirs.get(), SHUT_WR), 0);
  const auto events = events_of(poller);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].is_readable());
  EXPECT_FALSE(events[0].is_broken());
}

TEST(Poller, ForgetsWhatWasRemovedOrClosed) {
  Poller poller = *Poller::open();
  const Pair removed;
  Pair closed;
  ASSERT_TRUE(poller.add(removed.ours.get(), Poller::kReadable, 1));
  ASSERT_TRUE(poller.add(closed.ours.get(), Poller::kReadable, 2));
  say(removed.theirs);
  say(closed.theirs);
  ASSERT_TRUE(poller.remove(removed.ours.get()));
  closed.ours.reset();
  EXPECT_TRUE(events_of(poller).empty());
}

TEST(Poller, ReportsTheRestOfManyInTheNextBatch) {
  Poller poller = *Poller::open();
  const std::vector<Pair> pairs(300);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    ASSERT_TRUE(poller.add(pairs[i].ours.get(), Poller::kReadable, i));
    say(pairs[i].theirs);
  }
  std::vector<bool> reported(pairs.size());
  for (int batch = 0; batch < 2; ++batch) {
    for (const Poller::Event& event : events_of(poller)) {
      reported[event.token()] = true;
      char byte = 0;
      ASSERT_EQ(::read(pairs[event.token()].ours.get(), &byte, 1), 1);
    }
  }
  EXPECT_EQ(reported, std::vector<bool>(pairs.size(), true));
  EXPECT_TRUE(events_of(poller).empty());
}

TEST(Poller, SaysWhatItCannotWatch) {
  Poller poller = *Poller::open();
  const auto added = poller.add(-1, Poller::kReadable, 7);
  ASSERT_FALSE(added);
  EXPECT_TRUE(added.error().is(EBADF));
  const Pair pair;
  EXPECT_TRUE(poller.modify(pair.ours.get(), Poller::kReadable, 7).error().is(ENOENT));
  EXPECT_TRUE(poller.remove(pair.ours.get()).error().is(ENOENT));
}

}  // namespace
}  // namespace tinyserve::net
