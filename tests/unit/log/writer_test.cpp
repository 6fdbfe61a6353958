#include "log/writer.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "support/heard_diagnostics.h"

namespace tinyserve::log {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

using test::HeardDiagnostics;

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;

  explicit Pipe(int flags = 0) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | flags) != 0) std::abort();
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  // Leaves no room for another byte.
  void fill() const {
    ASSERT_EQ(::fcntl(writer.get(), F_SETPIPE_SZ, 65536), 65536);
    ASSERT_EQ(::write(writer.get(), std::string(65536, ' ').data(), 65536), 65536);
  }
  // As many bytes as were asked for, fewer when no writer is left.
  [[nodiscard]] std::string read(std::size_t size) const {
    std::string bytes(size, ' ');
    std::size_t got = 0;
    while (got < size) {
      const ssize_t result = ::read(reader.get(), bytes.data() + got, size - got);
      if (result <= 0) break;
      got += static_cast<std::size_t>(result);
    }
    bytes.resize(got);
    return bytes;
  }
  // Everything until no writer is left.
  [[nodiscard]] std::string read_all() const {
    std::string all;
    for (std::string more = read(65536); !more.empty(); more = read(65536)) all += more;
    return all;
  }
};

// A writer whose standard output is `fd`; the test's own is back when this returns.
std::unique_ptr<Writer> writer_on(int fd, Diagnostics& diagnostics, Format format = Format::kJson) {
  std::fflush(stdout);
  const UniqueFd own{::dup(STDOUT_FILENO)};
  ::dup2(fd, STDOUT_FILENO);
  auto writer = Writer::open("", diagnostics, format);
  ::dup2(own.get(), STDOUT_FILENO);
  return std::move(writer).value();
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Condition>
bool soon(Condition condition, milliseconds patience = milliseconds(10'000)) {
  const auto end = steady_clock::now() + patience;
  while (!condition()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(2));
  }
  return true;
}

std::set<std::string> threads() {
  std::set<std::string> ids;
  DIR* tasks = ::opendir("/proc/self/task");
  while (const dirent* task = ::readdir(tasks)) {
    if (task->d_name[0] != '.') ids.insert(task->d_name);
  }
  ::closedir(tasks);
  return ids;
}

// The value of a key in /proc/self/task/<thread>/status.
std::string status_of(const std::string& thread, std::string_view key) {
  std::ifstream file("/proc/self/task/" + thread + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return line.substr(line.find_first_not_of(": \t", key.size()));
  }
  return "";
}

// The one thread that is there now and was not `before`.
std::string new_thread(const std::set<std::string>& before) {
  const std::set<std::string> now = threads();
  std::vector<std::string> added;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                      std::back_inserter(added));
  return added.size() == 1 ? added.front() : "";
}

class WriterTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "writer_test_XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    // A sanitizer's own thread comes with the first of the program's: it is to be there before the
    // tests count.
    std::thread([] {}).join();
  }
  void TearDown() override {
    for (const char* name : {"/log", "/log.1"}) ::unlink((folder + name).c_str());
    ::rmdir(folder.c_str());
  }
  [[nodiscard]] std::string path(std::string_view name = "log") const {
    return folder + "/" + std::string(name);
  }
  [[nodiscard]] std::unique_ptr<Writer> open() { return Writer::open(path(), diagnostics).value(); }

  std::string folder;
  HeardDiagnostics diagnostics;
};

TEST_F(WriterTest, WritesWhatWasPushedBeforeItStops) {
  auto writer = open();
  writer->push("one\n");
  writer->push("two\nthree\n");
  writer->stop();
  EXPECT_EQ(contents(path()), "one\ntwo\nthree\n");
  EXPECT_EQ(writer->dropped(), 0u);
  EXPECT_TRUE(diagnostics.words().empty());
}

TEST_F(WriterTest, WritesSoonWithoutBeingStopped) {
  auto writer = open();
  writer->push("one\n");
  EXPECT_TRUE(soon([&] { return contents(path()) == "one\n"; }));
  writer->push("two\n");
  EXPECT_TRUE(soon([&] { return contents(path()) == "one\ntwo\n"; }));
}

TEST_F(WriterTest, AppendsToAFileThatIsThere) {
  std::ofstream(path()) << "old\n";
  open()->push("new\n");
  EXPECT_EQ(contents(path()), "old\nnew\n");
}

