#include "base/block.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>

namespace tinyserve {
namespace {

TEST(Block, IsEmptyWithoutBytes) {
  const Block block;
  EXPECT_FALSE(static_cast<bool>(block));
  EXPECT_EQ(block.size(), 0U);
  EXPECT_EQ(block.room(), 0U);
  EXPECT_EQ(block.view(), "");
}

TEST(Block, HasTheCapacityItWasGiven) {
  Block block = Block::with_capacity(5);
  EXPECT_TRUE(static_cast<bool>(block));
  EXPECT_EQ(block.size(), 0U);
  EXPECT_EQ(block.room(), 5U);
  block.append("abc");
  EXPECT_EQ(block.view(), "abc");
  EXPECT_EQ(block.room(), 2U);
  block.append("");
  block.append("de");
  EXPECT_EQ(block.view(), "abcde");
  EXPECT_EQ(block.room(), 0U);
}

TEST(Block, NeverMovesBytesThatAreThere) {
  Block block = Block::with_capacity(100);
  block.append("first");
  const char* const before = block.view().data();
  block.append(std::string(95, 'x'));
  EXPECT_EQ(block.view().data(), before);
  EXPECT_EQ(block.view().substr(0, 6), "firstx");
}

TEST(Block, CopiesBytesOfAnyValue) {
  const std::string bytes("\0\xff\r\n", 4);
  const Block block = Block::copy_of(bytes);
  EXPECT_EQ(block.view(), bytes);
  EXPECT_NE(block.view().data(), bytes.data());
  EXPECT_EQ(block.room(), 0U);
}

TEST(Block, SharesItsBytesWithItsCopies) {
  Block block = Block::with_capacity(10);
  block.append("ab");
  const Block copy = block;
  block.append("cd");
  EXPECT_EQ(copy.view(), "abcd");
  EXPECT_EQ(copy.view().data(), block.view().data());
}

TEST(Block, OutlivesTheOneItWasCopiedFrom) {
  Block kept;
  {
    const Block block = Block::copy_of("still here");
    kept = block;
  }
  EXPECT_EQ(kept.view(), "still here");
}

TEST(Block, IsEmptyAfterItWasMovedFrom) {
  Block block = Block::copy_of("moved");
  const Block other = std::move(block);
  EXPECT_FALSE(static_cast<bool>(block));
  EXPECT_EQ(other.view(), "moved");
}

TEST(Block, SurvivesBeingAssignedToItself) {
  Block block = Block::copy_of("same");
  const Block& same = block;
  block = same;
  EXPECT_EQ(block.view(), "same");
}

TEST(Block, IsFilledFromOutsideThroughItsTail) {
  Block block = Block::with_capacity(8);
  block.append("ab");
  std::memcpy(block.tail(), "cdef", 4);
  EXPECT_EQ(block.view(), "ab");
  block.grow(3);
  EXPECT_EQ(block.view(), "abcde");
  EXPECT_EQ(block.room(), 3U);
}

TEST(Block, KnowsWhetherSomebodyElseHasIt) {
  EXPECT_FALSE(Block().is_shared());
  Block block = Block::copy_of("ours");
  EXPECT_FALSE(block.is_shared());
  {
    const Block copy = block;
    EXPECT_TRUE(block.is_shared());
    EXPECT_TRUE(copy.is_shared());
  }
  EXPECT_FALSE(block.is_shared());
  const Block moved = std::move(block);
  EXPECT_FALSE(moved.is_shared());
}

TEST(Block, IsOverwrittenInPlace) {
  Block block = Block::copy_of("the old text");
  const char* const before = block.view().data();
  block.overwrite(4, "new");
  block.overwrite(8, "word");
  block.overwrite(12, "");
  EXPECT_EQ(block.view(), "the new word");
  EXPECT_EQ(block.view().data(), before);
}

TEST(BlockDeathTest, WhatOthersHaveIsNotOverwritten) {
  Block block = Block::copy_of("shared");
  const Block copy = block;
  EXPECT_DEATH(block.overwrite(0, "S"), "internal error");
}

TEST(BlockDeathTest, NothingIsOverwrittenBehindTheBytes) {
  Block block = Block::with_capacity(8);
  block.append("four");
  EXPECT_DEATH(block.overwrite(3, "xy"), "internal error");
  EXPECT_DEATH(Block().overwrite(0, "x"), "internal error");
}

TEST(BlockDeathTest, MoreThanThereIsRoomForStopsTheProgram) {
  Block block = Block::with_capacity(3);
  EXPECT_DEATH(block.append("four"), "internal error");
  EXPECT_DEATH(block.grow(4), "internal error");
  EXPECT_DEATH(Block().append("x"), "internal error");
}

}  // namespace
}  // namespace tinyserve
