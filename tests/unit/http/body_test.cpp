#include "http/body.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tinyserve::http {
namespace {

TEST(Body, KnowsItsLength) {
  EXPECT_EQ(content_length({}), 0U);
  EXPECT_EQ(content_length(std::string_view("abc")), 3U);
  EXPECT_EQ(content_length(std::string("abcd")), 4U);
  EXPECT_EQ(content_length(BlockSlice{Block::copy_of("abcdef"), 1, 4}), 4U);
  EXPECT_EQ(content_length(FileSlice{{}, 10, 1ULL << 40}), 1ULL << 40);
  EXPECT_EQ(content_length(std::vector<Piece>{}), 0U);
  EXPECT_EQ(content_length(
                std::vector<Piece>{std::string("ab"), BlockSlice{{}, 5, 3}, FileSlice{{}, 7, 100}}),
            105U);
}

TEST(Body, GivesAPartOfASlice) {
  const Block block = Block::copy_of("0123456789");
  const Piece bytes = part_of(BlockSlice{block, 2, 8}, 3, 4);
  const auto* slice = std::get_if<BlockSlice>(&bytes);
  ASSERT_NE(slice, nullptr);
  EXPECT_EQ(slice->block.view().substr(slice->offset, slice->length), "5678");
  const Piece tail = part_of(FileSlice{{}, 1000, 500}, 100, 400);
  const auto* file = std::get_if<FileSlice>(&tail);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->offset, 1100U);
  EXPECT_EQ(file->length, 400U);
}

TEST(BodyDeathTest, HasNoPartBeyondItsEndNorOneOfText) {
  const BlockSlice slice{Block::copy_of("0123456789"), 2, 8};
  EXPECT_DEATH(static_cast<void>(part_of(slice, 5, 4)), "internal error");
  EXPECT_DEATH(static_cast<void>(part_of(std::string("text"), 0, 4)), "internal error");
}

// Content that is said in one word.
class Word : public Producer {
 public:
  [[nodiscard]] Portion produce() override { return {"word", Portion::Then::kEnd}; }
  [[nodiscard]] bool is_heavy() const override { return false; }
};

TEST(Body, IsProducedWhereAProducerMakesIt) {
  EXPECT_TRUE(is_produced(std::make_unique<Word>()));
  EXPECT_FALSE(is_produced({}));
  EXPECT_FALSE(is_produced(std::string("text")));
}

TEST(BodyDeathTest, HasNoLengthWhileItIsProduced) {
  EXPECT_DEATH(static_cast<void>(content_length(std::make_unique<Word>())),
               "the length of the content is known");
}

}  // namespace
}  // namespace tinyserve::http
