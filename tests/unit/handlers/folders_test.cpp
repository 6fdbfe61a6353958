#include "handlers/folders.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/file_times.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using files::Facts;
using test::TempTree;
using Siblings = std::vector<files::Dependency>;

Facts facts_at(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return files::facts_of(status);
}

// In 2033, so that all directories are settled.
constexpr std::int64_t kWallUs = 2'000'000'000'000'000;
constexpr Instant at(std::int64_t ms) { return {ms * 1000, kWallUs + ms * 1000}; }

struct Place {
  // In memory: where temporary files go there may be an overlay, which proves nothing.
  TempTree tree{TempTree::Below{"/dev/shm"},
                {{"a.txt", "a"}, {"sub/b.txt", "b"}, {"sub/c.txt", "c"}, {"other/d.txt", "d"}}};
  files::Root root = *files::Root::open({.root = tree.path()});
  Folders folders{root};

  std::optional<Facts> look(std::string_view file, std::int64_t ms) {
    return folders.look(file, at(ms)).facts;
  }
  std::optional<Facts> prove(const std::string& file, Siblings siblings = {}) {
    return folders.prove(file, facts_at(tree.path(file)), siblings, at(0));
  }
};

TEST(Folders, AreTheSameForAllThatLiesInThem) {
  Place place;
  const auto sub = facts_at(place.tree.path("sub"));
  EXPECT_EQ(place.look("sub/b.txt", 0), sub);
  EXPECT_EQ(place.look("sub/none", 5000), sub);
  EXPECT_EQ(place.look("a.txt", 0), facts_at(place.tree.path()));
}

TEST(Folders, AreLookedAtOnceASecond) {
  Place place;
  EXPECT_EQ(place.folders.look("sub/b.txt", at(0)).looked_ms, 0);
  EXPECT_EQ(place.folders.look("sub/c.txt", at(Folders::kLookMs - 1)).looked_ms, 0);
  EXPECT_EQ(place.folders.look("sub/b.txt", at(Folders::kLookMs)).looked_ms, Folders::kLookMs);
}

TEST(Folders, HaveOtherFactsAfterEveryChange) {
  const std::vector<std::function<void(const TempTree&)>> changes{
      [](auto& tree) { tree.write("sub/new.txt", ""); },
      [](auto& tree) { tree.remove("sub/b.txt"); },
      [](auto& tree) { tree.replace("sub/b.txt", "b"); },
      [](auto& tree) { tree.symlink("c.txt", "sub/link"); },
      [](auto& tree) { EXPECT_EQ(::chmod(tree.path("sub").c_str(), 0700), 0); },
      [](auto& tree) {
        tree.rename("sub", "old");
        tree.make_dir("sub");
      },
      [](auto& tree) {
        tree.write("sub/new.txt", "");
        test::set_mtime(tree.path("sub"), 1'000'000'000);
      }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Place place;
    const auto before = place.look("sub/b.txt", 0);
    test::wait_for_next_stamp(place.tree.path("sub"));
    changes[i](place.tree);
    EXPECT_EQ(place.look("sub/b.txt", Folders::kLookMs - 1), before) << i;
    const auto after = place.look("sub/b.txt", Folders::kLookMs);
    EXPECT_TRUE(after && after != before) << i;
  }
}

// Time stamps are only as fine as the kernel's tick.
TEST(Folders, SayNothingWhileTheyAreYoung) {
  Place place;
  const std::int64_t changed_us = facts_at(place.tree.path("sub")).ctime_ns / 1000 + 1;
  const auto look = [&](std::int64_t mono_ms, std::int64_t age_us) {
    return place.folders.look("sub/b.txt", {mono_ms * 1000, changed_us + age_us}).facts;
  };
  EXPECT_FALSE(look(0, files::kQuietUs - 1000));
  EXPECT_TRUE(look(Folders::kLookMs, files::kQuietUs + 1000));
}

TEST(Folders, SayNothingWhereTheyAreNotInTheRoot) {
  Place place;
  const TempTree outside{{"b.txt", "b"}};
  place.tree.symlink(outside.path(), "away");
  EXPECT_FALSE(place.look("away/b.txt", 0));
  EXPECT_FALSE(place.look("missing/b.txt", 0));
  EXPECT_FALSE(place.look("a.txt/b.txt", 0));
}

TEST(Folders, SayNothingOnOtherFileSystems) {
  const files::Root root = *files::Root::open({.root = "/proc/self"});
  Folders folders(root);
  EXPECT_FALSE(folders.look("status", at(0)).facts);
}

// More than there are places for.
TEST(Folders, AreToldApartHoweverManyThereAre) {
  Place place;
  for (int i = 0; i < 300; ++i) place.tree.make_dir("f" + std::to_string(i));
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; ++i) {
      const std::string folder = "f" + std::to_string(i);
      EXPECT_EQ(place.look(folder + "/x", 0), facts_at(place.tree.path(folder)));
    }
  }
}