TEST_F(WriterTest, CreatesAFileThatOthersMayOnlyRead) {
  const mode_t before = ::umask(0);
  open()->push("a\n");
  ::umask(before);
  struct stat facts {};
  ASSERT_EQ(::stat(path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777U, 0644U);
}

TEST_F(WriterTest, FailsWithTheReasonWhenThePathCannotBeOpened) {
  const auto writer = Writer::open(path("missing/log"), diagnostics);
  ASSERT_FALSE(writer);
  EXPECT_TRUE(writer.error().is(ENOENT));
}

TEST_F(WriterTest, DoesNotWaitForTheReaderOfAFifo) {
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  const auto writer = Writer::open(path(), diagnostics);
  ASSERT_FALSE(writer);
  EXPECT_TRUE(writer.error().is(ENXIO));
}

TEST_F(WriterTest, WritesToStandardOutputWhenThePathIsEmpty) {
  Pipe pipe;
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  pipe.writer.reset();
  writer->push("one\n");
  writer.reset();
  EXPECT_EQ(pipe.read_all(), "one\n");
}

TEST_F(WriterTest, StartsItsThreadWithTheFirstPush) {
  const auto before = threads();
  auto writer = open();
  EXPECT_EQ(threads(), before);
  writer->push("a\n");
  EXPECT_NE(new_thread(before), "");
  writer->stop();
  EXPECT_TRUE(soon([&] { return threads() == before; }));
}

TEST_F(WriterTest, BlocksAllSignalsInItsThreadOnly) {
  const auto before = threads();
  auto writer = open();
  writer->push("a\n");
  // KILL and STOP cannot be blocked; 32 and 33 belong to the C library.
  const std::uint64_t blocked = std::stoull(status_of(new_thread(before), "SigBlk"), nullptr, 16);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ, SIGUSR1}) {
    EXPECT_NE(blocked >> (signal - 1) & 1, 0u) << signal;
  }
  sigset_t own;
  ASSERT_EQ(::pthread_sigmask(SIG_SETMASK, nullptr, &own), 0);
  EXPECT_EQ(::sigismember(&own, SIGTERM), 0);
}

TEST_F(WriterTest, DoesNotWakeUpWhileNothingComes) {
  const auto before = threads();
  auto writer = open();
  writer->push("a\n");
  const std::string thread = new_thread(before);
  ASSERT_TRUE(soon([&] { return contents(path()) == "a\n"; }));
  std::this_thread::sleep_for(milliseconds(50));  // it has gone to sleep by now
  const std::string switches = status_of(thread, "voluntary_ctxt_switches");
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_EQ(status_of(thread, "voluntary_ctxt_switches"), switches);
}

// How many writes it takes to log 20 lines that come a millisecond apart. A pipe with O_DIRECT
// keeps the writes apart: one read for each.
int writes_for_a_trickle(Diagnostics& diagnostics) {
  Pipe pipe(O_DIRECT);
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  pipe.writer.reset();
  for (int i = 0; i < 20; ++i) {
    writer->push("0123456789\n");
    std::this_thread::sleep_for(milliseconds(1));
  }
  writer.reset();
  int writes = 0;
  std::array<char, 4096> bytes{};
  while (::read(pipe.reader.get(), bytes.data(), bytes.size()) > 0) ++writes;
  return writes;
}

// One good round is enough, here and in the next test: a busy machine may slow down the others.
TEST_F(WriterTest, GathersTheLinesOfAFewMillisecondsIntoOneWrite) {
  EXPECT_TRUE(soon([&] { return writes_for_a_trickle(diagnostics) < 10; }));
}

TEST_F(WriterTest, DoesNotWaitForTheDelayWhenABatchIsThere) {
  Pipe pipe;
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  const std::string line = std::string(1023, 'x') + "\n";
  auto fastest = steady_clock::duration::max();
  for (int round = 0; round < 50; ++round) {
    const auto begin = steady_clock::now();
    writer->push(line);
    std::this_thread::sleep_for(milliseconds(2));  // it has seen the first line and waits for more
    for (int i = 1; i < 64; ++i) writer->push(line);
    EXPECT_EQ(pipe.read(64 * line.size()).size(), 64 * line.size());
    fastest = std::min(fastest, steady_clock::now() - begin);
  }
  EXPECT_LT(fastest, milliseconds(8));
}

