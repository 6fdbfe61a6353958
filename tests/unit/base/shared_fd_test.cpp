#include "base/shared_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <utility>

namespace tinyserve {
namespace {

SharedFd open_something() { return SharedFd(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC))); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(SharedFd, HoldsNothingAtFirst) {
  EXPECT_EQ(SharedFd().get(), -1);
  EXPECT_FALSE(static_cast<bool>(SharedFd()));
  EXPECT_EQ(SharedFd(UniqueFd()).get(), -1);
  EXPECT_FALSE(static_cast<bool>(SharedFd(UniqueFd())));
}

TEST(SharedFd, ClosesWithItsLastOwner) {
  int number = -1;
  {
    SharedFd kept;
    {
      const SharedFd first = open_something();
      number = first.get();
      kept = first;
      EXPECT_EQ(kept.get(), number);
    }
    EXPECT_TRUE(is_open(number));
    const SharedFd copy = kept;
    kept = SharedFd();
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(SharedFd, ClosesWhatAnAssignmentReplaces) {
  SharedFd fd = open_something();
  const int old = fd.get();
  SharedFd other = open_something();
  const int fresh = other.get();
  fd = std::move(other);
  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(fresh));
  EXPECT_EQ(fd.get(), fresh);
  EXPECT_FALSE(static_cast<bool>(other));
}

TEST(SharedFd, SurvivesBeingAssignedToItself) {
  SharedFd fd = open_something();
  const SharedFd& same = fd;
  fd = same;
  EXPECT_TRUE(is_open(fd.get()));
}

}  // namespace
}  // namespace tinyserve
