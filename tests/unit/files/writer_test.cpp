#include "files/writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/asked_request.h"
#include "support/temp_tree.h"

namespace tinyserve::files {
namespace {

using test::TempTree;
namespace fs = std::filesystem;

struct Put : test::AskedRequest {
  explicit Put(const std::string& fields = {})
      : AskedRequest("PUT / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") {}
};

std::string if_match(const std::string& tag) { return "If-Match: " + tag + "\r\n"; }

// A root with a file that must not be reached beside it, also where links may lead out.
struct House {
  TempTree tree{{"root/a.txt", "old"}, {"root/sub/b.txt", "below"}, {"outside/c.txt", "secret"}};
  Root root = *Root::open({tree.path("root"), true});

  [[nodiscard]] Result<FileWriter> begin(const std::string& path,
                                         const std::string& fields = {}) const {
    return FileWriter::begin(root, path, Put(fields).request());
  }
  [[nodiscard]] Result<Written> put(const std::string& path, std::string_view content,
                                    const std::string& fields = {}) const {
    auto writer = begin(path, fields);
    if (!writer) return writer.error();
    if (const auto appended = writer->append(content); !appended) return appended.error();
    return writer->commit(Put(fields).request());
  }
  [[nodiscard]] Result<void> remove(const std::string& path, const std::string& fields = {}) const {
    return remove_file(root, path, Put(fields).request());
  }
  [[nodiscard]] std::string read(const std::string& path) const {
    return tree.read("root/" + path);
  }
  [[nodiscard]] bool has(const std::string& path) const {
    return fs::exists(fs::symlink_status(tree.path("root/" + path)));
  }
};

// What is in a directory, in order.
std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

template <class T>
int error_of(const Result<T>& result) {
  return result ? 0 : result.error().code.value();
}

bool created(const Result<Written>& written) {
  return written && written->how == Written::How::kCreated;
}
bool replaced(const Result<Written>& written) {
  return written && written->how == Written::How::kReplaced;
}

const std::vector<std::string> kUntouched{"a.txt", "sub"};

// --- what is written
// ------------------------------------------------------------------------------

TEST(FileWriter, CreatesAFile) {
  const House house;
  EXPECT_TRUE(created(house.put("new.txt", "content")));
  EXPECT_EQ(house.read("new.txt"), "content");
  EXPECT_TRUE(created(house.put("sub/new.txt", "")));
  EXPECT_EQ(house.read("sub/new.txt"), "");
}

TEST(FileWriter, ReplacesAFile) {
  const House house;
  EXPECT_TRUE(replaced(house.put("a.txt", "new")));
  EXPECT_EQ(house.read("a.txt"), "new");
  EXPECT_EQ(names_in(house.tree.path("root")), kUntouched);
}

TEST(FileWriter, PutsPiecesTogether) {
  const House house;
  auto writer = house.begin("a.txt");
  ASSERT_TRUE(writer);
  for (const char* const piece : {"one ", "", "two"}) ASSERT_TRUE(writer->append(piece));
  ASSERT_TRUE(writer->commit(Put().request()));
  EXPECT_EQ(house.read("a.txt"), "one two");
}

TEST(FileWriter, ShowsNothingBeforeItIsComplete) {
  const House house;
  auto writer = house.begin("a.txt");
  ASSERT_TRUE(writer && writer->append("ne"));
  EXPECT_EQ(house.read("a.txt"), "old");
}

TEST(FileWriter, LeavesNothingBehindWhenItIsDiscarded) {
  const House house;
  {
    auto writer = house.begin("new.txt");
    ASSERT_TRUE(writer && writer->append("half"));
    const auto names = names_in(house.tree.path("root"));
    EXPECT_EQ(std::count_if(names.begin(), names.end(), is_temporary), 1);
    const FileWriter moved = *std::move(writer);
  }
  EXPECT_EQ(names_in(house.tree.path("root")), kUntouched);
}

TEST(FileWriter, TakesNamesAsLongAsTheFileSystemDoes) {
  const House house;
  EXPECT_TRUE(created(house.put(std::string(255, 'x'), "long")));
  EXPECT_EQ(error_of(house.put(std::string(256, 'x'), "too long")), ENAMETOOLONG);
}

// --- modes
// ----------------------------------------------------------------------------------------

mode_t mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(FileWriter, GivesANewFileTheModeOfAnyNewFile) {
  const House house;
  const mode_t before = ::umask(0027);
  EXPECT_TRUE(house.put("new.txt", ""));
  ::umask(before);
  EXPECT_EQ(mode_of(house.tree.path("root/new.txt")), 0640U);
}

TEST(FileWriter, KeepsTheModeOfWhatItReplacesButForItsSpecialBits) {
  const House house;
  ::chmod(house.tree.path("root/a.txt").c_str(), 04751);
  EXPECT_TRUE(house.put("a.txt", ""));
  EXPECT_EQ(mode_of(house.tree.path("root/a.txt")), 0751U);
}

// --- what is refused
// ------------------------------------------------------------------------------

TEST(FileWriter, WantsADirectoryToWriteIn) {
  const House house;
  EXPECT_EQ(error_of(house.put("missing/new.txt", "")), ENOENT);
  EXPECT_EQ(error_of(house.put("a.txt/new.txt", "")), ENOTDIR);
}

TEST(FileWriter, NeverWritesOverWhatIsNoFile) {
  const House house;
  house.tree.symlink("a.txt", "root/link");
  house.tree.symlink("nowhere", "root/dangling");
  house.tree.fifo("root/fifo");
  EXPECT_EQ(error_of(house.put("sub", "")), EISDIR);
  EXPECT_EQ(error_of(house.put("", "")), EISDIR);
  EXPECT_EQ(error_of(house.put("link", "")), EEXIST);
  EXPECT_EQ(error_of(house.put("dangling", "")), EEXIST);
  EXPECT_EQ(error_of(house.put("fifo", "")), EEXIST);
  EXPECT_EQ(house.read("a.txt"), "old");
}

TEST(FileWriter, NeverWritesOverWhatBecameNoFile) {
  const House house;
  auto writer = house.begin("new");
  ASSERT_TRUE(writer);
  house.tree.make_dir("root/new");
  EXPECT_EQ(error_of(writer->commit(Put().request())), EISDIR);
  auto second = house.begin("a.txt");
  ASSERT_TRUE(second);
  house.tree.remove("root/a.txt");
  house.tree.symlink("sub/b.txt", "root/a.txt");
  EXPECT_EQ(error_of(second->commit(Put().request())), EEXIST);
  EXPECT_EQ(house.read("sub/b.txt"), "below");
}

TEST(FileWriter, FollowsLinksThatStayInsideAndNoOthers) {
  const House house;
  house.tree.symlink("sub", "root/inside");
  house.tree.symlink("../outside", "root/outside");
  house.tree.symlink(house.tree.path("outside"), "root/absolute");
  EXPECT_TRUE(created(house.put("inside/new.txt", "x")));
  EXPECT_EQ(house.read("sub/new.txt"), "x");
  EXPECT_EQ(error_of(house.put("outside/new.txt", "x")), EXDEV);
  EXPECT_EQ(error_of(house.put("absolute/c.txt", "x")), EXDEV);
  EXPECT_EQ(error_of(house.put("../outside/new.txt", "x")), EXDEV);
  EXPECT_EQ(names_in(house.tree.path("outside")), std::vector<std::string>{"c.txt"});
}

TEST(FileWriter, StaysInTheDirectoryItBeganInWhenALinkTakesItsName) {
  const House house;
  auto writer = house.begin("sub/c.txt");
  ASSERT_TRUE(writer && writer->append("x"));
  house.tree.rename("root/sub", "root/moved");
  house.tree.symlink("../outside", "root/sub");
  EXPECT_TRUE(created(writer->commit(Put().request())));
  EXPECT_EQ(house.read("moved/c.txt"), "x");
  EXPECT_EQ(house.tree.read("outside/c.txt"), "secret");
  EXPECT_EQ(names_in(house.tree.path("outside")), std::vector<std::string>{"c.txt"});
}

TEST(FileWriter, SaysThatTheDirectoryHasGone) {
  const House house;
  auto writer = house.begin("sub/new.txt");
  ASSERT_TRUE(writer);
  house.tree.remove("root/sub");
  EXPECT_EQ(error_of(writer->commit(Put().request())), ENOENT);
}

TEST(FileWriter, KeepsTheErrorOfADiskThatTakesNoMore) {
  const House house;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{1000, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &little), 0);
  EXPECT_EQ(error_of(house.put("a.txt", std::string(2000, 'x'))), EFBIG);
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(house.read("a.txt"), "old");
  EXPECT_EQ(names_in(house.tree.path("root")), kUntouched);
}

// --- preconditions
// --------------------------------------------------------------------------------

TEST(FileWriter, TakesTheTagThatItGave) {
  const House house;
  std::string tag = house.put("new.txt", "1")->entity_tag;
  for (const char* const content : {"2", "3"}) {
    const auto written = house.put("new.txt", content, if_match(tag));
    ASSERT_TRUE(replaced(written)) << content;
    EXPECT_NE(written->entity_tag, tag);
    tag = written->entity_tag;
  }
  EXPECT_EQ(house.read("new.txt"), "3");
}

TEST(FileWriter, RefusesTheTagOfWhatIsNoLongerThere) {
  const House house;
  const std::string first = house.put("new.txt", "1")->entity_tag;
  ASSERT_TRUE(house.put("new.txt", "2"));
  EXPECT_EQ(error_of(house.begin("new.txt", if_match(first))), ECANCELED);
  EXPECT_EQ(error_of(house.put("new.txt", "3", if_match(first))), ECANCELED);
  EXPECT_EQ(error_of(house.remove("new.txt", if_match(first))), ECANCELED);
  EXPECT_EQ(house.read("new.txt"), "2");
}

TEST(FileWriter, NeverGivesATagTwiceHoweverFastItWrites) {
  const House house;
  std::vector<std::string> tags;
  for (int i = 0; i < 200; ++i) tags.push_back(house.put("new.txt", "same")->entity_tag);
  std::sort(tags.begin(), tags.end());
  EXPECT_EQ(std::adjacent_find(tags.begin(), tags.end()), tags.end());
}

TEST(FileWriter, RefusesItsOwnTagWhenSomebodyElseHasWrittenSince) {
  const House house;
  const std::string tag = house.put("new.txt", "1")->entity_tag;
  house.tree.write("root/new.txt", "2");
  EXPECT_EQ(error_of(house.put("new.txt", "3", if_match(tag))), ECANCELED);
}

TEST(FileWriter, NeverReplacesWhereNothingMayBe) {
  const House house;
  const std::string absent = "If-None-Match: *\r\n";
  EXPECT_EQ(error_of(house.begin("a.txt", absent)), ECANCELED);
  auto writer = house.begin("new.txt", absent);
  ASSERT_TRUE(writer);
  house.tree.write("root/new.txt", "quicker");
  EXPECT_EQ(error_of(writer->commit(Put(absent).request())), ECANCELED);
  EXPECT_EQ(house.read("new.txt"), "quicker");
}

TEST(FileWriter, NeverCreatesWhereSomethingMustBe) {
  const House house;
  EXPECT_EQ(error_of(house.put("new.txt", "", if_match("*"))), ECANCELED);
  EXPECT_TRUE(replaced(house.put("a.txt", "", if_match("*"))));
}

TEST(FileWriter, HeedsDates) {
  const House house;
  const std::string before = "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  const std::string after = "If-Unmodified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n";
  EXPECT_EQ(error_of(house.put("a.txt", "", before)), ECANCELED);
  EXPECT_TRUE(replaced(house.put("a.txt", "", after)));
  EXPECT_TRUE(created(house.put("new.txt", "", before)));
}

TEST(FileWriter, LetsOneOfManyWithTheSameTagWin) {
  const House house;
  const std::string tag = house.put("new.txt", "0")->entity_tag;
  constexpr std::size_t kWriters = 8;
  std::vector<int> outcomes(kWriters, -1);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kWriters; ++i) {
    threads.emplace_back([&house, &outcomes, &tag, i] {
      outcomes[i] = error_of(house.put("new.txt", std::to_string(i), if_match(tag)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), 0), 1);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), ECANCELED), kWriters - 1);
}

