#include "log/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tinyserve::log {
namespace {

TEST(Buffer, IsEmptyAtFirst) {
  const Buffer buffer;
  EXPECT_EQ(buffer.view(), "");
  EXPECT_EQ(buffer.size(), 0u);
}

TEST(Buffer, KeepsWhatIsThereWhileItGrows) {
  Buffer buffer;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    buffer.append(std::to_string(i));
    expected += std::to_string(i);
  }
  EXPECT_EQ(buffer.view(), expected);
}

TEST(Buffer, TakesWhatWasWrittenAsFarAsItIsTold) {
  Buffer buffer;
  buffer.append("a");
  char* const room = buffer.room(100);
  std::fill_n(room, 100, 'x');
  EXPECT_EQ(buffer.view(), "a");
  buffer.end_at(room + 2);
  EXPECT_EQ(buffer.view(), "axx");
}

TEST(Buffer, KeepsItsRoomWhenItIsCleared) {
  Buffer buffer;
  const char* const room = buffer.room(100);
  buffer.clear(100);
  EXPECT_EQ(buffer.room(100), room);
}

TEST(Buffer, GivesBackMoreRoomThanIsToBeKept) {
  Buffer buffer;
  buffer.append(std::string(101, 'x'));
  buffer.clear(100);
  EXPECT_EQ(buffer.view().data(), nullptr);
  buffer.append("y");
  EXPECT_EQ(buffer.view(), "y");
}

}  // namespace
}  // namespace tinyserve::log
