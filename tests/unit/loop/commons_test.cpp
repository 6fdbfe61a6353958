#include "loop/commons.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace tinyserve::loop {
namespace {

TEST(Places, AreAsManyAsWasSaid) {
  Places places(2);
  EXPECT_TRUE(places.take());
  EXPECT_FALSE(places.are_taken());
  EXPECT_TRUE(places.take());
  EXPECT_TRUE(places.are_taken());
  EXPECT_FALSE(places.take());
  places.give_back();
  EXPECT_FALSE(places.are_taken());
  EXPECT_TRUE(places.take());
}

TEST(Places, AreNeverTakenByMoreThanThereAre) {
  constexpr int kPlaces = 2;
  Places places(kPlaces);
  std::atomic<int> holders{0};
  std::atomic<bool> crowded{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 20'000; ++turn) {
        if (!places.take()) continue;
        if (holders.fetch_add(1) >= kPlaces) crowded = true;
        holders.fetch_sub(1);
        places.give_back();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(crowded);
  EXPECT_TRUE(places.take() && places.take()) << "each was given back";
  EXPECT_TRUE(places.are_taken());
}

}  // namespace
}  // namespace tinyserve::loop