TEST(Folders, ProveWhatIsInThem) {
  Place place;
  EXPECT_EQ(place.prove("sub/b.txt"), facts_at(place.tree.path("sub")));
  EXPECT_EQ(place.prove("a.txt", {{place.tree.path("a.txt.br"), {}}}), facts_at(place.tree.path()));
}

// It is looked at by the descriptor of the last proof: whatever has its name by now is another one.
TEST(Folders, ProveByTheDirectoryThatTheyOpened) {
  Place place;
  const Facts first = facts_at(place.tree.path("sub"));
  EXPECT_EQ(place.prove("sub/b.txt"), first);
  EXPECT_EQ(place.prove("sub/c.txt"), first);
  test::wait_for_next_stamp(place.tree.path("sub"));
  place.tree.write("sub/new.txt", "");
  EXPECT_EQ(place.prove("sub/c.txt"), first) << "and look() will find that it has changed";
  EXPECT_NE(place.look("sub/c.txt", 0), first);
  place.folders.close();
  EXPECT_EQ(place.prove("sub/c.txt"), facts_at(place.tree.path("sub")));
  EXPECT_EQ(place.prove("other/d.txt"), facts_at(place.tree.path("other")));
}

TEST(Folders, KeepNothingOpenAfterATurn) {
  Place place;
  const auto descriptors = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = descriptors();
  EXPECT_TRUE(place.look("other/d.txt", 0));
  EXPECT_TRUE(place.prove("sub/b.txt"));
  EXPECT_EQ(descriptors(), before + 1);
  place.folders.close();
  EXPECT_EQ(descriptors(), before);
}

TEST(Folders, ProveNothingOfAnotherFile) {
  Place place;
  const Facts other = facts_at(place.tree.path("a.txt"));
  EXPECT_FALSE(place.folders.prove("sub/b.txt", other, {}, at(0)));
  EXPECT_FALSE(place.folders.prove("sub/none", other, {}, at(0)));
  EXPECT_FALSE(place.folders.prove("none/b.txt", other, {}, at(0)));
}

// Where it leads may change without a change of the directory.
TEST(Folders, ProveNothingOfALink) {
  Place place;
  place.tree.symlink("b.txt", "sub/link");
  EXPECT_FALSE(place.prove("sub/link"));
}

TEST(Folders, ProveNothingBesideASiblingOrALink) {
  Place place;
  const std::string sibling = place.tree.path("sub/c.txt");
  EXPECT_FALSE(place.prove("sub/b.txt", {{sibling, facts_at(sibling)}}));
  EXPECT_FALSE(place.prove("sub/b.txt", {{sibling, {}}})) << "there by now";
  place.tree.symlink("nowhere", "sub/b.txt.br");
  EXPECT_FALSE(place.prove("sub/b.txt", {{place.tree.path("sub/b.txt.br"), {}}}));
}

TEST(Folders, ProveNothingOutsideTheRoot) {
  Place place;
  const TempTree outside{{"b.txt", "b"}};
  place.tree.symlink(outside.path(), "away");
  EXPECT_FALSE(place.prove("away/b.txt"));
}

}  // namespace
}  // namespace tinyserve::handlers