TEST_F(WriterTest, DropsAndCountsWhileTheReaderHasStoppedAndTellsAfterwards) {
  Pipe pipe;
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  pipe.writer.reset();
  const std::string two_lines = std::string(499, 'x') + "\n" + std::string(499, 'x') + "\n";
  int pushed = 0;
  while (writer->dropped() == 0) writer->push((++pushed, two_lines));
  writer->push(two_lines);
  EXPECT_EQ(writer->dropped(), 4u);
  EXPECT_GE(static_cast<std::size_t>(pushed) * 1000, Writer::kRingBytes);

  // The reader comes back. The room is there a little later than the bytes.
  const std::size_t accepted = static_cast<std::size_t>(pushed - 1) * 1000;
  EXPECT_EQ(pipe.read(accepted).size(), accepted);
  std::uint64_t dropped = 0;
  do {
    dropped = writer->dropped();
    writer->push("after\n");
  } while (writer->dropped() != dropped);
  writer.reset();
  const std::string rest = pipe.read_all();
  const std::size_t event_end = rest.find('\n');
  const auto event = nlohmann::json::parse(rest.substr(0, event_end));
  EXPECT_EQ(event["event"], "dropped");
  EXPECT_EQ(event["count"], dropped);
  EXPECT_EQ(rest.substr(event_end + 1), "after\n");
}

TEST_F(WriterTest, TellsOfLostLinesInJsonOnly) {
  Pipe pipe;
  auto writer = writer_on(pipe.writer.get(), diagnostics, Format::kCommon);
  pipe.writer.reset();
  writer->push(std::string(Writer::kRingBytes, 'x') + "\n");
  EXPECT_EQ(writer->dropped(), 1u);
  writer->push("after\n");
  writer.reset();
  EXPECT_EQ(pipe.read_all(), "after\n");
}

TEST_F(WriterTest, DropsALineThatCanNeverFit) {
  auto writer = open();
  writer->push(std::string(Writer::kRingBytes, 'x') + "\n");
  writer->push("a\n");
  writer->stop();
  const std::string log = contents(path());
  EXPECT_EQ(writer->dropped(), 1u);
  EXPECT_TRUE(log.starts_with(R"({"event":"dropped","time":")")) << log.substr(0, 100);
  EXPECT_TRUE(log.ends_with("\"count\":1}\na\n"));
}

TEST_F(WriterTest, KeepsEveryLineWholeAndInOrderAroundTheRing) {
  Pipe pipe;
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  pipe.writer.reset();
  std::string all;
  std::thread reader([&] { all = pipe.read_all(); });
  constexpr std::uint64_t kLines = 100'000;
  for (std::uint64_t i = 0; i < kLines; ++i) {
    writer->push(std::to_string(i) + std::string(i % 97, '.') + "\n");
  }
  writer->push("end\n");
  const std::uint64_t dropped = writer->dropped();
  writer.reset();
  reader.join();

  std::uint64_t next = 0;
  std::uint64_t told = 0;
  std::size_t from = 0;
  for (std::size_t end = 0; (end = all.find('\n', from)) != std::string::npos; from = end + 1) {
    const std::string line = all.substr(from, end - from);
    if (line.starts_with("{")) {
      const auto count = nlohmann::json::parse(line)["count"].get<std::uint64_t>();
      told += count;
      next += count;
    } else if (line != "end") {
      ASSERT_EQ(line, std::to_string(next) + std::string(next % 97, '.'));
      ++next;
    }
  }
  EXPECT_EQ(from, all.size());
  // The last line may itself have been dropped when the reader was slow.
  EXPECT_LE(told, dropped);
  EXPECT_GE(next + (dropped - told), kLines);
}

TEST_F(WriterTest, KeepsTheLinesOfSeveralThreadsWhole) {
  constexpr int kThreads = 4;
  constexpr int kPushes = 20'000;
  auto writer = Writer::open(path(), diagnostics, Format::kPretty, Pushers::kSeveral).value();
  std::vector<std::thread> pushers;
  for (int i = 0; i < kThreads; ++i) {
    pushers.emplace_back([&writer, i] {
      const std::string name = std::string(60, static_cast<char>('a' + i)) + ' ';
      for (int push = 0; push < kPushes; ++push) {
        const std::string number = std::to_string(push);
        writer->push(name + number + " first\n" + name + number + " second\n");
      }
    });
  }
  for (std::thread& pusher : pushers) pusher.join();
  writer->stop();
  std::ifstream file(path());
  std::vector<int> next(kThreads, 0);
  std::uint64_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    const auto pusher = static_cast<std::size_t>(line.at(0) - 'a');
    ASSERT_LT(pusher, next.size()) << line;
    ASSERT_EQ(line.substr(0, 61), std::string(60, line[0]) + ' ') << line;
    const int number = std::stoi(line.substr(61));
    ASSERT_GE(number, next[pusher]) << "each one's lines are in its order";
    next[pusher] = number;
    ASSERT_EQ(line.substr(61), std::to_string(number) + " first");
    ASSERT_TRUE(std::getline(file, line)) << "what is pushed together stays together";
    ++lines;
    ASSERT_EQ(line, std::string(60, line[0]) + ' ' + std::to_string(number) + " second");
  }
  EXPECT_EQ(lines + writer->dropped(), 2ULL * kThreads * kPushes);
}

