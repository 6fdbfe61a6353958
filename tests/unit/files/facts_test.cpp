#include "files/facts.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "support/temp_tree.h"

namespace tinyserve::files {
namespace {

constexpr std::int64_t kNsPerS = 1'000'000'000;

// A file that was last touched at 1'000'000 s, and a time long after.
Facts settled_facts() {
  Facts facts;
  facts.kind = Kind::kRegular;
  facts.device = 1;
  facts.inode = 0x1a;
  facts.size = 0x10;
  facts.mtime_ns = 0xff;
  facts.ctime_ns = 0x100;
  return facts;
}
constexpr Instant kLater{0, 1'000'000'000};

Kind kind_of_mode(mode_t mode) {
  struct stat status {};
  status.st_mode = mode;
  return facts_of(status).kind;
}

TEST(Facts, TellFilesAndDirectoriesFromEverythingElse) {
  EXPECT_EQ(kind_of_mode(S_IFREG | 0644), Kind::kRegular);
  EXPECT_EQ(kind_of_mode(S_IFDIR | 0755), Kind::kDirectory);
  for (const mode_t mode : {S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, S_IFLNK}) {
    EXPECT_EQ(kind_of_mode(static_cast<mode_t>(mode)), Kind::kOther) << mode;
  }
}

TEST(Facts, KeepTimesInNanoseconds) {
  struct stat status {};
  status.st_dev = 7;
  status.st_ino = 8;
  status.st_size = 9;
  status.st_mtim = {784111777, 123456789};
  status.st_ctim = {784111778, 1};
  const Facts facts = facts_of(status);
  EXPECT_EQ(facts.device, 7U);
  EXPECT_EQ(facts.inode, 8U);
  EXPECT_EQ(facts.size, 9U);
  EXPECT_EQ(facts.mtime_ns, 784111777'123456789);
  EXPECT_EQ(facts.ctime_ns, 784111778'000000001);
}

TEST(Facts, SurviveAbsurdTimeStamps) {
  struct stat status {};
  status.st_mtim = {INT64_MAX, 999'999'999};
  status.st_ctim = {INT64_MIN, 0};
  EXPECT_EQ(facts_of(status), facts_of(status));
}

TEST(Facts, RoundSecondsDownAlsoBefore1970) {
  Facts facts;
  facts.mtime_ns = 2 * kNsPerS - 1;
  EXPECT_EQ(facts.mtime_s(), 1);
  facts.mtime_ns = -1;
  EXPECT_EQ(facts.mtime_s(), -1);
  facts.mtime_ns = -kNsPerS;
  EXPECT_EQ(facts.mtime_s(), -1);
}

TEST(Facts, DifferWhenAnyPartOfAVersionDiffers) {
  const Facts facts = settled_facts();
  Facts other = facts;
  EXPECT_EQ(facts, other);
  other.inode += 1;
  EXPECT_NE(facts, other);
  other = facts;
  other.ctime_ns += 1;
  EXPECT_NE(facts, other);
  other = facts;
  other.device += 1;
  EXPECT_NE(facts, other);
}

TEST(FactsOfOpen, FailWithWhatFstatSays) {
  const auto facts = facts_of_open(-1);
  ASSERT_FALSE(facts);
  EXPECT_TRUE(facts.error().is(EBADF));
}

TEST(IsUnchanged, SeesThatAFileIsWrittenToButNotThatItGoes) {
  const test::TempTree tree{{"a", "first"}};
  const UniqueFd fd(::open(tree.path("a").c_str(), O_RDONLY | O_CLOEXEC));
  const auto facts = facts_of_open(fd.get());
  ASSERT_TRUE(facts);
  EXPECT_TRUE(is_unchanged(fd.get(), *facts));
  Facts others = *facts;
  others.ctime_ns -= 1;
  EXPECT_FALSE(is_unchanged(fd.get(), others));
  tree.replace("a", "other");
  EXPECT_TRUE(is_unchanged(fd.get(), *facts));
  others = *facts;
  others.mtime_ns -= 1;
  EXPECT_FALSE(is_unchanged(fd.get(), others));
  EXPECT_FALSE(is_unchanged(-1, *facts));
}

TEST(IsSettled, WantsTwoSecondsSinceTheInodeChanged) {
  Facts facts;
  facts.ctime_ns = 100 * kNsPerS;
  EXPECT_FALSE(is_settled(facts, {0, 100'000'000}));
  EXPECT_FALSE(is_settled(facts, {0, 101'999'999}));
  EXPECT_TRUE(is_settled(facts, {0, 102'000'000}));
}

TEST(IsSettled, DoesNotTrustAStampFromTheFuture) {
  Facts facts;
  facts.ctime_ns = 500 * kNsPerS;
  EXPECT_FALSE(is_settled(facts, {0, 100'000'000}));
}

TEST(IsSettled, AsksForTheTimeThatPeopleCannotSet) {
  Facts facts;
  facts.mtime_ns = 0;  // `touch -d 1970`
  facts.ctime_ns = 100 * kNsPerS;
  EXPECT_FALSE(is_settled(facts, {0, 100'000'001}));
}

TEST(EntityTag, OfASettledFileIsStrongAndStaysTheSame) {
  EXPECT_EQ(entity_tag(settled_facts(), "", kLater), "\"1a-10-ff-100\"");
  EXPECT_EQ(entity_tag(settled_facts(), "", kLater),
            entity_tag(settled_facts(), "", {0, 2'000'000'000}));
}

TEST(EntityTag, ChangesWithInodeSizeAndBothTimes) {
  const std::string tag = entity_tag(settled_facts(), "", kLater);
  Facts facts = settled_facts();
  facts.inode += 1;
  EXPECT_NE(entity_tag(facts, "", kLater), tag);
  facts = settled_facts();
  facts.size += 1;
  EXPECT_NE(entity_tag(facts, "", kLater), tag);
  facts = settled_facts();
  facts.mtime_ns += 1;
  EXPECT_NE(entity_tag(facts, "", kLater), tag);
  facts = settled_facts();
  facts.ctime_ns += 1;
  EXPECT_NE(entity_tag(facts, "", kLater), tag);
}

TEST(EntityTag, NamesTheCoding) {
  EXPECT_EQ(entity_tag(settled_facts(), "br", kLater), "\"1a-10-ff-100-br\"");
}

TEST(EntityTag, ThatLastsIsThatOfTheSettledFile) {
  EXPECT_EQ(lasting_entity_tag(settled_facts()), entity_tag(settled_facts(), "", kLater));
}

TEST(EntityTag, OfAYoungFileNeverOccursAgain) {
  const Instant now{0, 1'000'000};
  const std::string first = entity_tag(settled_facts(), "", now);
  const std::string second = entity_tag(settled_facts(), "", now);
  EXPECT_NE(first, second);
  EXPECT_NE(first, entity_tag(settled_facts(), "", kLater));
  EXPECT_EQ(first.substr(0, 14), "\"1a-10-ff-100-");
  EXPECT_EQ(first.back(), '"');
}

}  // namespace
}  // namespace tinyserve::files
