#include "handlers/folders.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "support/file_times.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using test::TempTree;

// In 2033, so that all directories are settled.
constexpr std::int64_t kWallUs = 2'000'000'000'000'000;
constexpr Instant at(std::int64_t ms) { return {ms * 1000, kWallUs + ms * 1000}; }

struct Place {
  TempTree tree{{"a.txt", "a"}, {"sub/b.txt", "b"}, {"sub/c.txt", "c"}, {"other/d.txt", "d"}};
  files::Root root = *files::Root::open({.root = tree.path()});
  Folders folders{root};

  std::uint64_t version(std::string_view file, std::int64_t ms) {
    return folders.look(file, at(ms)).version;
  }
};

TEST(Folders, AreTheSameForAllThatLiesInThem) {
  Place place;
  const std::uint64_t version = place.version("sub/b.txt", 0);
  EXPECT_NE(version, 0U);
  EXPECT_EQ(place.version("sub/c.txt", 0), version);
  EXPECT_EQ(place.version("sub/none", 5000), version);
}

TEST(Folders, AreNotMixedUp) {
  Place place;
  const std::uint64_t top = place.version("a.txt", 0);
  const std::uint64_t sub = place.version("sub/b.txt", 0);
  EXPECT_NE(top, 0U);
  EXPECT_NE(top, sub);
  EXPECT_NE(place.version("other/d.txt", 0), sub);
}

TEST(Folders, AreLookedAtOnceASecond) {
  Place place;
  EXPECT_EQ(place.folders.look("sub/b.txt", at(0)).looked_ms, 0);
  EXPECT_EQ(place.folders.look("sub/c.txt", at(Folders::kLookMs - 1)).looked_ms, 0);
  EXPECT_EQ(place.folders.look("sub/b.txt", at(Folders::kLookMs)).looked_ms, Folders::kLookMs);
}

TEST(Folders, HaveAnotherVersionAfterEveryChange) {
  const std::vector<std::function<void(const TempTree&)>> changes{
      [](auto& tree) { tree.write("sub/new.txt", ""); },
      [](auto& tree) { tree.remove("sub/b.txt"); },
      [](auto& tree) { tree.replace("sub/b.txt", "b"); },
      [](auto& tree) { EXPECT_EQ(::symlink("c.txt", tree.path("sub/link").c_str()), 0); },
      [](auto& tree) { EXPECT_EQ(::chmod(tree.path("sub").c_str(), 0700), 0); },
      [](auto& tree) {
        EXPECT_EQ(::rename(tree.path("sub").c_str(), tree.path("old").c_str()), 0);
        tree.make_dir("sub");
      },
      [](auto& tree) {
        tree.write("sub/new.txt", "");
        test::set_mtime(tree.path("sub"), 1'000'000'000);
      }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Place place;
    const std::uint64_t before = place.version("sub/b.txt", 0);
    test::wait_for_next_stamp(place.tree.path("sub"));
    changes[i](place.tree);
    EXPECT_EQ(place.version("sub/b.txt", Folders::kLookMs - 1), before) << i;
    const std::uint64_t after = place.version("sub/b.txt", Folders::kLookMs);
    EXPECT_NE(after, before) << i;
    EXPECT_NE(after, 0U) << i;
  }
}

// Time stamps are only as fine as the kernel's tick.
TEST(Folders, AreUnknownWhileTheyAreYoung) {
  Place place;
  struct stat status {};
  ASSERT_EQ(::stat(place.tree.path("sub").c_str(), &status), 0);
  const std::int64_t changed_us =
      status.st_ctim.tv_sec * 1'000'000 + status.st_ctim.tv_nsec / 1000 + 1;
  const auto version = [&](std::int64_t mono_ms, std::int64_t age_us) {
    return place.folders.look("sub/b.txt", {mono_ms * 1000, changed_us + age_us}).version;
  };
  EXPECT_EQ(version(0, files::kQuietUs - 1000), 0U);
  EXPECT_NE(version(Folders::kLookMs, files::kQuietUs + 1000), 0U);
}

TEST(Folders, AreUnknownWhereTheyAreNotInTheRoot) {
  Place place;
  const TempTree outside{{"b.txt", "b"}};
  ASSERT_EQ(::symlink(outside.path().c_str(), place.tree.path("away").c_str()), 0);
  EXPECT_EQ(place.version("away/b.txt", 0), 0U);
  EXPECT_EQ(place.version("missing/b.txt", 0), 0U);
  EXPECT_EQ(place.version("a.txt/b.txt", 0), 0U);
}

TEST(Folders, HaveAnotherVersionAfterTheyWereGone) {
  Place place;
  const std::uint64_t before = place.version("sub/b.txt", 0);
  ASSERT_EQ(::rename(place.tree.path("sub").c_str(), place.tree.path("old").c_str()), 0);
  EXPECT_EQ(place.version("sub/b.txt", Folders::kLookMs), 0U);
  ASSERT_EQ(::rename(place.tree.path("old").c_str(), place.tree.path("sub").c_str()), 0);
  EXPECT_NE(place.version("sub/b.txt", 2 * Folders::kLookMs), before);
}

// More than it has places for.
TEST(Folders, AreForgottenAndLookedAtAgain) {
  Place place;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; ++i) {
      const std::string folder = "f" + std::to_string(i);
      if (round == 0) place.tree.make_dir(folder);
      EXPECT_NE(place.version(folder + "/x", 0), 0U) << folder;
    }
  }
  EXPECT_EQ(place.version("none/x", 0), 0U);
}

}  // namespace
}  // namespace tinyserve::handlers