TEST_F(WriterTest, SaysOnceThatNobodyReadsAnyMore) {
  Pipe pipe;
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  pipe.reader.reset();
  writer->push("a\n");
  ASSERT_TRUE(soon([&] { return !diagnostics.words().empty(); }));
  for (int i = 0; i < 3000; ++i) writer->push(std::string(999, 'x') + "\n");
  writer->stop();
  EXPECT_EQ(diagnostics.words(),
            (std::vector<std::string>{"nobody reads the log any more: it is no longer written"}));
  EXPECT_EQ(writer->dropped(), 0u);
}

TEST_F(WriterTest, TriesAgainAfterAFullDiskAndSaysWhenItGoesOn) {
  ASSERT_EQ(::symlink("/dev/full", path().c_str()), 0);
  auto writer = open();
  writer->push("one\n");
  ASSERT_TRUE(soon([&] { return !diagnostics.words().empty(); }));
  writer->push("two\n");
  ::unlink(path().c_str());
  writer->request_reopen();
  EXPECT_TRUE(soon([&] { return contents(path()) == "one\ntwo\n"; }));
  EXPECT_TRUE(soon([&] { return diagnostics.words().size() == 2; }));
  EXPECT_EQ(diagnostics.words(),
            (std::vector<std::string>{"cannot write the log, trying again: No space left on device",
                                      "the log is written again; lines lost meanwhile: 0"}));
}

