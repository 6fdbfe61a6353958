// Answers for files are kept and given again, and nobody can tell but by the record: a change is
// seen by the very next request, and nothing is held for long that nobody asks for.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/file_times.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int64_t kQuietNs = 2'000'000'000;  // a younger file is not kept
const std::string kLarge(100'000, 'x');           // too large to be held in memory

std::int64_t age_ns(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return (now.tv_sec - status.st_ctim.tv_sec) * 1'000'000'000 +
         (now.tv_nsec - status.st_ctim.tv_nsec);
}

void wait_until_settled(const std::string& path) {
  while (age_ns(path) < kQuietNs) std::this_thread::sleep_for(milliseconds(20));
}

// Waits until `holds`, looking now and then.
void wait_until(const std::string& what, const std::function<bool()>& holds) {
  const auto deadline = steady_clock::now() + kPatience;
  while (!holds()) {
    if (steady_clock::now() > deadline) throw std::runtime_error("not in time: " + what);
    std::this_thread::sleep_for(milliseconds(20));
  }
}

// One connection to a server, and what its record says of the answers.
class Asker {
 public:
  explicit Asker(ServerProcess& server) : server_(server), client_(server.address()) {}

  Response get(const std::string& path, const std::string& fields = "") {
    query_ = "n=" + std::to_string(++asked_);
    client_.send(get_request(path + "?" + query_, fields));
    return client_.read_response();
  }
  // How the last answer came about.
  std::string via() {
    const auto is_last = [this](const nlohmann::json& record) {
      return record.at("query") == query_;
    };
    return server_.wait_for_record(is_last).at("via");
  }
  // Asks until the answer was there already: a file has to settle, and is looked at in full now and
  // then.
  Response get_kept(const std::string& path, const std::string& fields = "") {
    Response answer;
    wait_until(path + " is kept", [&] {
      answer = get(path, fields);
      return via() == "cache";
    });
    return answer;
  }

 private:
  ServerProcess& server_;
  RawClient client_;
  std::string query_;
  int asked_ = 0;
};

// --- what is kept
// ---------------------------------------------------------------------------------

TEST(Cache, SaysTheSameAsTheFile) {
  const TempTree site{
      {"index.html", "home"}, {"a.txt", "content"}, {"a.txt.br", "packed"}, {"empty.txt", ""}};
  ServerProcess server{site.path()};
  ServerProcess plain{site.path(), {"--no-file-cache"}};
  Asker asker{server};
  Asker other{plain};
  wait_until_settled(site.path("empty.txt"));
  const auto fields_of = [](Response answer) {
    std::erase_if(answer.fields, [](const auto& field) { return field.first == "Date"; });
    return answer.fields;
  };
  const auto expect_same = [&](const std::string& path, const std::string& fields) {
    const Response kept = asker.get_kept(path, fields);
    const Response read = other.get(path, fields);
    EXPECT_EQ(kept.status, 200) << path;
    EXPECT_EQ(kept.body, read.body) << path;
    EXPECT_EQ(fields_of(kept), fields_of(read)) << path;
  };
  for (const char* const path : {"/", "/a.txt", "/empty.txt"}) {
    expect_same(path, "");
    expect_same(path, "Accept-Encoding: br\r\n");
  }
}

// `answers` without what depends on when they were given.
std::string without_dates(std::string answers) {
  for (std::size_t at = answers.find("Date: "); at != std::string::npos;
       at = answers.find("Date: ", at)) {
    answers.erase(at, answers.find("\r\n", at) + 2 - at);
  }
  return answers;
}

// What an answer says of the connection is no part of what is kept.
TEST(Cache, SaysOfEachConnectionWhatIsTrueOfIt) {
  constexpr int kTimes = 4;  // the first makes it known, the others can be recognized
  const TempTree site{
      {"a.txt", "content"}, {"large.txt", std::string(6000, 'l')}, {"empty.txt", ""}};
  ServerProcess server{site.path()};
  ServerProcess plain{site.path(), {"--no-file-cache"}};
  wait_until_settled(site.path("large.txt"));
  wait_until_settled(site.path("empty.txt"));
  const std::string tag = Asker{server}.get_kept("/a.txt").field("ETag");
  for (const char* const path : {"/a.txt", "/large.txt", "/empty.txt", "/missing.txt"}) {
    for (const std::string& fields : {std::string(), "If-None-Match: " + tag + "\r\n"}) {
      const std::string line = std::string("GET ") + path;
      const std::string rest = "Host: localhost\r\n" + fields;
      const std::string lasting = line + " HTTP/1.1\r\n" + rest + "\r\n";
      const std::string lasting_10 =
          line + " HTTP/1.0\r\n" + rest + "Connection: keep-alive\r\n\r\n";
      const std::string closing = line + " HTTP/1.1\r\n" + rest + "Connection: close\r\n\r\n";
      const std::string closing_10 = line + " HTTP/1.0\r\n" + rest + "\r\n";
      for (const std::string& request : {lasting, lasting_10, closing, closing_10}) {
        const bool is_lasting = request == lasting || request == lasting_10;
        const std::string expected =
            without_dates(ask_until_close(plain.address(), request + (is_lasting ? closing : "")));
        for (int time = 0; time < kTimes; ++time) {
          RawClient client{server.address()};
          client.send(request);
          if (is_lasting) {
            EXPECT_FALSE(client.stays_silent(kPatience));
            client.send(closing);
          }
          EXPECT_EQ(without_dates(client.read_until_close()), expected) << request << time;
        }
      }
    }
  }
}

TEST(Cache, SaysNotModifiedToWhoHasTheFile) {
  const TempTree site{{"a.txt", "content"}};
  ServerProcess server{site.path()};
  Asker asker{server};
  const std::string tag = asker.get_kept("/a.txt").field("ETag");
  const Response answer = asker.get("/a.txt", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.field("ETag"), tag);
  EXPECT_EQ(asker.via(), "not-modified");
}

TEST(Cache, KeepsNoFileThatMayChangeWithoutATrace) {
  const TempTree site{{"a.txt", "content"}};
  ServerProcess server{site.path()};
  Asker asker{server};
  // Only where the file was young to the end is anything known of it.
  wait_until("a young file is asked for twice", [&] {
    site.write("a.txt", "content");
    asker.get("/a.txt");
    asker.get("/a.txt");
    if (age_ns(site.path("a.txt")) >= kQuietNs) return false;
    EXPECT_EQ(asker.via(), "file");
    return true;
  });
}

TEST(Cache, IsNotUsedWhenTurnedOff) {
  const TempTree site{{"a.txt", "content"}, {"large.bin", kLarge}};
  ServerProcess server{site.path(), {"--no-file-cache"}};
  Asker asker{server};
  wait_until_settled(site.path("large.bin"));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(asker.get("/a.txt").body, "content");
    EXPECT_EQ(asker.via(), "file");
    EXPECT_EQ(asker.get("/large.bin").body, kLarge);
    EXPECT_EQ(asker.via(), "file");
  }
}

