#include "files/dependency.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "files/root.h"
#include "support/file_times.h"
#include "support/temp_tree.h"

namespace tinyserve::files {
namespace {

using test::TempTree;

Facts facts_at(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return facts_of(status);
}

Dependency on(const std::string& path) { return {path, facts_at(path)}; }
Dependency on_nothing_at(const std::string& path) { return {path, std::nullopt}; }

TEST(Dependency, HoldsWhileNothingIsDone) {
  const TempTree tree{{"sub/a.txt", "content"}};
  EXPECT_TRUE(on(tree.path("sub/a.txt")).holds());
  EXPECT_TRUE(on_nothing_at(tree.path("sub/b.txt")).holds());
}

TEST(Dependency, HoldsByTheShorterWayToo) {
  const TempTree tree{{"sub/a.txt", "content"}, {"outside.txt", "content"}};
  const Root root = *Root::open({.root = tree.path("sub")});
  const Dependency inside = on(tree.path("sub/a.txt"));
  const Dependency nothing = on_nothing_at(tree.path("sub/b.txt"));
  const Dependency outside = on(tree.path("outside.txt"));
  const Dependency whole = on(tree.path("sub/"));
  EXPECT_TRUE(inside.holds_below(root) && nothing.holds_below(root));
  EXPECT_TRUE(outside.holds_below(root) && whole.holds_below(root));
  // Which is why the root has to be in place.
  tree.rename("sub", "elsewhere");
  EXPECT_TRUE(inside.holds_below(root));
  EXPECT_FALSE(inside.holds());
  EXPECT_FALSE(root.is_in_place());
}

struct Change {
  std::string name;
  std::function<void(const TempTree&)> make;
};

// What can be done to sub/a.txt, which says "content" and has another name, other.txt.
const std::vector<Change>& changes() {
  static const std::vector<Change> all{
      {"written to, same size", [](auto& tree) { tree.write("sub/a.txt", "CONTENT"); }},
      {"written to by another name", [](auto& tree) { tree.write("other.txt", "CONTENT"); }},
      {"appended to", [](auto& tree) { tree.append("sub/a.txt", "!"); }},
      {"cut", [](auto& tree) { EXPECT_EQ(::truncate(tree.path("sub/a.txt").c_str(), 3), 0); }},
      {"replaced", [](auto& tree) { tree.replace("sub/a.txt", "content"); }},
      {"removed", [](auto& tree) { tree.remove("sub/a.txt"); }},
      {"made a directory",
       [](auto& tree) {
         tree.remove("sub/a.txt");
         tree.make_dir("sub/a.txt");
       }},
      {"written to, and dated back",
       [](auto& tree) {
         const Facts before = facts_at(tree.path("sub/a.txt"));
         tree.write("sub/a.txt", "CONTENT");
         test::set_mtime(tree.path("sub/a.txt"), before.mtime_ns / 1'000'000'000,
                         before.mtime_ns % 1'000'000'000);
       }},
      {"given other permissions",
       [](auto& tree) { EXPECT_EQ(::chmod(tree.path("sub/a.txt").c_str(), 0400), 0); }},
      {"behind another directory",
       [](auto& tree) {
         tree.rename("sub", "gone");
         tree.write("sub/a.txt", "content");
       }},
      {"behind a link to another directory",
       [](auto& tree) {
         tree.write("next/a.txt", "content");
         tree.rename("sub", "gone");
         tree.symlink("next", "sub");
       }},
      {"below a file",
       [](auto& tree) {
         tree.remove("sub");
         tree.write("sub", "a file");
       }},
  };
  return all;
}

TEST(Dependency, HoldsNoMoreHoweverTheFileWasChanged) {
  for (const Change& change : changes()) {
    const TempTree tree{{"sub/a.txt", "content"}};
    ASSERT_EQ(::link(tree.path("sub/a.txt").c_str(), tree.path("other.txt").c_str()), 0);
    const Root root = *Root::open({.root = tree.path()});
    const Dependency dependency = on(tree.path("sub/a.txt"));
    test::wait_for_next_stamp(tree.path("sub/a.txt"));
    change.make(tree);
    EXPECT_FALSE(dependency.holds()) << change.name;
    EXPECT_FALSE(dependency.holds_below(root)) << change.name;
  }
}

TEST(Dependency, FollowsLinksToWhatTheyLeadTo) {
  const TempTree tree{{"a.txt", "one"}, {"b.txt", "two"}};
  tree.symlink("a.txt", "current");
  const Dependency dependency = on(tree.path("current"));
  EXPECT_EQ(dependency.facts, facts_at(tree.path("a.txt")));
  tree.remove("current");
  tree.symlink("b.txt", "current");
  EXPECT_FALSE(dependency.holds());
}

TEST(Dependency, OnNothingHoldsWhereverTheWayEnds) {
  const TempTree tree{{"file", ""}};
  EXPECT_TRUE(on_nothing_at(tree.path("missing/a.txt")).holds());
  EXPECT_TRUE(on_nothing_at(tree.path("file/a.txt")).holds());
}

TEST(Dependency, OnNothingHoldsNoMoreWhenAnythingIsThere) {
  const TempTree tree;
  const Dependency dependency = on_nothing_at(tree.path("a"));
  tree.make_dir("a");
  EXPECT_FALSE(dependency.holds());
}

TEST(Dependency, OnNothingDoesNotHoldWhereNobodyCanTell) {
  const TempTree tree;
  tree.symlink("a", "a");
  EXPECT_FALSE(on_nothing_at(tree.path("a")).holds());
}

TEST(Dependency, IsSettledAsTheFileIs) {
  const TempTree tree{{"a.txt", ""}};
  Dependency dependency = on(tree.path("a.txt"));
  dependency.facts->ctime_ns = 1'000'000'000'000;
  EXPECT_FALSE(dependency.is_settled({0, 1'001'999'999}));
  EXPECT_TRUE(dependency.is_settled({0, 1'002'000'000}));
}

TEST(Dependency, OnNothingIsAlwaysSettled) {
  EXPECT_TRUE(on_nothing_at("/nothing").is_settled({0, 0}));
}

}  // namespace
}  // namespace tinyserve::files
