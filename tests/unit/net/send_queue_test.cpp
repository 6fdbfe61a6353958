#include "net/send_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "support/cold_file.h"
#include "support/file_times.h"
#include "support/temp_tree.h"

namespace tinyserve::net {
namespace {

using Outcome = SendQueue::Outcome;
using test::TempTree;

constexpr std::uint64_t kNoLimit = UINT64_MAX;

// A connection whose kernel takes only a few kilobytes at a time.
struct Narrow {
  UniqueFd ours;
  UniqueFd theirs;

  Narrow() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) std::abort();
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
    const int size = 4096;
    ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }

  // What has arrived by now.
  [[nodiscard]] std::string arrived() const {
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
      const ssize_t count = ::recv(theirs.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
};

// Bytes that differ from each other by their place.
std::string pattern(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 23 + (i >> 12) % 3);
  return text;
}

SharedFd open_file(const TempTree& tree, const std::string& name) {
  return SharedFd(UniqueFd(::open(tree.path(name).c_str(), O_RDONLY | O_CLOEXEC)));
}

void append_all(SendQueue& queue, const Block& block) { queue.append(block, 0, block.size()); }

// Sends and receives by turns until the queue is empty; what arrived.
std::string drain(SendQueue& queue, const Narrow& socket) {
  std::string text;
  Outcome outcome = Outcome::kFull;
  while (outcome == Outcome::kFull) {
    outcome = queue.flush(socket.ours.get(), kNoLimit);
    text += socket.arrived();
  }
  EXPECT_EQ(outcome, Outcome::kEmpty);
  return text;
}

TEST(SendQueue, HoldsBlocksAndItsShareOfThoseThatOthersHave) {
  SendQueue queue;
  EXPECT_EQ(queue.held(), 0U);
  queue.append(std::string(20'000, 'a'));
  const std::size_t own = queue.held();
  EXPECT_GE(own, 20'000U);
  EXPECT_LT(own, 21'000U);
  const Block cached = Block::copy_of(std::string(90'000, 'b'));
  append_all(queue, cached);
  EXPECT_GE(queue.held(), own + 90'000);
  SendQueue second;
  append_all(second, cached);
  SendQueue third;
  append_all(third, cached);
  EXPECT_LT(queue.held(), own + 31'000);
  const TempTree tree{{"file", std::string(50'000, 'f')}};
  const std::size_t before = third.held();
  third.append(open_file(tree, "file"), 0, 50'000);
  EXPECT_LT(third.held(), before + 1000);
}

TEST(SendQueue, IsEmptyAtFirst) {
  SendQueue queue;
  const Narrow socket;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kEmpty);
  EXPECT_EQ(socket.arrived(), "");
}

TEST(SendQueue, SendsInOrderWhateverItHolds) {
  const TempTree tree{{"file", "0123456789"}};
  SendQueue queue;
  queue.append("head ");
  queue.append("more ");
  append_all(queue, Block::copy_of("block "));
  queue.append(open_file(tree, "file"), 3, 4);
  queue.append(" tail");
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kEmpty);
  EXPECT_EQ(socket.arrived(), "head more block 3456 tail");
}

TEST(SendQueue, CountsWhatWasQueuedAndWhatHasLeft) {
  SendQueue queue;
  queue.append("12345");
  EXPECT_EQ(queue.queued(), 5U);
  EXPECT_EQ(queue.pending(), 5U);
  const Narrow socket;
  static_cast<void>(queue.flush(socket.ours.get(), kNoLimit));
  EXPECT_EQ(queue.sent(), 5U);
  queue.append("678");
  EXPECT_EQ(queue.queued(), 8U);
  EXPECT_EQ(queue.sent(), 5U);
  EXPECT_EQ(queue.pending(), 3U);
  EXPECT_FALSE(queue.empty());
}

TEST(SendQueue, CopiesTextButKeepsBlocks) {
  std::string text = "copied";
  SendQueue queue;
  queue.append(std::string_view(text));
  text = "XXXXXX";
  {
    const Block block = Block::copy_of("(kept)");
    queue.append(block, 1, 4);
  }
  const Narrow socket;
  EXPECT_EQ(drain(queue, socket), "copiedkept");
}

TEST(SendQueue, NeverAddsToABlockThatWasHandedIn) {
  Block block = Block::with_capacity(100);
  block.append("theirs");
  SendQueue queue;
  append_all(queue, block);
  queue.append(" ours");
  EXPECT_EQ(block.view(), "theirs");
  const Narrow socket;
  EXPECT_EQ(drain(queue, socket), "theirs ours");
}

TEST(SendQueue, IgnoresNothings) {
  const TempTree tree{{"file", "x"}};
  SendQueue queue;
  queue.append("");
  queue.append(Block(), 0, 0);
  queue.append(Block::copy_of("x"), 1, 0);
  queue.append(open_file(tree, "file"), 0, 0);
  EXPECT_TRUE(queue.empty());
}

TEST(SendQueue, GoesOnWhereTheKernelStopped) {
  const std::string text = pattern(100'000);
  SendQueue queue;
  queue.append(text.substr(0, 10));
  append_all(queue, Block::copy_of(std::string_view(text).substr(10, 70'000)));
  queue.append(text.substr(70'010));
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFull);
  EXPECT_GT(queue.sent(), 0U);
  EXPECT_LT(queue.sent(), text.size());
  const std::uint64_t sent = queue.sent();
  EXPECT_EQ(socket.arrived().size(), sent);
  EXPECT_EQ(drain(queue, socket), text.substr(sent));
}

TEST(SendQueue, GoesOnWhereTheKernelStoppedInAFile) {
  const std::string text = pattern(200'000);
  const TempTree tree{{"file", text}};
  SendQueue queue;
  queue.append("head:");
  queue.append(open_file(tree, "file"), 1, 150'000);
  queue.append(open_file(tree, "file"), 0, 5);
  const Narrow socket;
  EXPECT_EQ(drain(queue, socket), "head:" + text.substr(1, 150'000) + text.substr(0, 5));
}

TEST(SendQueue, TakesMoreWhilePartOfItHasLeft) {
  const std::string text = pattern(50'000);
  SendQueue queue;
  queue.append(text);
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFull);
  queue.append("and more");
  EXPECT_EQ(queue.queued(), 50'008U);
  EXPECT_EQ(drain(queue, socket), text + "and more");
}

TEST(SendQueue, SaysThatTheKernelIsFull) {
  SendQueue queue;
  queue.append(pattern(100'000));
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFull);
  const std::uint64_t sent = queue.sent();
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFull);
  EXPECT_EQ(queue.sent(), sent);
}

TEST(SendQueue, SendsManyBlocksThatDoNotFitOneCall) {
  SendQueue queue;
  std::string text;
  for (int i = 0; i < 500; ++i) {
    const std::string part = std::to_string(i) + ",";
    append_all(queue, Block::copy_of(part));
    text += part;
  }
  const Narrow socket;
  EXPECT_EQ(drain(queue, socket), text);
}

TEST(SendQueue, EndsItsTurnWhenTheBudgetIsUsedUp) {
  const TempTree tree{{"file", pattern(3'000'000)}};
  Narrow socket;
  const int wide = 8 << 20;
  ::setsockopt(socket.ours.get(), SOL_SOCKET, SO_SNDBUFFORCE, &wide, sizeof wide);
  SendQueue queue;
  queue.append("a");
  queue.append(open_file(tree, "file"), 0, 1000);
  queue.append("b");
  EXPECT_EQ(queue.flush(socket.ours.get(), 1), Outcome::kTurnOver);
  EXPECT_EQ(queue.sent(), 1U);
  EXPECT_EQ(queue.flush(socket.ours.get(), 1000), Outcome::kTurnOver);
  EXPECT_EQ(queue.sent(), 1001U);
  EXPECT_EQ(queue.flush(socket.ours.get(), 1000), Outcome::kEmpty);
}

TEST(SendQueue, SaysThatThePeerIsGone) {
  std::signal(SIGPIPE, SIG_IGN);
  const TempTree tree{{"file", "0123456789"}};
  Narrow socket;
  socket.theirs.reset();
  SendQueue memory;
  memory.append("x");
  EXPECT_EQ(memory.flush(socket.ours.get(), kNoLimit), Outcome::kBroken);
  SendQueue file;
  file.append(open_file(tree, "file"), 0, 10);
  EXPECT_EQ(file.flush(socket.ours.get(), kNoLimit), Outcome::kBroken);
}

TEST(SendQueue, SaysThatAFileEndedTooEarly) {
  const TempTree tree{{"file", "0123456789"}};
  SendQueue queue;
  queue.append("head:");
  queue.append(open_file(tree, "file"), 0, 20);
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kTruncated);
  EXPECT_EQ(socket.arrived(), "head:0123456789");
  EXPECT_EQ(queue.sent(), 15U);
}

// As the server opens one: with what it is like.
SharedFd open_version(const TempTree& tree, const std::string& name) {
  UniqueFd fd(::open(tree.path(name).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  EXPECT_EQ(::fstat(fd.get(), &status), 0);
  const std::int64_t ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  return SharedFd(std::move(fd), {ns, static_cast<std::uint64_t>(status.st_size)});
}

// Until it is clear whether a file has changed.
Outcome flush_without_doubts(SendQueue& queue, const Narrow& socket) {
  for (int turn = 0; turn < 100'000; ++turn) {
    const Outcome outcome = queue.flush(socket.ours.get(), kNoLimit);
    if (outcome != Outcome::kTurnOver) return outcome;
  }
  return Outcome::kTurnOver;
}

TEST(SendQueue, SaysThatAFileWasWrittenToWhileItWasSent) {
  const TempTree tree{{"file", pattern(1'000'000)}};
  test::set_mtime(tree.path("file"), 1000);
  SendQueue queue;
  queue.append(open_version(tree, "file"), 0, 500'000);
  queue.append(open_version(tree, "file"), 500'000, 500'000);
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFull);
  EXPECT_FALSE(socket.arrived().empty());
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFull) << "nothing has changed";
  EXPECT_FALSE(socket.arrived().empty());
  test::set_mtime(tree.path("file"), 2000);
  EXPECT_EQ(flush_without_doubts(queue, socket), Outcome::kChanged);
  EXPECT_TRUE(socket.arrived().empty());
}

// A head and a small file, of which nothing has been sent.
struct Queued {
  TempTree tree{{"file", "0123456789"}};
  SendQueue queue;
  Narrow socket;

  Queued() {
    test::set_mtime(tree.path("file"), 1000);
    queue.append("head:");
    queue.append(open_version(tree, "file"), 0, 10);
  }
};

TEST(SendQueue, SaysThatAFileWasWrittenToBeforeItWasSent) {
  Queued small;
  small.tree.write("file", "9876543210");
  EXPECT_EQ(flush_without_doubts(small.queue, small.socket), Outcome::kChanged);
  EXPECT_EQ(small.socket.arrived(), "head:");
}

TEST(SendQueue, SendsTheBeginningOfAFileThatGrows) {
  const TempTree tree{{"file", pattern(100'000)}};
  test::set_mtime(tree.path("file"), 1000);
  SendQueue queue;
  queue.append(open_version(tree, "file"), 0, 100'000);
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFull);
  std::string text = socket.arrived();
  tree.append("file", "more");
  text += drain(queue, socket);
  EXPECT_TRUE(text == pattern(100'000));
}

// As it is seen by who looks while write(2) is under way, which sets the time before the size.
TEST(SendQueue, SendsTheBeginningOfAFileThatIsAboutToGrow) {
  Queued small;
  test::set_mtime(small.tree.path("file"), 2000);
  EXPECT_EQ(small.queue.flush(small.socket.ours.get(), kNoLimit), Outcome::kTurnOver);
  EXPECT_EQ(small.queue.sent(), 5U);
  small.tree.append("file", "more");
  EXPECT_EQ(small.queue.flush(small.socket.ours.get(), kNoLimit), Outcome::kEmpty);
  EXPECT_EQ(small.socket.arrived(), "head:0123456789");
}

TEST(SendQueue, SaysAtOnceThatAFileBecameShorter) {
  Queued small;
  small.tree.write("file", "01234");
  EXPECT_EQ(small.queue.flush(small.socket.ours.get(), kNoLimit), Outcome::kChanged);
}

TEST(SendQueue, SaysThatAFileCannotBeRead) {
  const TempTree tree{{"file", "0123456789"}};
  SendQueue queue;
  queue.append(SharedFd(UniqueFd(::open(tree.path("file").c_str(), O_WRONLY))), 0, 10);
  const Narrow socket;
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kFailed);
  EXPECT_EQ(queue.sent(), 0U);
}

TEST(SendQueue, ClosesAFileWhenItHasLeft) {
  const TempTree tree{{"file", "0123456789"}};
  SharedFd file = open_file(tree, "file");
  const int number = file.get();
  SendQueue queue;
  queue.append(std::move(file), 0, 10);
  const Narrow socket;
  EXPECT_NE(::fcntl(number, F_GETFD), -1);
  EXPECT_EQ(queue.flush(socket.ours.get(), kNoLimit), Outcome::kEmpty);
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

// --- files that are not in memory
// -----------------------------------------------------------------

constexpr std::size_t kPart = 512 * 1024;

// A file of one and a half parts on a real disk.
struct DiskFile {
  std::string text = pattern(kPart + kPart / 2);
  TempTree tree{test::kDisk, {{"file", text}}};
  std::string path = tree.path("file");
};

// Tries with fresh queues, behind `prepare`, until the file was found cold; how it was then.
template <class Prepare>
SendQueue find_cold(const DiskFile& disk, const Narrow& socket, Prepare prepare) {
  for (int i = 0; i < test::kColdTries; ++i) {
    SendQueue queue;
    queue.append(open_file(disk.tree, "file"), 0, disk.text.size());
    prepare();
    const Outcome outcome = queue.flush(socket.ours.get(), kNoLimit);
    if (outcome == Outcome::kCold) return queue;
    static_cast<void>(socket.arrived());
  }
  ADD_FAILURE() << "it was never cold";
  return {};
}

TEST(SendQueueCold, SendsNothingOfAFileThatIsNotInMemory) {
  const DiskFile disk;
  const Narrow socket;
  if (!test::drop_pages(disk.path)) GTEST_SKIP() << test::kNothingIsDropped;
  SendQueue queue =
      find_cold(disk, socket, [&] { static_cast<void>(test::drop_pages(disk.path)); });
  ASSERT_FALSE(queue.empty());
  EXPECT_EQ(queue.sent(), 0U);
  const SendQueue::FilePart part = queue.cold_part();
  EXPECT_EQ(part.offset, 0U);
  EXPECT_EQ(part.length, kPart);
  char byte = 0;
  EXPECT_EQ(::pread(part.fd, &byte, 1, 0), 1);
  EXPECT_EQ(byte, disk.text[0]);
}

TEST(SendQueueCold, SendsThePartThatSomebodyHasRead) {
  const DiskFile disk;
  const Narrow socket;
  if (!test::drop_pages(disk.path)) GTEST_SKIP() << test::kNothingIsDropped;
  SendQueue queue =
      find_cold(disk, socket, [&] { static_cast<void>(test::drop_pages(disk.path)); });
  ASSERT_FALSE(queue.empty());
  queue.part_is_warm();  // though nobody has read it
  std::string text;
  Outcome outcome = Outcome::kFull;
  while (outcome == Outcome::kFull || outcome == Outcome::kCold) {
    outcome = queue.flush(socket.ours.get(), kNoLimit);
    text += socket.arrived();
    if (outcome != Outcome::kCold) continue;
    EXPECT_EQ(text.size(), kPart) << "only where the next part begins";
    EXPECT_EQ(queue.cold_part().offset, kPart);
    EXPECT_EQ(queue.cold_part().length, kPart / 2);
    queue.part_is_warm();
  }
  EXPECT_EQ(outcome, Outcome::kEmpty);
  EXPECT_TRUE(text == disk.text);
}

TEST(SendQueueCold, LooksAtTheEndOfAPartToo) {
  const DiskFile disk;
  const Narrow socket;
  if (!test::drop_pages(disk.path)) GTEST_SKIP() << test::kNothingIsDropped;
  const UniqueFd reader(::open(disk.path.c_str(), O_RDONLY | O_CLOEXEC));
  ::posix_fadvise(reader.get(), 0, 0, POSIX_FADV_RANDOM);  // what is read, and not what follows
  const auto warm_the_first_byte = [&] {
    static_cast<void>(test::drop_pages(disk.path));
    char byte = 0;
    EXPECT_EQ(::pread(reader.get(), &byte, 1, 0), 1);
  };
  warm_the_first_byte();
  if (test::is_resident(disk.path, kPart - 1)) GTEST_SKIP() << "this file system reads ahead";
  const SendQueue queue = find_cold(disk, socket, warm_the_first_byte);
  ASSERT_FALSE(queue.empty());
  EXPECT_EQ(queue.cold_part().offset, 0U);
  EXPECT_EQ(queue.cold_part().length, kPart);
}

TEST(SendQueueCold, SendsWhatIsAheadOfTheFile) {
  const DiskFile disk;
  const Narrow socket;
  for (int i = 0; i < test::kColdTries; ++i) {
    if (!test::drop_pages(disk.path)) GTEST_SKIP() << test::kNothingIsDropped;
    SendQueue queue;
    queue.append("head");
    queue.append(open_file(disk.tree, "file"), 10, 100);
    queue.append("tail");
    const Outcome outcome = queue.flush(socket.ours.get(), kNoLimit);
    const std::string text = socket.arrived();
    if (outcome != Outcome::kCold) continue;
    EXPECT_EQ(text, "head");
    EXPECT_EQ(queue.cold_part().offset, 10U);
    EXPECT_EQ(queue.cold_part().length, 100U);
    queue.part_is_warm();
    EXPECT_EQ(drain(queue, socket), disk.text.substr(10, 100) + "tail");
    return;
  }
  FAIL() << "it was never cold";
}

TEST(SendQueueCold, TakesAFileThatIsNothingButMemoryForWarm) {
  const std::string text = pattern(2 * kPart);
  const SharedFd file(UniqueFd(::memfd_create("file", MFD_CLOEXEC)));
  ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  SendQueue queue;
  queue.append(file, 0, text.size());
  const Narrow socket;
  EXPECT_TRUE(drain(queue, socket) == text);
}

}  // namespace
}  // namespace tinyserve::net