TEST(FileWriter, LetsOneOfManyCreate) {
  const House house;
  constexpr std::size_t kWriters = 8;
  std::vector<int> outcomes(kWriters, -1);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kWriters; ++i) {
    threads.emplace_back([&house, &outcomes, i] {
      const auto written = house.put("new.txt", std::to_string(i));
      outcomes[i] = created(written) ? 1 : replaced(written) ? 2 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), 1), 1);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), 2), kWriters - 1);
}

// --- removing
// -------------------------------------------------------------------------------------

TEST(RemoveFile, RemovesAFileAndNothingElse) {
  const House house;
  house.tree.symlink("a.txt", "root/link");
  EXPECT_EQ(error_of(house.remove("sub")), EISDIR);
  EXPECT_EQ(error_of(house.remove("")), EISDIR);
  EXPECT_EQ(error_of(house.remove("link")), EEXIST);
  EXPECT_EQ(error_of(house.remove("a.txt")), 0);
  EXPECT_FALSE(house.has("a.txt"));
  EXPECT_TRUE(house.has("link"));
}

TEST(RemoveFile, SaysThatThereIsNothing) {
  const House house;
  EXPECT_EQ(error_of(house.remove("missing")), ENOENT);
  EXPECT_EQ(error_of(house.remove("missing/deeper")), ENOENT);
  EXPECT_EQ(error_of(house.remove("a.txt/deeper")), ENOTDIR);
}

TEST(RemoveFile, NeverReachesOut) {
  const House house;
  house.tree.symlink("../outside", "root/outside");
  EXPECT_EQ(error_of(house.remove("outside/c.txt")), EXDEV);
  EXPECT_EQ(error_of(house.remove("../outside/c.txt")), EXDEV);
  EXPECT_EQ(house.tree.read("outside/c.txt"), "secret");
}

TEST(RemoveFile, HeedsPreconditions) {
  const House house;
  const std::string tag = house.put("new.txt", "1")->entity_tag;
  EXPECT_EQ(error_of(house.remove("new.txt", if_match("\"other\""))), ECANCELED);
  EXPECT_TRUE(house.has("new.txt"));
  EXPECT_EQ(error_of(house.remove("new.txt", if_match(tag))), 0);
  EXPECT_EQ(error_of(house.remove("new.txt", if_match("*"))), ECANCELED);
}

}  // namespace
}  // namespace tinyserve::files
