#include "files/root.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_tree.h"

namespace tinyserve::files {
namespace {

using test::TempTree;
using Change = Root::Change;

Root open_root(const std::string& path) { return *Root::open({path, false}); }

std::string read_all(int fd) {
  std::array<char, 4096> buffer{};
  const ssize_t count = ::pread(fd, buffer.data(), buffer.size(), 0);
  return count < 0 ? "(unreadable)" : std::string(buffer.data(), static_cast<std::size_t>(count));
}

// What `path` leads to, for a person: the text of a file, or what else there is.
std::string found(const Root& root, const std::string& path) {
  const auto entry = root.find(path);
  if (!entry) return entry.error().is(EXDEV) ? "outside" : entry.error().code.message();
  if (entry->facts.kind == Kind::kOther) return entry->file ? "other, opened" : "other";
  if (entry->facts.kind == Kind::kDirectory) return "directory";
  return "file: " + read_all(entry->file.get());
}

const char* const kMissing = "No such file or directory";

// A root with a file that must not be reached beside it.
struct House {
  TempTree tree{{"root/a.txt", "inside"}, {"root/sub/b.txt", "below"}, {"secret.txt", "secret"}};
  std::string path = tree.path("root");
  Root root = open_root(path);
};

// --- what a path leads to
// -------------------------------------------------------------------------

TEST(Root, FindsFilesAndDirectories) {
  const House house;
  EXPECT_EQ(found(house.root, "a.txt"), "file: inside");
  EXPECT_EQ(found(house.root, "sub/b.txt"), "file: below");
  EXPECT_EQ(found(house.root, "sub"), "directory");
  EXPECT_EQ(found(house.root, ""), "directory");
}

TEST(Root, SaysWhatIsNotThere) {
  const House house;
  EXPECT_TRUE(house.root.find("missing").error().is(ENOENT));
  EXPECT_TRUE(house.root.find("missing/deeper").error().is(ENOENT));
  EXPECT_TRUE(house.root.find("a.txt/deeper").error().is(ENOTDIR));
  EXPECT_TRUE(house.root.find(std::string(300, 'x')).error().is(ENAMETOOLONG));
}

TEST(Root, NeverClimbsOut) {
  const House house;
  EXPECT_EQ(found(house.root, "../secret.txt"), "outside");
  EXPECT_EQ(found(house.root, "sub/../../secret.txt"), "outside");
  EXPECT_EQ(found(house.root, ".."), "outside");
  EXPECT_EQ(found(house.root, house.tree.path("secret.txt")), "outside");
}

TEST(Root, FollowsSymlinksThatStayInside) {
  const House house;
  house.tree.symlink("a.txt", "root/link");
  house.tree.symlink("link", "root/link-to-link");
  house.tree.symlink("sub", "root/dir");
  house.tree.symlink("../a.txt", "root/sub/up");
  EXPECT_EQ(found(house.root, "link"), "file: inside");
  EXPECT_EQ(found(house.root, "link-to-link"), "file: inside");
  EXPECT_EQ(found(house.root, "dir"), "directory");
  EXPECT_EQ(found(house.root, "dir/b.txt"), "file: below");
  EXPECT_EQ(found(house.root, "dir/up"), "file: inside");
}

TEST(Root, FollowsNoSymlinkThatLeadsOut) {
  const House house;
  house.tree.symlink("../secret.txt", "root/relative");
  house.tree.symlink(house.tree.path("secret.txt"), "root/absolute");
  house.tree.symlink("relative", "root/chained");
  house.tree.symlink("..", "root/dir");
  house.tree.symlink("../../secret.txt", "root/sub/deep");
  for (const char* path :
       {"relative", "absolute", "chained", "dir", "dir/secret.txt", "sub/deep"}) {
    EXPECT_EQ(found(house.root, path), "outside") << path;
  }
}

TEST(Root, FollowsNoSymlinkThatLeavesAndComesBack) {
  const House house;
  house.tree.symlink("../root/a.txt", "root/detour");
  house.tree.symlink(house.tree.path("root/a.txt"), "root/absolute");
  EXPECT_EQ(found(house.root, "detour"), "outside");
  EXPECT_EQ(found(house.root, "absolute"), "outside");
}

TEST(Root, FollowsEverySymlinkWhenToldTo) {
  const House house;
  house.tree.symlink("../secret.txt", "root/relative");
  house.tree.symlink(house.tree.path(), "root/dir");
  const Root root = *Root::open({house.path, true});
  EXPECT_EQ(found(root, "relative"), "file: secret");
  EXPECT_EQ(found(root, "dir/secret.txt"), "file: secret");
}

TEST(Root, NeverFollowsTheMagicLinksOfProc) {
  const House house;
  house.tree.symlink("/proc/self/root", "root/magic");
  EXPECT_EQ(found(house.root, "magic"), "outside");
  const Root root = *Root::open({house.path, true});
  EXPECT_TRUE(root.find("magic").error().is(ELOOP));
}

TEST(Root, SaysThatASymlinkLeadsNowhere) {
  const House house;
  house.tree.symlink("loop", "root/loop");
  house.tree.symlink("missing", "root/dangling");
  EXPECT_TRUE(house.root.find("loop").error().is(ELOOP));
  EXPECT_TRUE(house.root.find("dangling").error().is(ENOENT));
}

TEST(Root, NeverOpensAFifoOrASocket) {
  const House house;
  house.tree.fifo("root/pipe");
  house.tree.symlink("pipe", "root/link");
  house.tree.unix_socket("root/socket");
  EXPECT_EQ(found(house.root, "pipe"), "other");
  EXPECT_EQ(found(house.root, "link"), "other");
  EXPECT_EQ(found(house.root, "socket"), "other");
  const auto entry = house.root.find("pipe");
  // A FIFO that nobody reads can't be opened for writing.
  const UniqueFd writer(::open(house.tree.path("root/pipe").c_str(), O_WRONLY | O_NONBLOCK));
  EXPECT_FALSE(writer);
}

// --- a root that changes
// --------------------------------------------------------------------------

TEST(Root, StaysTheSameWhileItsFilesChange) {
  House house;
  house.tree.write("root/new.txt", "new");
  EXPECT_EQ(house.root.refresh(), Change::kNone);
  EXPECT_EQ(found(house.root, "new.txt"), "file: new");
}

TEST(Root, NoticesThatItWasReplaced) {
  House house;
  house.tree.write("next/a.txt", "next");
  house.tree.rename("root", "old");
  house.tree.rename("next", "root");
  EXPECT_EQ(found(house.root, "a.txt"), "file: inside");
  EXPECT_EQ(house.root.refresh(), Change::kReplaced);
  EXPECT_EQ(found(house.root, "a.txt"), "file: next");
  EXPECT_EQ(house.root.refresh(), Change::kNone);
}

TEST(Root, NoticesThatItIsMissingAndThatItIsBack) {
  House house;
  house.tree.remove("root");
  EXPECT_EQ(house.root.refresh(), Change::kMissing);
  EXPECT_EQ(found(house.root, "a.txt"), kMissing);
  EXPECT_EQ(house.root.refresh(), Change::kMissing);
  house.tree.write("root/a.txt", "again");
  EXPECT_EQ(house.root.refresh(), Change::kReplaced);
  EXPECT_EQ(found(house.root, "a.txt"), "file: again");
}

TEST(Root, IsMissingWhileAFileHasItsName) {
  House house;
  house.tree.remove("root");
  house.tree.write("root", "no directory");
  EXPECT_EQ(house.root.refresh(), Change::kMissing);
}

TEST(Root, NoticesThatTheSymlinkItWasNamedByWasSwapped) {
  const TempTree tree{{"v1/a.txt", "one"}, {"v2/a.txt", "two"}};
  tree.symlink("v1", "current");
  Root root = open_root(tree.path("current"));
  EXPECT_EQ(root.refresh(), Change::kNone);
  tree.symlink("v2", "fresh");
  tree.rename("fresh", "current");
  EXPECT_EQ(root.refresh(), Change::kReplaced);
  EXPECT_EQ(found(root, "a.txt"), "file: two");
  tree.remove("current");
  EXPECT_EQ(root.refresh(), Change::kMissing);
}

TEST(Root, KnowsWhetherItIsInPlace) {
  const House house;
  EXPECT_TRUE(house.root.is_in_place());
  house.tree.rename("root", "old");
  EXPECT_FALSE(house.root.is_in_place());
  house.tree.write("root/a.txt", "another");
  EXPECT_FALSE(house.root.is_in_place());
  house.tree.remove("root");
  house.tree.rename("old", "root");
  EXPECT_TRUE(house.root.is_in_place());
  house.tree.write("root/new.txt", "new");
  EXPECT_TRUE(house.root.is_in_place());
}

TEST(Root, KnowsTheWayToWhatIsBelowIt) {
  const House house;
  const auto way = [&](const Root& root, const std::string& path) {
    return std::string(root.way_to(path));
  };
  EXPECT_EQ(way(house.root, house.root.absolute("a.txt")), "a.txt");
  EXPECT_EQ(way(house.root, house.root.absolute("sub/b.txt")), "sub/b.txt");
  for (const std::string& other :
       {house.path, house.path + "/", house.path + "-beside/a.txt", std::string("/"),
        house.tree.path("secret.txt"), house.tree.path()}) {
    EXPECT_EQ(way(house.root, other), other);
  }
  const Root top = open_root("/");
  EXPECT_EQ(way(top, top.absolute("etc/passwd")), "etc/passwd");
  EXPECT_EQ(way(top, "/"), "/");
  const Root single = open_root(house.tree.path("root/a.txt"));
  EXPECT_EQ(way(single, single.absolute("a.txt")), "a.txt");
}

TEST(DirectoryTimes, AreKeptWhereThatIsKnown) {
  const auto keeps = [](const char* path) {
    return keeps_directory_times(UniqueFd(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)).get());
  };
  EXPECT_TRUE(keeps("/dev/shm"));
  EXPECT_FALSE(keeps("/proc"));
  EXPECT_FALSE(keeps("/missing"));
}

// --- how it is named
// ------------------------------------------------------------------------------

TEST(RootOpen, FailsForWhatIsNeitherDirectoryNorFile) {
  const TempTree tree;
  tree.fifo("pipe");
  EXPECT_TRUE(Root::open({tree.path("missing"), false}).error().is(ENOENT));
  EXPECT_TRUE(Root::open({tree.path("pipe"), false}).error().is(ENOTDIR));
}

TEST(RootOpen, MakesThePathAbsoluteAndTidy) {
  const House house;
  EXPECT_EQ(open_root(house.path + "///").path(), house.path);
  EXPECT_EQ(open_root(house.path + "/sub/..").path(), house.path);
  EXPECT_EQ(open_root(house.path + "/.").path(), house.path);
  const std::unique_ptr<char, decltype(&std::free)> here(::realpath(".", nullptr), &std::free);
  EXPECT_EQ(open_root(".").path(), here.get());
  EXPECT_EQ(open_root("").path(), here.get());
  EXPECT_EQ(open_root("/").path(), "/");
}

TEST(RootOpen, OfADirectoryHasNoSingleFile) { EXPECT_EQ(House().root.single_file(), ""); }

TEST(RootOpen, OfAFileKnowsItsName) {
  const House house;
  Root root = open_root(house.tree.path("root/a.txt"));
  EXPECT_EQ(root.single_file(), "a.txt");
  EXPECT_EQ(root.path(), house.tree.path("root/a.txt"));
  EXPECT_EQ(found(root, "a.txt"), "file: inside");
  house.tree.replace("root/a.txt", "rewritten");
  EXPECT_EQ(root.refresh(), Change::kNone);
  EXPECT_EQ(found(root, "a.txt"), "file: rewritten");
}

TEST(RootOpen, OfAFileNoticesThatItsDirectoryWasReplaced) {
  const House house;
  Root root = open_root(house.tree.path("root/a.txt"));
  house.tree.remove("root");
  EXPECT_EQ(root.refresh(), Change::kMissing);
  house.tree.write("root/a.txt", "again");
  EXPECT_EQ(root.refresh(), Change::kReplaced);
  EXPECT_EQ(found(root, "a.txt"), "file: again");
}

// --- the two ways of staying inside
// ---------------------------------------------------------------

// What opening gave: the text of a file, "directory", or the error.
std::string opened(const Result<UniqueFd>& fd) {
  if (!fd) return fd.error().is(EXDEV) ? "outside" : fd.error().code.message();
  const auto facts = facts_of_open(fd->get());
  return facts->kind == Kind::kDirectory ? "directory" : "file: " + read_all(fd->get());
}

struct Door {
  House house;
  UniqueFd place{::open(house.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};

  [[nodiscard]] std::string at_once(const char* path) const {
    return opened(open_beneath(place.get(), path, O_RDONLY));
  }
  [[nodiscard]] std::string walking(const char* path) const {
    return opened(open_beneath_by_walking(place.get(), path, O_RDONLY));
  }
};

TEST(OpenBeneath, GivesTheSameByWalking) {
  const Door door;
  for (const char* path : {"a.txt", "sub", "sub/b.txt", ".", "missing", "missing/x", "a.txt/x",
                           "sub/missing", "..", "../secret.txt", "sub/../../secret.txt"}) {
    EXPECT_EQ(door.walking(path), door.at_once(path)) << path;
  }
}

TEST(OpenBeneath, RefusesSymlinksThatLeadOutEitherWay) {
  const Door door;
  door.house.tree.symlink("../secret.txt", "root/file");
  door.house.tree.symlink("..", "root/dir");
  for (const char* path : {"file", "dir", "dir/secret.txt"}) {
    EXPECT_EQ(door.at_once(path), "outside") << path;
    EXPECT_EQ(door.walking(path), "outside") << path;
  }
}

TEST(OpenBeneath, FollowsInnerSymlinksOnlyWhenTheKernelDoesIt) {
  const Door door;
  door.house.tree.symlink("a.txt", "root/file");
  door.house.tree.symlink("sub", "root/dir");
  EXPECT_EQ(door.at_once("file"), "file: inside");
  EXPECT_EQ(door.at_once("dir/b.txt"), "file: below");
  EXPECT_EQ(door.walking("file"), "outside");
  EXPECT_EQ(door.walking("dir/b.txt"), "outside");
}

TEST(OpenBeneath, OpensNoAbsolutePath) {
  const Door door;
  const std::string secret = door.house.tree.path("secret.txt");
  EXPECT_EQ(door.at_once(secret.c_str()), "outside");
  EXPECT_NE(door.walking(secret.c_str()), "file: secret");
}

TEST(OpenBeneath, ClosesOnExec) {
  const Door door;
  const auto at_once = open_beneath(door.place.get(), "a.txt", O_RDONLY);
  const auto walking = open_beneath_by_walking(door.place.get(), "sub/b.txt", O_RDONLY);
  EXPECT_EQ(::fcntl(at_once->get(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(::fcntl(walking->get(), F_GETFD), FD_CLOEXEC);
}

// --- another one for another thread
// ---------------------------------------------------------------

TEST(RootDuplicate, OutlivesTheOneItWasMadeFrom) {
  const House house;
  auto original = std::make_unique<Root>(open_root(house.path));
  auto copy = original->duplicate();
  ASSERT_TRUE(copy);
  original.reset();
  EXPECT_EQ(copy->path(), house.path);
  EXPECT_EQ(copy->single_file(), "");
  EXPECT_EQ(found(*copy, "sub/b.txt"), "file: below");
  EXPECT_EQ(found(*copy, "../secret.txt"), "outside");
  EXPECT_EQ(copy->refresh(), Change::kNone);
}

TEST(RootDuplicate, ChangesByItself) {
  House house;
  auto copy = house.root.duplicate();
  ASSERT_TRUE(copy);
  house.tree.rename("root", "gone");
  house.tree.write("root/new.txt", "new");
  EXPECT_EQ(copy->refresh(), Change::kReplaced);
  EXPECT_EQ(found(*copy, "new.txt"), "file: new");
  EXPECT_EQ(found(house.root, "new.txt"), kMissing);
  EXPECT_EQ(house.root.refresh(), Change::kReplaced);
}

TEST(RootDuplicate, FollowsSymlinksAndServesASingleFileLikeTheOther) {
  const House house;
  house.tree.symlink("../secret.txt", "root/link.txt");
  const auto confined = house.root.duplicate();
  const auto following = Root::open({house.path, true})->duplicate();
  const auto single = Root::open({house.path + "/a.txt", false})->duplicate();
  ASSERT_TRUE(confined && following && single);
  EXPECT_EQ(found(*confined, "link.txt"), "outside");
  EXPECT_EQ(found(*following, "link.txt"), "file: secret");
  EXPECT_EQ(single->single_file(), "a.txt");
  EXPECT_EQ(single->path(), house.path + "/a.txt");
}

}  // namespace
}  // namespace tinyserve::files
