#include "handlers/compressions.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tinyserve::handlers {
namespace {

using http::Coding;

EncodedVersion version(std::uint64_t inode) {
  EncodedVersion version;
  version.facts.inode = inode;
  version.coding = Coding::kBr;
  return version;
}

Block content(std::size_t size) { return Block::copy_of(std::string(size, 'x')); }

// What is found, or a word that nothing is.
std::string found(Compressions& compressions, const EncodedVersion& wanted) {
  const Block* const block = compressions.find(wanted);
  return block == nullptr ? "(nothing)" : std::string(block->view());
}

TEST(Compressions, FindWhatWasAdded) {
  Compressions compressions;
  EXPECT_EQ(found(compressions, version(1)), "(nothing)");
  compressions.add(version(1), Block::copy_of("one"));
  compressions.add(version(2), Block::copy_of("two"));
  EXPECT_EQ(found(compressions, version(1)), "one");
  EXPECT_EQ(found(compressions, version(2)), "two");
}

TEST(Compressions, RememberWhereEncodingDoesNotPay) {
  Compressions compressions;
  compressions.add(version(1), Block());
  ASSERT_NE(compressions.find(version(1)), nullptr);
  EXPECT_EQ(compressions.find(version(1))->size(), 0U);
}

TEST(Compressions, TellVersionsApartThatDifferInOneFact) {
  const EncodedVersion original{{files::Kind::kRegular, 1, 2, 3, 4, 5}, Coding::kBr};
  std::vector<EncodedVersion> others(7, original);
  others[0].facts.kind = files::Kind::kOther;
  others[1].facts.device = 9;
  others[2].facts.inode = 9;
  others[3].facts.size = 9;
  others[4].facts.mtime_ns = 9;
  others[5].facts.ctime_ns = 9;
  others[6].coding = Coding::kGzip;
  Compressions compressions;
  compressions.add(original, Block::copy_of("original"));
  const std::uint64_t job = compressions.begin(original);
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_EQ(compressions.find(others[i]), nullptr) << i;
    EXPECT_EQ(compressions.job_for(others[i]), 0U) << i;
    compressions.add(others[i], Block::copy_of(std::to_string(i)));
  }
  for (std::size_t i = 0; i < others.size(); ++i) {
    EXPECT_EQ(found(compressions, others[i]), std::to_string(i));
  }
  EXPECT_EQ(found(compressions, original), "original");
  EXPECT_EQ(compressions.job_for(original), job);
}

TEST(Compressions, KeepTheFirstOfTwoThatAreOfOneVersion) {
  Compressions compressions(2000);
  compressions.add(version(1), Block::copy_of("first"));
  for (int i = 0; i < 100; ++i) compressions.add(version(1), content(1000));
  EXPECT_EQ(found(compressions, version(1)), "first");
  compressions.add(version(2), content(1000));
  EXPECT_EQ(found(compressions, version(1)), "first") << "what was not taken does not count";
}

TEST(Compressions, DropWhatWasNotAskedForTheLongest) {
  Compressions compressions(10'000);  // room for three with what they cost beside
  for (const std::uint64_t inode : {1U, 2U, 3U}) compressions.add(version(inode), content(3000));
  EXPECT_NE(compressions.find(version(1)), nullptr);  // so the second one is the oldest
  compressions.add(version(4), content(3000));
  EXPECT_EQ(compressions.find(version(2)), nullptr);
  for (const std::uint64_t inode : {1U, 3U, 4U}) {
    EXPECT_NE(compressions.find(version(inode)), nullptr) << inode;
  }
}

TEST(Compressions, DropAsManyAsALargeOneNeeds) {
  Compressions compressions(10'000);
  for (std::uint64_t inode = 1; inode <= 20; ++inode) {
    compressions.add(version(inode), content(100));
  }
  compressions.add(version(99), content(9'000));
  EXPECT_NE(compressions.find(version(99)), nullptr);
  EXPECT_EQ(compressions.find(version(1)), nullptr);
  EXPECT_EQ(compressions.find(version(18)), nullptr);
}

TEST(Compressions, NeverHoldMoreThanTheyMayHoweverSmallItIs) {
  // The empty ones count, too: they are what a site of images would be full of.
  Compressions compressions(10'000);
  int kept = 0;
  for (std::uint64_t inode = 0; inode < 1000; ++inode) compressions.add(version(inode), Block());
  for (std::uint64_t inode = 0; inode < 1000; ++inode) {
    if (compressions.find(version(inode)) != nullptr) ++kept;
  }
  EXPECT_GT(kept, 0);
  EXPECT_LE(kept, 100);
}

TEST(Compressions, DoNotTakeWhatIsTooLargeForThem) {
  Compressions compressions(10'000);
  compressions.add(version(1), content(3000));
  compressions.add(version(2), content(10'000));
  EXPECT_EQ(compressions.find(version(2)), nullptr);
  EXPECT_NE(compressions.find(version(1)), nullptr) << "nothing had to go for it";
}

TEST(Compressions, TakeOverAllOfAnother) {
  Compressions compressions;
  compressions.add(version(1), Block::copy_of("ours"));
  Compressions other;
  other.add(version(1), Block::copy_of("theirs"));
  other.add(version(2), Block::copy_of("two"));
  other.add(version(3), Block());
  compressions.add_all(std::move(other));
  EXPECT_EQ(found(compressions, version(1)), "ours");
  EXPECT_EQ(found(compressions, version(2)), "two");
  EXPECT_EQ(found(compressions, version(3)), "");
}

TEST(CompressionsJob, IsKnownFromItsBeginningToItsEnd) {
  Compressions compressions;
  EXPECT_EQ(compressions.job_for(version(1)), 0U);
  const std::uint64_t first = compressions.begin(version(1));
  const std::uint64_t second = compressions.begin(version(2));
  EXPECT_NE(first, 0U);
  EXPECT_NE(second, first);
  EXPECT_EQ(compressions.job_for(version(1)), first);
  EXPECT_EQ(compressions.job_for(version(2)), second);
  compressions.end(first);
  EXPECT_EQ(compressions.job_for(version(1)), 0U);
  EXPECT_EQ(compressions.job_for(version(2)), second);
}

TEST(CompressionsJob, HasANumberThatOccursOnce) {
  Compressions compressions;
  const std::uint64_t first = compressions.begin(version(1));
  compressions.end(first);
  compressions.end(first);  // of what has ended, nothing
  EXPECT_NE(compressions.begin(version(1)), first);
}

}  // namespace
}  // namespace tinyserve::handlers
