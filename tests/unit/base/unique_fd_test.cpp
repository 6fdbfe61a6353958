#include "base/unique_fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <type_traits>
#include <utility>

namespace tinyserve {
namespace {

int open_something() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

static_assert(!std::is_copy_constructible_v<UniqueFd> && !std::is_copy_assignable_v<UniqueFd>);

TEST(UniqueFd, OwnsNothingAtFirst) {
  const UniqueFd fd;
  EXPECT_EQ(fd.get(), -1);
  EXPECT_FALSE(static_cast<bool>(fd));
}

TEST(UniqueFd, ClosesWhatItOwns) {
  int number = -1;
  {
    const UniqueFd fd(open_something());
    number = fd.get();
    EXPECT_TRUE(static_cast<bool>(fd));
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(UniqueFd, CountsDescriptorZeroAsOwned) {
  UniqueFd fd(0);
  EXPECT_TRUE(static_cast<bool>(fd));
  EXPECT_EQ(fd.release(), 0);  // not ours to close
}

TEST(UniqueFd, HandsItsDescriptorOnWhenMoved) {
  UniqueFd first(open_something());
  const int number = first.get();
  UniqueFd second(std::move(first));
  EXPECT_EQ(first.get(), -1);
  EXPECT_EQ(second.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, ClosesTheOldOneWhenANewOneIsAssigned) {
  UniqueFd fd(open_something());
  const int old = fd.get();
  UniqueFd other(open_something());
  const int fresh = other.get();
  fd = std::move(other);
  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(fresh));
  EXPECT_EQ(fd.get(), fresh);
  EXPECT_EQ(other.get(), -1);
}

TEST(UniqueFd, SurvivesBeingAssignedToItself) {
  UniqueFd fd(open_something());
  const int number = fd.get();
  UniqueFd& same = fd;
  fd = std::move(same);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(UniqueFd, GivesUpWhatIsReleasedAndClosesWhatIsReset) {
  UniqueFd fd(open_something());
  const int released = fd.release();
  EXPECT_EQ(fd.get(), -1);
  EXPECT_TRUE(is_open(released));
  fd.reset(released);
  EXPECT_TRUE(is_open(released));
  fd.reset();
  EXPECT_FALSE(is_open(released));
  EXPECT_FALSE(static_cast<bool>(fd));
}

}  // namespace
}  // namespace tinyserve
