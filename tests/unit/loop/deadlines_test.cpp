#include "loop/deadlines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace tinyserve::loop {
namespace {

using Slots = std::vector<std::uint32_t>;

constexpr std::int64_t kStart = 1'000'000;

// The slots that are due at `now_ms`, sorted.
Slots due(Deadlines& deadlines, std::int64_t now_ms) {
  Slots slots = deadlines.expire(now_ms);
  std::sort(slots.begin(), slots.end());
  return slots;
}

TEST(Deadlines, HaveNothingToWaitForAtFirst) {
  Deadlines deadlines(kStart);
  EXPECT_EQ(deadlines.next_ms(), Deadlines::kNever);
  EXPECT_EQ(due(deadlines, kStart + 1'000'000), Slots{});
}

TEST(Deadlines, AreNeverEarlyAndLateByATickAtMost) {
  for (std::int64_t offset = 0; offset < 3 * Deadlines::kTickMs; ++offset) {
    Deadlines deadlines(kStart);
    const std::int64_t deadline = kStart + 500 + offset;
    deadlines.set(0, deadline);
    EXPECT_EQ(due(deadlines, deadline - 1), Slots{});
    EXPECT_EQ(due(deadlines, deadline + Deadlines::kTickMs), Slots{0});
  }
}

TEST(Deadlines, ComeDueOnce) {
  Deadlines deadlines(kStart);
  deadlines.set(3, kStart + 100);
  EXPECT_EQ(due(deadlines, kStart + 1000), Slots{3});
  EXPECT_EQ(due(deadlines, kStart + 2000), Slots{});
  EXPECT_EQ(deadlines.next_ms(), Deadlines::kNever);
}

TEST(Deadlines, SleepUntilTheFirstOfThem) {
  Deadlines deadlines(kStart);
  deadlines.set(0, kStart + 5000);
  deadlines.set(1, kStart + 1000);
  const std::int64_t next = deadlines.next_ms();
  EXPECT_GE(next, kStart + 1000);
  EXPECT_LE(next, kStart + 1000 + Deadlines::kTickMs);
  EXPECT_EQ(due(deadlines, next), Slots{1});
}

TEST(Deadlines, DoNotSleepWhenOneIsOverdue) {
  Deadlines deadlines(kStart);
  deadlines.set(0, kStart + 100);
  EXPECT_LE(deadlines.next_ms(), kStart + 5000);
}

TEST(Deadlines, ThatLieInThePastComeDueWithTheNextTick) {
  Deadlines deadlines(kStart);
  deadlines.set(0, kStart - 5000);
  EXPECT_LE(deadlines.next_ms(), kStart + Deadlines::kTickMs);
  EXPECT_EQ(due(deadlines, kStart + Deadlines::kTickMs), Slots{0});
}

TEST(Deadlines, CanBeMovedAway) {
  Deadlines deadlines(kStart);
  deadlines.set(0, kStart + 100);
  deadlines.set(0, kStart + 10'000);
  EXPECT_EQ(due(deadlines, kStart + 9'900), Slots{});
  EXPECT_EQ(due(deadlines, kStart + 10'100), Slots{0});
}

TEST(Deadlines, CanBeMovedNearer) {
  Deadlines deadlines(kStart);
  deadlines.set(0, kStart + 10'000);
  deadlines.set(0, kStart + 100);
  EXPECT_EQ(due(deadlines, kStart + 200), Slots{0});
  EXPECT_EQ(due(deadlines, kStart + 20'000), Slots{});
}

TEST(Deadlines, CanBeTakenAway) {
  Deadlines deadlines(kStart);
  deadlines.set(0, kStart + 100);
  deadlines.set(1, kStart + 100);
  deadlines.set(0, Deadlines::kNever);
  EXPECT_EQ(due(deadlines, kStart + 1000), Slots{1});
  deadlines.set(0, Deadlines::kNever);
  EXPECT_EQ(deadlines.next_ms(), Deadlines::kNever);
}

TEST(Deadlines, StayWhereOthersAreNoMore) {
  Deadlines deadlines(kStart);
  for (std::uint32_t slot = 0; slot < 100; ++slot) deadlines.set(slot, kStart + 5000);
  for (std::uint32_t slot = 10; slot < 100; ++slot) deadlines.set(slot, Deadlines::kNever);
  deadlines.shrink(10);
  deadlines.set(11, kStart + 5000);
  EXPECT_EQ(due(deadlines, kStart + 6000), (Slots{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11}));
}

TEST(Deadlines, MayLieFurtherAwayThanTheWheelIsRound) {
  Deadlines deadlines(kStart);
  const std::int64_t deadline = kStart + 10LL * 60 * 1000;
  deadlines.set(0, deadline);
  std::int64_t now = kStart;
  int naps = 0;
  while (due(deadlines, now).empty()) {
    ASSERT_GE(deadlines.next_ms(), now);
    now = deadlines.next_ms();
    ASSERT_LT(++naps, 20);
  }
  EXPECT_GE(now, deadline);
  EXPECT_LE(now, deadline + Deadlines::kTickMs);
}

TEST(Deadlines, AreAllMetAfterALongSleep) {
  Deadlines deadlines(kStart);
  for (std::uint32_t slot = 0; slot < 500; ++slot) deadlines.set(slot, kStart + slot * 700);
  EXPECT_EQ(due(deadlines, kStart + 3'600'000).size(), 500U);
}

TEST(Deadlines, AgreeWithAListThatIsLookedThroughEveryTime) {
  std::mt19937 random(20261122);
  const auto below = [&random](std::uint32_t limit) {
    return static_cast<std::int64_t>(random() % limit);
  };
  Deadlines deadlines(kStart);
  std::vector<std::int64_t> expected(40, Deadlines::kNever);
  std::int64_t now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(below(40));
    expected[slot] = below(5) == 0 ? Deadlines::kNever : now + below(90'000);
    deadlines.set(slot, expected[slot]);
    now += below(50) == 0 ? below(100'000) : below(300);
    for (const std::uint32_t met : due(deadlines, now)) {
      ASSERT_LE(expected[met], now);
      expected[met] = Deadlines::kNever;
    }
    const std::int64_t first = *std::min_element(expected.begin(), expected.end());
    ASSERT_GT(first, now - Deadlines::kTickMs) << "overdue by more than a tick";
    if (first == Deadlines::kNever) {
      ASSERT_EQ(deadlines.next_ms(), Deadlines::kNever);
    } else {
      ASSERT_LE(deadlines.next_ms(), std::max(first, now) + Deadlines::kTickMs);
    }
  }
}

}  // namespace
}  // namespace tinyserve::loop