// --- freshness
// ------------------------------------------------------------------------------------

struct Change {
  std::string path;
  std::function<void(const TempTree&)> make;
  std::string body;  // afterwards; of a missing file: "404"
  std::string fields = {};
};

// Each to files of its own, so that all of them can settle together.
const std::vector<Change>& changes() {
  static const std::vector<Change> all{
      {"/same-size", [](auto& site) { site.write("same-size", "CONTENT"); }, "CONTENT"},
      {"/appended", [](auto& site) { site.append("appended", "!"); }, "content!"},
      {"/replaced", [](auto& site) { site.replace("replaced", "CONTENT"); }, "CONTENT"},
      {"/removed", [](auto& site) { site.remove("removed"); }, "404"},
      {"/cut", [](auto& site) { EXPECT_EQ(::truncate(site.path("cut").c_str(), 3), 0); }, "con"},
      {"/linked", [](auto& site) { site.write("other-name", "CONTENT"); }, "CONTENT"},
      {"/dated-back",
       [](auto& site) {
         struct stat before {};
         EXPECT_EQ(::stat(site.path("dated-back").c_str(), &before), 0);
         site.write("dated-back", "CONTENT");
         set_mtime(site.path("dated-back"), before.st_mtim.tv_sec, before.st_mtim.tv_nsec);
       },
       "CONTENT"},
      {"/directory/file",
       [](auto& site) {
         site.rename("directory", "gone");
         site.rename("next", "directory");
       },
       "next content"},
      {"/current",
       [](auto& site) {
         site.remove("current");
         site.symlink("version-2", "current");
       },
       "version 2"},
      {"/packed", [](auto& site) { site.write("packed.br", "br"); }, "br",
       "Accept-Encoding: br\r\n"},
      {"/unpacked", [](auto& site) { site.remove("unpacked.br"); }, "content",
       "Accept-Encoding: br\r\n"},
      {"/about", [](auto& site) { site.write("about", "the file itself"); }, "the file itself"},
      {"/sub/", [](auto& site) { site.write("sub/home.htm", "goes first"); }, "goes first"},
      {"/large", [](auto& site) { site.replace("large", "no longer large"); }, "no longer large"},
  };
  return all;
}

