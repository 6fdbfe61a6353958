// What a confined process can still do, tried from inside: in a child, because it is for good.
#include "sandbox/sandbox.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "sandbox/landlock.h"
#include "support/temp_tree.h"

namespace tinyserve::sandbox {
namespace {

using test::TempTree;
using Places = std::vector<Place>;

// What `attempt` returns in a process that is confined to `places`: a small number, often errno.
int confined(const Places& places, const std::function<int()>& attempt) {
  constexpr int kNotConfined = 254;
  const pid_t child = ::fork();
  if (child == 0) {
    const Outcome outcome = confine(places);
    ::_exit(outcome.files && outcome.system_calls ? attempt() : kNotConfined);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_NE(WEXITSTATUS(status), kNotConfined);
  return WEXITSTATUS(status);
}

// errno of opening `path`, 0 when it succeeds.
int try_open(const std::string& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  return fd ? 0 : errno;
}

// The errno of what has returned `result`.
int outcome_of(long result) { return result >= 0 ? 0 : errno; }

class Sandbox : public testing::Test {
 protected:
  Sandbox() { tree_.write("outside", "secret"); }
  void SetUp() override { ASSERT_GT(landlock_version(), 0) << "this kernel has no Landlock"; }
  TempTree tree_{{"site/page", "text"}, {"site/below/deep", "text"}};
  Places site_{{tree_.path("site"), Access::kRead}};
};

TEST_F(Sandbox, ReadsWhatItWasLeft) {
  EXPECT_EQ(confined(site_, [&] { return try_open(tree_.path("site/page"), O_RDONLY); }), 0);
  EXPECT_EQ(confined(site_, [&] { return try_open(tree_.path("site/below/deep"), O_RDONLY); }), 0);
  EXPECT_EQ(confined(site_, [&] { return try_open(tree_.path("site"), O_RDONLY | O_DIRECTORY); }),
            0);
}

TEST_F(Sandbox, OpensNothingElse) {
  for (const std::string& path : {std::string("/etc/passwd"), std::string("/"), tree_.path(),
                                  tree_.path("outside"), std::string("/proc/self/environ")}) {
    EXPECT_EQ(confined(site_, [&] { return try_open(path, O_RDONLY); }), EACCES) << path;
  }
}

TEST_F(Sandbox, OpensNothingElseByAWayThatLeadsOut) {
  tree_.symlink("../outside", "site/link");
  EXPECT_EQ(confined(site_, [&] { return try_open(tree_.path("site/link"), O_RDONLY); }), EACCES);
  EXPECT_EQ(confined(site_, [&] { return try_open(tree_.path("site/../outside"), O_RDONLY); }),
            EACCES);
  const UniqueFd directory(::open(tree_.path("site").c_str(), O_PATH | O_CLOEXEC));
  EXPECT_EQ(confined(site_,
                     [&] { return outcome_of(::openat(directory.get(), "../outside", O_RDONLY)); }),
            EACCES);
}

TEST_F(Sandbox, WritesNothing) {
  EXPECT_EQ(confined(site_, [&] { return try_open(tree_.path("site/page"), O_WRONLY); }), EACCES);
  EXPECT_EQ(confined(site_, [&] { return try_open(tree_.path("site/new"), O_WRONLY | O_CREAT); }),
            EACCES);
  EXPECT_EQ(confined(site_, [&] { return outcome_of(::unlink(tree_.path("site/page").c_str())); }),
            EACCES);
  EXPECT_EQ(tree_.read("site/page"), "text");
}

TEST_F(Sandbox, AppendsWhereTheLogIs) {
  const Places places{{tree_.path("site"), Access::kAppend}};
  EXPECT_EQ(
      confined(places,
               [&] { return try_open(tree_.path("site/log"), O_WRONLY | O_APPEND | O_CREAT); }),
      0);
  EXPECT_EQ(confined(places, [&] { return outcome_of(::unlink(tree_.path("site/log").c_str())); }),
            EACCES);
}

TEST_F(Sandbox, AppendsToASingleFile) {
  const Places places{{tree_.path("outside"), Access::kAppend}};
  EXPECT_EQ(confined(places, [&] { return try_open(tree_.path("outside"), O_WRONLY); }), 0);
  EXPECT_EQ(confined(places, [&] { return try_open(tree_.path("site/page"), O_RDONLY); }), EACCES);
}

TEST_F(Sandbox, ChangesWhatIsWritable) {
  const Places places{{tree_.path("site"), Access::kChange}};
  const auto change = [&] {
    const std::string made = tree_.path("site/.part");
    if (const int error = try_open(made, O_WRONLY | O_CREAT | O_TRUNC); error != 0) return error;
    const std::string page = tree_.path("site/page");
    if (::rename(made.c_str(), page.c_str()) != 0) return errno;
    if (::mkdir(tree_.path("site/folder").c_str(), 0700) != 0) return errno;
    if (::rename(page.c_str(), tree_.path("site/folder/page").c_str()) != 0) return errno;
    return outcome_of(::unlink(tree_.path("site/below/deep").c_str()));
  };
  EXPECT_EQ(confined(places, change), 0);
  EXPECT_EQ(confined(places, [&] { return outcome_of(::unlink(tree_.path("outside").c_str())); }),
            EACCES);
  EXPECT_EQ(confined(places,
                     [&] {
                       return outcome_of(::symlink("/etc/passwd", tree_.path("site/link").c_str()));
                     }),
            ENOSYS);
}

TEST_F(Sandbox, ReachesNobody) {
  EXPECT_EQ(confined(site_, [] { return outcome_of(::socket(AF_INET, SOCK_STREAM, 0)); }), ENOSYS);
  EXPECT_EQ(confined(site_, [] { return outcome_of(::socket(AF_UNIX, SOCK_DGRAM, 0)); }), ENOSYS);
  // Nor by a socket that was there before.
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const where = reinterpret_cast<const sockaddr*>(&address);
  EXPECT_EQ(
      confined(site_, [&] { return outcome_of(::connect(socket.get(), where, sizeof address)); }),
      ENOSYS);
}

TEST_F(Sandbox, StartsAndSignalsNobody) {
  const pid_t parent = ::getpid();
  EXPECT_EQ(confined(site_, [] { return outcome_of(::fork()); }), ENOSYS);
  EXPECT_EQ(confined(site_, [] { return outcome_of(::execl("/bin/true", "true", nullptr)); }),
            ENOSYS);
  EXPECT_EQ(confined(site_, [&] { return outcome_of(::kill(parent, 0)); }), ENOSYS);
}

TEST_F(Sandbox, MakesNoMemoryExecutable) {
  const auto map = [] {
    void* const code = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return code == MAP_FAILED ? errno : 0;
  };
  EXPECT_EQ(confined(site_, map), ENOSYS);
  const auto change = [] {
    void* const page =
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? 1 : outcome_of(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
  };
  EXPECT_EQ(confined(site_, change), ENOSYS);
}

// Threads that are started later are confined as well, and can be started at all.
TEST_F(Sandbox, HoldsForThreadsThatAreStartedLater) {
  const auto open_in_thread = [] {
    int error = 0;
    std::thread([&error] { error = try_open("/etc/passwd", O_RDONLY); }).join();
    return error;
  };
  EXPECT_EQ(confined(site_, open_in_thread), EACCES);
}

TEST_F(Sandbox, EndsItselfBySignal) {
  const pid_t child = ::fork();
  if (child == 0) {
    static_cast<void>(confine(site_));
    std::abort();
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

TEST_F(Sandbox, SaysWhichPlaceIsMissing) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto confined = confine_files(Places{{tree_.path("none"), Access::kRead}});
    ::_exit(confined ? 0 : confined.error().code.value());
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), ENOENT);
}

}  // namespace
}  // namespace tinyserve::sandbox
