#include "files/listing.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "support/temp_tree.h"

namespace tinyserve::files {
namespace {

using test::TempTree;
using Names = std::vector<std::string>;

// The names listed in `path` of a tree, directories with a slash.
Names names_in(const Options& options, const std::string& path, Hidden hidden) {
  const auto root = Root::open(options);
  const auto place = root->find(path);
  const auto entries = list_directory(*root, path, *place, hidden, SIZE_MAX);
  Names names;
  for (const ListedEntry& entry : *entries) {
    names.push_back(entry.name + (entry.facts.kind == Kind::kDirectory ? "/" : ""));
  }
  return names;
}

Names names_in(const TempTree& tree, const std::string& path = "") {
  return names_in({tree.path(), false}, path, Hidden::kLeaveOut);
}

TEST(Listing, HasDirectoriesFirstAndIsInNaturalOrder) {
  const TempTree tree{{"b10.txt", ""}, {"z/x", ""}, {"b9.txt", ""}, {"C.txt", ""}, {"m/x", ""}};
  EXPECT_EQ(names_in(tree), (Names{"m/", "z/", "b9.txt", "b10.txt", "C.txt"}));
}

TEST(Listing, OfAnEmptyDirectoryIsEmpty) {
  const TempTree tree;
  EXPECT_EQ(names_in(tree), Names{});
}

TEST(Listing, IsOfTheDirectoryItWasAskedFor) {
  const TempTree tree{{"top.txt", ""}, {"sub/deep/inner.txt", ""}};
  EXPECT_EQ(names_in(tree, "sub/deep"), Names{"inner.txt"});
}

TEST(Listing, KnowsSizes) {
  const TempTree tree{{"five.txt", "12345"}};
  const auto root = Root::open({tree.path(), false});
  const auto place = root->find("");
  const auto entries = list_directory(*root, "", *place, Hidden::kLeaveOut, SIZE_MAX);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1U);
  EXPECT_EQ(entries->front().facts.size, 5U);
}

TEST(Listing, ShowsDotNamesOnlyWhenAsked) {
  const TempTree tree{{".env", ""}, {".git/config", ""}, {"a", ""}};
  EXPECT_EQ(names_in(tree), Names{"a"});
  EXPECT_EQ(names_in({tree.path(), false}, "", Hidden::kShow), (Names{".git/", ".env", "a"}));
}

TEST(Listing, LeavesOutWhatIsNeverOpened) {
  const TempTree tree{{"a", ""}};
  tree.fifo("pipe");
  tree.unix_socket("socket");
  tree.symlink("pipe", "link-to-pipe");
  EXPECT_EQ(names_in(tree), Names{"a"});
}

TEST(Listing, ShowsASymlinkAsWhatItLeadsTo) {
  const TempTree tree{{"sub/a.txt", "1234"}};
  tree.symlink("sub", "dir-link");
  tree.symlink("sub/a.txt", "file-link");
  EXPECT_EQ(names_in(tree), (Names{"dir-link/", "sub/", "file-link"}));
}

TEST(Listing, FollowsASymlinkFromWhereItStands) {
  const TempTree tree{{"top.txt", ""}, {"sub/inner.txt", ""}};
  tree.symlink("../top.txt", "sub/up");
  tree.symlink("top.txt", "sub/dangling");
  EXPECT_EQ(names_in(tree, "sub"), (Names{"inner.txt", "up"}));
}

TEST(Listing, LeavesOutSymlinksThatLeadOutOrNowhere) {
  const TempTree outside{{"secret.txt", ""}};
  const TempTree tree{{"a", ""}};
  tree.symlink(outside.path("secret.txt"), "out");
  tree.symlink(outside.path(), "out-dir");
  tree.symlink("missing", "dangling");
  tree.symlink("loop", "loop");
  EXPECT_EQ(names_in(tree), Names{"a"});
}

TEST(Listing, ShowsSymlinksThatLeadOutWhereTheyAreFollowed) {
  const TempTree outside{{"secret.txt", ""}};
  const TempTree tree{{"a", ""}};
  tree.symlink(outside.path("secret.txt"), "out");
  EXPECT_EQ(names_in({tree.path(), true}, "", Hidden::kLeaveOut), (Names{"a", "out"}));
}

TEST(Listing, KeepsNamesAsTheBytesTheyAre) {
  const TempTree tree{{"a\nb", ""}, {"\xFF\xFE", ""}, {"<b>&amp;", ""}};
  EXPECT_EQ(names_in(tree), (Names{"<b>&amp;", "a\nb", "\xFF\xFE"}));
}

TEST(Listing, FailsForWhatIsNoDirectory) {
  const TempTree tree{{"a.txt", ""}};
  const auto root = Root::open({tree.path(), false});
  const auto file = root->find("a.txt");
  const auto entries = list_directory(*root, "a.txt", *file, Hidden::kLeaveOut, SIZE_MAX);
  ASSERT_FALSE(entries);
  EXPECT_TRUE(entries.error().is(ENOTDIR));
}

TEST(Listing, FailsWhereThereAreMoreEntriesThanWanted) {
  const TempTree tree{{"a", ""}, {"b", ""}, {".hidden", ""}, {".git/config", ""}};
  tree.fifo("pipe");
  const auto root = Root::open({tree.path(), false});
  const auto place = root->find("");
  const auto most = [&](Hidden hidden, std::size_t number) {
    return list_directory(*root, "", *place, hidden, number);
  };
  // Only what is listed counts.
  EXPECT_TRUE(most(Hidden::kLeaveOut, 2));
  const auto failed = most(Hidden::kLeaveOut, 1);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().is(EFBIG));
  EXPECT_TRUE(most(Hidden::kShow, 4));
  EXPECT_FALSE(most(Hidden::kShow, 3));
}

}  // namespace
}  // namespace tinyserve::files