TEST(Cache, ShowsEveryChangeToTheNextRequest) {
  const TempTree site{{"same-size", "content"},
                      {"appended", "content"},
                      {"replaced", "content"},
                      {"removed", "content"},
                      {"cut", "content"},
                      {"linked", "content"},
                      {"dated-back", "content"},
                      {"directory/file", "content"},
                      {"next/file", "next content"},
                      {"version-1", "version 1"},
                      {"version-2", "version 2"},
                      {"packed", "content"},
                      {"unpacked", "content"},
                      {"unpacked.br", "br"},
                      {"about.html", "about"},
                      {"sub/index.html", "index"},
                      {"large", kLarge}};
  ASSERT_EQ(::link(site.path("linked").c_str(), site.path("other-name").c_str()), 0);
  site.symlink("version-1", "current");
  ServerProcess server{site.path(),
                       {"--clean-urls", "--index", "home.htm", "--index", "index.html"}};
  Asker asker{server};
  for (const Change& change : changes()) {
    const Response before = asker.get_kept(change.path, change.fields);
    EXPECT_NE(before.body, change.body) << change.path;
    change.make(site);
    const Response after = asker.get(change.path, change.fields);
    if (change.body == "404") {
      EXPECT_EQ(after.status, 404) << change.path;
    } else {
      EXPECT_EQ(after.body, change.body) << change.path;
    }
  }
}

TEST(Cache, ShowsTheRootThatIsThereNow) {
  const TempTree tree{{"dist/a.txt", "old"}, {"next/a.txt", "new"}};
  ServerProcess server{tree.path("dist")};
  Asker asker{server};
  EXPECT_EQ(asker.get_kept("/a.txt").body, "old");
  tree.rename("dist", "gone");
  EXPECT_EQ(asker.get("/a.txt").status, 503);
  tree.rename("next", "dist");
  EXPECT_EQ(asker.get_kept("/a.txt").body, "new");
}

// --- what it holds
// --------------------------------------------------------------------------------

// How many descriptors of the server are files whose path, or what it was, begins with `path`.
std::size_t open_files(const ServerProcess& server, const std::string& path) {
  std::size_t count = 0;
  std::error_code gone;
  const std::string descriptors = "/proc/" + std::to_string(server.pid()) + "/fd";
  for (const auto& entry : std::filesystem::directory_iterator(descriptors)) {
    const auto target = std::filesystem::read_symlink(entry.path(), gone);
    if (!gone && target.string().starts_with(path)) ++count;
  }
  return count;
}

// What its first thread, the loop, has had of a CPU so far (schedstats(5) of the kernel), in
// nanoseconds.
std::uint64_t cpu_ns(const ServerProcess& server) {
  const std::string id = std::to_string(server.pid());
  std::ifstream stats("/proc/" + id + "/task/" + id + "/schedstat");
  std::uint64_t ns = 0;
  if (!(stats >> ns)) throw std::runtime_error("nothing tells how long the server ran");
  return ns;
}

TEST(Cache, ClosesLargeFilesAndThenSleeps) {
  const TempTree site{{"large.bin", kLarge}};
  ServerProcess server{site.path()};
  {
    Asker asker{server};
    EXPECT_EQ(asker.get_kept("/large.bin").body, kLarge);
  }
  wait_until("the file is closed", [&] { return open_files(server, site.path("large")) == 0; });
  std::uint64_t before = cpu_ns(server);
  wait_until("it sleeps", [&] {
    std::this_thread::sleep_for(milliseconds(500));
    const std::uint64_t now = cpu_ns(server);
    return std::exchange(before, now) == now;
  });
}

TEST(Cache, HoldsNoDeletedFileForLong) {
  const TempTree site{{"large.bin", kLarge}};
  ServerProcess server{site.path()};
  Asker asker{server};
  EXPECT_EQ(asker.get_kept("/large.bin").body, kLarge);
  site.remove("large.bin");
  wait_until("the file is closed", [&] { return open_files(server, site.path("large")) == 0; });
}

