#include "base/wake_up.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <thread>

namespace tinyserve {
namespace {

bool is_readable(const WakeUp& wake_up, int patience_ms = 0) {
  pollfd wanted{wake_up.fd(), POLLIN, 0};
  return ::poll(&wanted, 1, patience_ms) == 1;
}

TEST(WakeUp, IsReadableFromASignalToAClear) {
  const auto wake_up = WakeUp::open();
  ASSERT_TRUE(wake_up);
  EXPECT_FALSE(is_readable(*wake_up));
  wake_up->signal();
  EXPECT_TRUE(is_readable(*wake_up));
  wake_up->clear();
  EXPECT_FALSE(is_readable(*wake_up));
}

TEST(WakeUp, TakesAllSignalsAtOnce) {
  const auto wake_up = WakeUp::open();
  for (int i = 0; i < 1000; ++i) wake_up->signal();
  wake_up->clear();
  EXPECT_FALSE(is_readable(*wake_up));
}

TEST(WakeUp, NeverWaitsForASignalThatHasNotCome) {
  const auto wake_up = WakeUp::open();
  wake_up->clear();
  EXPECT_FALSE(is_readable(*wake_up));
}

TEST(WakeUp, LeavesErrnoAsItWas) {  // it is called in signal handlers
  const auto wake_up = WakeUp::open();
  errno = ENOTTY;
  wake_up->signal();
  EXPECT_EQ(errno, ENOTTY);
}

TEST(WakeUp, WakesAnotherThread) {
  const auto wake_up = WakeUp::open();
  std::thread signaller([&wake_up] { wake_up->signal(); });
  EXPECT_TRUE(is_readable(*wake_up, 10'000));
  signaller.join();
}

}  // namespace
}  // namespace tinyserve
