// What is done by threads of its own, so that the loop's thread never waits.
#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/cold_file.h"
#include "support/raw_client.h"
#include "support/samples.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

// The threads of a process that are workers.
std::vector<std::string> workers_of(pid_t process) {
  std::vector<std::string> workers;
  const std::string tasks = "/proc/" + std::to_string(process) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(tasks.c_str()), ::closedir);
  while (const dirent* entry = ::readdir(directory.get())) {
    std::string name;
    std::ifstream(tasks + '/' + entry->d_name + "/comm") >> name;
    if (name == "worker") workers.emplace_back(entry->d_name);
  }
  return workers;
}

TEST(Workers, AreNotThereBeforeTheyHaveSomethingToDo) {
  const TempTree site{{"a.js", script_of(10'000, 1)}};
  ServerProcess server(site.path(), {"--workers=4", "--compress"});
  EXPECT_EQ(get(server.address(), "/a.js").body, script_of(10'000, 1));
  EXPECT_EQ(workers_of(server.pid()).size(), 0U);
  EXPECT_EQ(get(server.address(), "/a.js", "Accept-Encoding: br\r\n").status, 200);
  EXPECT_EQ(workers_of(server.pid()).size(), 1U);
}

// --- files that are not in memory
// -----------------------------------------------------------------

// What strace(1) saw of the calls that read files.
struct Trace {
  int probes = 0;             // by the loop's thread, which do not wait (RWF_NOWAIT)
  bool missed_first = false;  // the first of them met a page that was not in memory
  std::uint64_t by_loop = 0;  // bytes, by calls that may wait
  std::uint64_t by_workers = 0;
  bool sent_unprobed = false;  // sendfile(2) before anybody had read
};

Trace read_trace(const std::string& text, pid_t loop) {
  Trace trace;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool is_loop = line.starts_with(std::to_string(loop) + " ");
    const std::size_t equals = line.rfind(" = ");
    if (equals == std::string::npos) continue;
    const std::int64_t result = std::atoll(line.c_str() + equals + 3);
    if (line.find("RWF_NOWAIT") != std::string::npos) {
      trace.missed_first = trace.missed_first || (is_loop && trace.probes == 0 && result < 0);
      trace.probes += is_loop;
    } else if (line.find("sendfile") != std::string::npos) {
      trace.sent_unprobed = trace.sent_unprobed || trace.by_workers == 0;
    } else if (trace.probes > 0 && result > 0) {  // before, the program is being loaded
      (is_loop ? trace.by_loop : trace.by_workers) += static_cast<std::uint64_t>(result);
    }
  }
  return trace;
}

// What a server does with a file of `content` that nobody has in memory, which the client must get;
// nothing where the file system can't forget it.
std::optional<Trace> trace_cold_file(const std::string& content) {
  const TempTree site(kDisk, {{"cold.js", content}});
  const TempTree out;
  if (!drop_pages(site.path("cold.js"))) return std::nullopt;
  pid_t loop = 0;
  {
    ServerProcess::Options options;
    // As a grandchild, so that the server keeps its place; line by line, in the order of the ends.
    options.wrapper = {
        "strace", "-D", "-f", "-o", out.path("trace"), "-e", "trace=preadv2,pread64,sendfile"};
    options.environment = {"ASAN_OPTIONS=detect_leaks=0"};  // it needs to trace by itself
    ServerProcess server(site.path(), options);
    loop = server.pid();
    EXPECT_EQ(get(server.address(), "/cold.js").body, content);
  }
  return read_trace(out.read("trace"), loop);
}

class ColdFile : public testing::TestWithParam<std::size_t> {};

TEST_P(ColdFile, IsReadByAWorkerWhileTheLoopGoesOn) {
  const std::string content = script_of(GetParam(), 1);
  Trace trace;
  for (int tries = 0; !trace.missed_first && tries < kColdTries; ++tries) {
    const std::optional<Trace> seen = trace_cold_file(content);
    if (!seen) GTEST_SKIP() << kNothingIsDropped;
    trace = *seen;
    EXPECT_GE(trace.probes, 1);
    EXPECT_EQ(trace.by_loop, 0U);
  }
  ASSERT_TRUE(trace.missed_first);
  EXPECT_GE(trace.by_workers, std::min<std::size_t>(content.size(), 500'000));
  EXPECT_FALSE(trace.sent_unprobed);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ColdFile, testing::Values(20'000, 300'000, 3'000'000));

// --- file systems that are slow
// -------------------------------------------------------------------

// A directory seen through a file system that a program makes (bindfs(1), FUSE).
class FuseMount {
 public:
  FuseMount(const std::string& source, std::string place) : place_(std::move(place)) {
    mounted_ = run({"bindfs", "--no-allow-other", source, place_}) == 0;
  }
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;
  ~FuseMount() {
    if (mounted_) run({"umount", place_});
  }
  [[nodiscard]] bool is_there() const { return mounted_; }

 private:
  static int run(const std::vector<std::string>& command) {
    return Program(Program::Options{.command = command, .environment = {}}).wait();
  }

  std::string place_;
  bool mounted_ = false;
};

TEST(SlowFileSystem, IsLookedAtByWorkersAlone) {
  const TempTree tree{{"files/a.txt", "hello"},
                      {"files/large.bin", script_of(2'000'000, 1)},
                      {"files/sub/b.txt", ""}};
  tree.make_dir("mount");
  const FuseMount mount(tree.path("files"), tree.path("mount"));
  if (!mount.is_there()) GTEST_SKIP() << "FUSE can't be mounted here";
  const TempTree out;
  pid_t loop = 0;
  {
    ServerProcess::Options options;
    options.wrapper = {"strace",
                       "-D",
                       "-f",
                       "-o",
                       out.path("trace"),
                       "-e",
                       "trace=newfstatat,openat2,pread64,preadv2,sendfile,accept4,getdents64"};
    options.environment = {"ASAN_OPTIONS=detect_leaks=0"};
    ServerProcess server(tree.path("mount"), options);
    loop = server.pid();
    EXPECT_EQ(get(server.address(), "/a.txt").body, "hello");
    EXPECT_EQ(get(server.address(), "/large.bin").body, script_of(2'000'000, 1));
    EXPECT_EQ(get(server.address(), "/missing").status, 404);
    EXPECT_NE(get(server.address(), "/sub/").body.find("b.txt"), std::string::npos);
    EXPECT_EQ(get(server.address(), "/sub").status, 301);
  }
  bool has_accepted = false;
  int lookups = 0;
  std::istringstream lines(out.read("trace"));
  for (std::string line; std::getline(lines, line);) {
    const auto is = [&line](std::string_view call) { return line.find(call) != line.npos; };
    has_accepted = has_accepted || is("accept4");
    const bool looks = is("newfstatat") || is("openat2") || is("pread64") || is("getdents64");
    if (!has_accepted || !looks) continue;
    if (line.starts_with(std::to_string(loop) + " ")) {
      // The time zone of the log, if anything.
      EXPECT_TRUE(is("localtime") || is("zoneinfo") || is("AT_EMPTY_PATH")) << line;
    } else {
      ++lookups;
    }
  }
  EXPECT_GT(lookups, 5);
}

// Its stamps may come late, and from another clock.
TEST(SlowFileSystem, BelowALocalRootIsReadAnew) {
  const TempTree tree{{"files/a.txt", "hello"}, {"site/b.txt", ""}};
  tree.make_dir("site/mount");
  const FuseMount mount(tree.path("files"), tree.path("site/mount"));
  if (!mount.is_there()) GTEST_SKIP() << "FUSE can't be mounted here";
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));  // all files have settled
  ServerProcess server(tree.path("site"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(get(server.address(), "/mount/a.txt").body, "hello");
    EXPECT_EQ(get(server.address(), "/mount/a.txt", "Accept-Encoding: br\r\n").body, "hello");
  }
  for (const auto& record : server.wait_for_records(10)) EXPECT_EQ(record.at("via"), "file");
}

// --- connections that are gone
// --------------------------------------------------------------------

struct SlowAnswer {
  std::string name;
  std::vector<std::string> arguments;
  std::string target;  // # stands for a number
  std::string fields;
};

// For whoever lists the tests.
void PrintTo(const SlowAnswer& slow, std::ostream* out) { *out << slow.name; }

class Worker : public testing::TestWithParam<SlowAnswer> {
 protected:
  static constexpr int kClients = 50;  // fewer than jobs may wait

  static void fill(const TempTree& site) {
    for (int i = 0; i < kClients; ++i) {
      site.write("s" + std::to_string(i) + ".js", script_of(400'000, i));
      site.write("l" + std::to_string(i) + ".js", script_of(900'000, i));
    }
    site.make_dir("many");
    for (int i = 0; i < 2000; ++i) site.write("many/" + std::to_string(i), "");
  }
};

TEST_P(Worker, MayFinishForNobody) {
  const SlowAnswer& slow = GetParam();
  const TempTree site{{"quick.txt", "quick"}};
  fill(site);
  ServerProcess server(site.path(), slow.arguments);
  RawClient other(server.address());
  for (int round = 0; round < 3; ++round) {
    {
      std::vector<RawClient> clients;
      for (int i = 0; i < kClients; ++i) {
        std::string target = slow.target;
        const std::size_t mark = target.find('#');
        if (mark != std::string::npos) target.replace(mark, 1, std::to_string(i));
        clients.emplace_back(server.address());
        clients.back().send(get_request(target, slow.fields));
      }
      // By the time that this is answered, the loop has seen the requests that came before.
      other.send(get_request("/quick.txt"));
      EXPECT_EQ(other.read_response().body, "quick");
      for (RawClient& client : clients) client.reset();
    }
    other.send(get_request("/quick.txt"));
    EXPECT_EQ(other.read_response().body, "quick");
    // Each request has a record, answered or not.
    const auto wanted = static_cast<std::size_t>((kClients + 2) * (round + 1));
    EXPECT_EQ(server.wait_for_records(wanted).size(), wanted);
  }
  int given_up = 0;
  for (const auto& record : server.records()) given_up += record["via"] == "client-abort" ? 1 : 0;
  EXPECT_GT(given_up, 0);
}

INSTANTIATE_TEST_SUITE_P(Jobs, Worker,
                         testing::Values(SlowAnswer{"Compression",
                                                    {"--compress", "--workers=1"},
                                                    "/s#.js",
                                                    "Accept-Encoding: br\r\n"},
                                         SlowAnswer{"CompressionByTwo",
                                                    {"--compress", "--workers=2"},
                                                    "/s#.js",
                                                    "Accept-Encoding: zstd\r\n"},
                                         SlowAnswer{"CompressionOfOneFile",
                                                    {"--compress", "--workers=1"},
                                                    "/s1.js",
                                                    "Accept-Encoding: br\r\n"},
                                         SlowAnswer{"CompressionInPortions",
                                                    {"--compress", "--workers=2"},
                                                    "/l#.js",
                                                    "Accept-Encoding: gzip\r\n"},
                                         SlowAnswer{"Listing", {"--workers=2"}, "/many/", ""}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tinyserve::test