TEST(Cache, HoldsFewLargeFilesHoweverManyAreAskedFor) {
  constexpr int kFiles = 100;
  constexpr std::size_t kMostHeld = 64;
  const TempTree site;
  const auto content = [](int i) { return std::to_string(i) + kLarge; };
  for (int i = 0; i < kFiles; ++i) site.write("large/" + std::to_string(i), content(i));
  ServerProcess server{site.path()};
  wait_until_settled(site.path("large/" + std::to_string(kFiles - 1)));
  Asker asker{server};
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kFiles; ++i) {
      EXPECT_EQ(asker.get("/large/" + std::to_string(i)).body, content(i)) << i;
    }
    EXPECT_LE(open_files(server, site.path("large/")), kMostHeld + 1);  // one is being sent
  }
  wait_until("all are closed", [&] { return open_files(server, site.path("large/")) == 0; });
}

// The request comes while earlier answers fill the kernel, so that it takes a part of the answer or
// nothing.
TEST(Cache, GivesAllOfAnAnswerThatLeavesInParts) {
  constexpr std::size_t kRequests = 600;
  constexpr std::size_t kSize = 60'000;  // bytes: kept in memory
  std::string content;
  while (content.size() < kSize) content += std::to_string(content.size()) + "\n";
  const TempTree site{{"a.txt", content}};
  ServerProcess server{site.path()};
  wait_until_settled(site.path("a.txt"));
  RawClient client{server.address(), {.receive_buffer = 16 * 1024}};
  for (std::size_t i = 0; i < kRequests; ++i) {
    client.send(get_request("/a.txt"));
    std::this_thread::sleep_for(milliseconds(1));  // so that each is received by itself
  }
  for (std::size_t i = 0; i < kRequests; ++i) {
    const Response answer = client.read_response();
    ASSERT_EQ(answer.status, 200) << i;
    ASSERT_EQ(answer.body, content) << i;
  }
  EXPECT_TRUE(client.stays_silent(milliseconds(100)));
  std::size_t kept = 0;
  for (const auto& record : server.wait_for_records(kRequests)) {
    EXPECT_EQ(record.at("bytes"), content.size());
    EXPECT_GE(record.at("dur_us"), record.at("ttfb_us"));
    if (record.at("via") == "cache") ++kept;
  }
  EXPECT_GT(kept, kRequests / 2);
}

// --- many at once
// ---------------------------------------------------------------------------------

// More than the processor has at hand, asked for by many clients whose requests come together: the
// server finds them all when it goes on.
TEST(Cache, GivesManyClientsWhatEachAskedFor) {
  constexpr int kFiles = 240;
  constexpr int kClients = 48;
  const auto name = [](int file) { return "f" + std::to_string(file) + ".txt"; };
  const auto content = [](int file, int version) {
    return std::string(8000, static_cast<char>('a' + version)) + std::to_string(file);
  };
  const TempTree site;
  for (int file = 0; file < kFiles; ++file) site.write(name(file), content(file, 0));
  ServerProcess server{site.path()};
  std::vector<RawClient> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(server.address());
  const auto expect_all = [&](const std::function<int(int)>& version) {
    for (int first = 0; first < kFiles; first += kClients) {
      server.signal(SIGSTOP);
      for (int i = 0; i < kClients; ++i) clients[i].send(get_request("/" + name(first + i)));
      server.signal(SIGCONT);
      for (int i = 0; i < kClients; ++i) {
        const Response answer = clients[i].read_response();
        EXPECT_EQ(answer.body, content(first + i, version(first + i))) << name(first + i);
      }
    }
  };
  wait_until_settled(site.path(name(kFiles - 1)));
  for (int round = 0; round < 4; ++round) expect_all([](int /*file*/) { return 0; });
  for (int file = 0; file < kFiles; file += 3) site.write(name(file), content(file, 1));
  for (int file = 1; file < kFiles; file += 3) site.replace(name(file), content(file, 2));
  for (int round = 0; round < 2; ++round) {
    expect_all([](int file) { return file % 3 == 2 ? 0 : file % 3 + 1; });
  }
  int kept = 0;
  for (const nlohmann::json& record : server.records()) kept += record.at("via") == "cache" ? 1 : 0;
  EXPECT_GE(kept, 2 * kFiles) << "or this test has missed what it is for";
}

}  // namespace
}  // namespace tinyserve::test