TEST_F(WriterTest, StopsWithoutPatienceWhenTheDiskIsFull) {
  auto writer = Writer::open("/dev/full", diagnostics).value();
  writer->push("one\n");
  ASSERT_TRUE(soon([&] { return !diagnostics.words().empty(); }));
  const auto begin = steady_clock::now();
  writer->stop(60'000);
  EXPECT_LT(steady_clock::now() - begin, milliseconds(10'000));
  EXPECT_EQ(diagnostics.words().size(), 1u);
}

// Lets files grow to `bytes` only: a write is cut there, and the next one fails.
void limit_file_size(rlim_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST_F(WriterTest, GoesOnWithinTheLineThatAWriteWasCutIn) {
  auto writer = open();
  limit_file_size(10);
  writer->push("seven..\nseven..\n");
  const bool has_failed = soon([&] { return !diagnostics.words().empty(); });
  limit_file_size(RLIM_INFINITY);
  ASSERT_TRUE(has_failed);
  EXPECT_EQ(contents(path()), "seven..\nse");
  EXPECT_TRUE(soon([&] { return contents(path()) == "seven..\nseven..\n"; }));
}

TEST_F(WriterTest, NeverBeginsANewFileWithTheRestOfALine) {
  auto writer = open();
  limit_file_size(10);
  writer->push("seven..\nseven..\n");
  const bool has_failed = soon([&] { return !diagnostics.words().empty(); });
  limit_file_size(RLIM_INFINITY);
  ASSERT_TRUE(has_failed);
  writer->push("whole\n");
  ASSERT_EQ(std::rename(path().c_str(), path("log.1").c_str()), 0);
  writer->request_reopen();
  EXPECT_TRUE(soon([&] { return contents(path()) == "whole\n"; }));
  EXPECT_EQ(writer->dropped(), 1u);
}

TEST_F(WriterTest, NeverBeginsAnEmptiedFileWithTheRestOfALine) {
  auto writer = open();
  limit_file_size(10);
  writer->push("seven..\nseven..\n");
  const bool has_failed = soon([&] { return !diagnostics.words().empty(); });
  const bool is_emptied = ::truncate(path().c_str(), 0) == 0;
  limit_file_size(RLIM_INFINITY);
  ASSERT_TRUE(has_failed && is_emptied);
  writer->push("whole\n");
  EXPECT_TRUE(soon([&] { return contents(path()) == "whole\n"; })) << contents(path());
  EXPECT_EQ(writer->dropped(), 1u);
}

TEST_F(WriterTest, EndsTheLineThatSomebodyElseLeftUnfinished) {
  std::ofstream(path()) << "whole\nhal";
  auto writer = open();
  writer->push("one\n");
  ASSERT_TRUE(soon([&] { return contents(path()) == "whole\nhal\none\n"; })) << contents(path());
  std::ofstream(path("next")) << "hal";
  ASSERT_EQ(std::rename(path("next").c_str(), path().c_str()), 0);
  writer->request_reopen();
  writer->push("two\n");
  writer->stop();
  EXPECT_EQ(contents(path()), "hal\ntwo\n");
}

TEST_F(WriterTest, OpensAMovedFileAnew) {
  auto writer = open();
  writer->push("one\n");
  ASSERT_TRUE(soon([&] { return contents(path()) == "one\n"; }));
  ASSERT_EQ(std::rename(path().c_str(), path("log.1").c_str()), 0);
  writer->push("two\n");
  ASSERT_TRUE(soon([&] { return contents(path("log.1")) == "one\ntwo\n"; }));
  writer->request_reopen();
  writer->push("three\n");
  writer->stop();
  EXPECT_EQ(contents(path("log.1")), "one\ntwo\n");
  EXPECT_EQ(contents(path()), "three\n");
}

TEST_F(WriterTest, KeepsTheOldFileWhenThePathCannotBeOpenedAnew) {
  auto writer = open();
  writer->push("one\n");
  ASSERT_TRUE(soon([&] { return contents(path()) == "one\n"; }));
  ASSERT_EQ(std::rename(path().c_str(), path("log.1").c_str()), 0);
  ASSERT_EQ(::mkdir(path().c_str(), 0700), 0);
  writer->request_reopen();
  writer->push("two\n");
  writer->stop();
  ASSERT_EQ(::rmdir(path().c_str()), 0);
  EXPECT_EQ(contents(path("log.1")), "one\ntwo\n");
  EXPECT_EQ(diagnostics.words(),
            (std::vector<std::string>{"cannot open the log anew, the old file is kept: \"" +
                                      path() + "\": Is a directory"}));
}

TEST_F(WriterTest, WaitsForRoomWhereSomebodyElseMadeStandardOutputNonBlocking) {
  Pipe pipe(O_NONBLOCK);
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  pipe.writer.reset();
  const std::string lines = std::string(299'999, 'x') + "\n";
  writer->push(lines);
  std::string all;
  ASSERT_TRUE(soon([&] {
    all += pipe.read_all();
    return all.size() == lines.size();
  }));
  EXPECT_EQ(all, lines);
  EXPECT_TRUE(diagnostics.words().empty());
}

TEST_F(WriterTest, LeavesItsThreadBehindWhenTheReaderHasStopped) {
  const auto before = threads();
  Pipe pipe;
  pipe.fill();
  auto writer = writer_on(pipe.writer.get(), diagnostics);
  pipe.writer.reset();
  writer->push("a\n");
  const auto begin = steady_clock::now();
  writer->stop(50);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(50));
  EXPECT_LT(steady_clock::now() - begin, milliseconds(5'000));
  writer.reset();
  // The thread meets EPIPE, must not say so any more, and ends.
  pipe.reader.reset();
  EXPECT_TRUE(soon([&] { return threads() == before; }));
  EXPECT_EQ(
      diagnostics.words(),
      (std::vector<std::string>{"whoever reads the log has stopped: its last lines are lost"}));
}

TEST_F(WriterTest, IgnoresWhatIsPushedAfterTheStop) {
  auto writer = open();
  writer->push("one\n");
  writer->stop();
  writer->push("two\n");
  writer->stop();
  writer.reset();
  EXPECT_EQ(contents(path()), "one\n");
}

TEST_F(WriterTest, StopsWhenNothingWasEverPushed) {
  auto writer = open();
  writer->stop();
  EXPECT_EQ(contents(path()), "");
}

}  // namespace
}  // namespace tinyserve::log
