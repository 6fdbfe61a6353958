#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace tinyserve {
namespace {

TEST(MemoryBudget, GivesOutWhatItHasAndNotAByteMore) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.take(60));
  EXPECT_TRUE(budget.take(40));
  EXPECT_EQ(budget.used(), 100U);
  EXPECT_FALSE(budget.take(1));
  EXPECT_TRUE(budget.take(0));
}

TEST(MemoryBudget, IsUnchangedByWhatItRefuses) {
  MemoryBudget budget(100);
  EXPECT_TRUE(budget.take(30));
  EXPECT_FALSE(budget.take(71));
  EXPECT_EQ(budget.used(), 30U);
  EXPECT_TRUE(budget.take(70));
}

TEST(MemoryBudget, GivesOutAgainWhatCameBack) {
  MemoryBudget budget(10);
  EXPECT_TRUE(budget.take(10));
  budget.give_back(4);
  EXPECT_EQ(budget.used(), 6U);
  EXPECT_FALSE(budget.take(5));
  EXPECT_TRUE(budget.take(4));
}

TEST(MemoryBudget, CountsForAllThreads) {
  MemoryBudget budget(1000);
  std::array<std::thread, 2> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&budget] {
      for (int i = 0; i < 10'000; ++i) {
        if (budget.take(600)) budget.give_back(600);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 0U);
}

}  // namespace
}  // namespace tinyserve
