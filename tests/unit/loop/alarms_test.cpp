#include "loop/alarms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace tinyserve::loop {
namespace {

using Tickets = std::vector<std::uint64_t>;

TEST(Alarms, HaveNothingToWaitForAtFirst) {
  Alarms alarms;
  EXPECT_EQ(alarms.next_ms(), Alarms::kNever);
  EXPECT_EQ(alarms.due(INT64_MAX), Tickets{});
}

TEST(Alarms, ComeDueToTheMillisecondAndOnce) {
  Alarms alarms;
  alarms.set(7, 1000);
  EXPECT_EQ(alarms.due(999), Tickets{});
  EXPECT_EQ(alarms.due(1000), Tickets{7});
  EXPECT_EQ(alarms.due(2000), Tickets{});
  EXPECT_EQ(alarms.next_ms(), Alarms::kNever);
}

TEST(Alarms, WaitForTheFirstOfThem) {
  Alarms alarms;
  alarms.set(1, 1500);
  alarms.set(2, 1200);
  alarms.set(3, 1900);
  EXPECT_EQ(alarms.next_ms(), 1200);
  EXPECT_EQ(alarms.due(1500), (Tickets{2, 1}));
  EXPECT_EQ(alarms.next_ms(), 1900);
}

TEST(Alarms, WakeWhoHasSetSeveralOnceForEach) {
  Alarms alarms;
  for (const std::int64_t when_ms : {30, 10, 20}) alarms.set(5, when_ms);
  EXPECT_EQ(alarms.due(20), (Tickets{5, 5}));
  EXPECT_EQ(alarms.due(30), Tickets{5});
}

TEST(Alarms, AreInOrderHoweverTheyWereSet) {
  std::minstd_rand random(20261122);
  Alarms alarms;
  std::vector<std::pair<std::int64_t, std::uint64_t>> expected;
  for (std::uint64_t ticket = 0; ticket < 1000; ++ticket) {
    // No two at the same time: their order is nobody's business.
    const std::int64_t when_ms =
        static_cast<std::int64_t>(random() % 1000) * 1000 + static_cast<std::int64_t>(ticket);
    alarms.set(ticket, when_ms);
    expected.emplace_back(when_ms, ticket);
  }
  std::sort(expected.begin(), expected.end());
  Tickets in_order;
  for (const auto& [when_ms, ticket] : expected) in_order.push_back(ticket);
  EXPECT_EQ(alarms.due(1'000'000), in_order);
}

}  // namespace
}  // namespace tinyserve::loop
