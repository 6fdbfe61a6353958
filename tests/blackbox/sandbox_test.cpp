// The program confines itself once it listens, says what is in force, and serves on where a part of
// that is not to be had.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/response.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using Texts = std::vector<std::string>;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What /proc/PID/status says of `field`.
std::string status_of(pid_t pid, const std::string& field) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field + ":")) return line.substr(line.find_last_of(" \t") + 1);
  }
  return {};
}

class Sandbox : public testing::Test {
 protected:
  // A program that was built with a sanitizer goes without.
  void SetUp() override {
    ServerProcess server(tree_.path("home/projects"), Texts{"--verbose"});
    server.wait_until_said("press Ctrl-C");
    if (contains(server.said(), "built with a sanitizer")) GTEST_SKIP();
  }

  TempTree tree_{{"home/projects/site/page", "text"}, {"home/page.html", "<p>page"}};
  std::string site_ = tree_.path("home/projects/site");
  Texts at_home_{"HOME=" + tree_.path("home")};
};

TEST_F(Sandbox, IsInForceForAllThreadsWhileItServes) {
  ServerProcess server(site_, Texts{"--threads", "2", "--verbose"});
  EXPECT_EQ(get(server.address(), "/page").body, "text");
  EXPECT_EQ(status_of(server.pid(), "NoNewPrivs"), "1");
  EXPECT_EQ(status_of(server.pid(), "Seccomp"), "2");
  server.wait_until_said("sandbox: no file but in '" + tree_.path("home/projects") + "'");
  server.wait_until_said("(seccomp)");
}

TEST_F(Sandbox, IsNotInForceWhereNobodyWantsIt) {
  ServerProcess server(site_, Texts{"--no-sandbox", "--verbose"});
  EXPECT_EQ(get(server.address(), "/page").body, "text");
  EXPECT_EQ(status_of(server.pid(), "Seccomp"), "0");
  server.wait_until_said("no sandbox: --no-sandbox");
}

TEST_F(Sandbox, SaysSoWhereTheKernelHasNoLandlock) {
  ServerProcess server(
      site_, ServerProcess::Options{.wrapper = {TINYSERVE_REFUSE, "landlock_create_ruleset"}});
  EXPECT_EQ(get(server.address(), "/page").body, "text");
  server.wait_until_said("warning: the sandbox does not confine which files are read");
  EXPECT_EQ(status_of(server.pid(), "Seccomp"), "2");
}

TEST_F(Sandbox, SaysSoWhereTheKernelHasNoFilters) {
  ServerProcess server(site_, ServerProcess::Options{.wrapper = {TINYSERVE_REFUSE, "seccomp"}});
  EXPECT_EQ(get(server.address(), "/page").body, "text");
  server.wait_until_said("warning: the sandbox does not confine system calls");
}

TEST_F(Sandbox, SaysThatFollowingLinksTakesReadingEverything) {
  tree_.symlink("/etc/passwd", "home/projects/site/link");
  ServerProcess server(site_, Texts{"--follow-symlinks"});
  EXPECT_EQ(get(server.address(), "/link").status, 200);
  server.wait_until_said("the sandbox lets every file be read");
}

TEST_F(Sandbox, LetsTheLogBeOpenedAnew) {
  tree_.make_dir("logs");
  const std::string log = tree_.path("logs/new");
  ServerProcess server(
      site_, ServerProcess::Options{.arguments = {"--log-file", log}, .environment = at_home_});
  server.wait_until_said("the sandbox leaves '" + tree_.path("logs") + "' writable");
  tree_.rename("logs/new", "logs/old");
  server.signal(SIGHUP);
  EXPECT_EQ(get(server.address(), "/page").status, 200);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_TRUE(contains(tree_.read("logs/new"), "/page"));
}

TEST_F(Sandbox, ReadsARootThatIsBuiltAnew) {
  ServerProcess server(site_, ServerProcess::Options{.environment = at_home_});
  EXPECT_EQ(get(server.address(), "/page").body, "text");
  tree_.remove("home/projects/site");
  EXPECT_EQ(get(server.address(), "/page").status, 503);
  tree_.write("home/projects/site/page", "other");
  EXPECT_EQ(get(server.address(), "/page").body, "other");
}

TEST_F(Sandbox, SaysWhatToDoAboutARootThatItMayNotRead) {
  ServerProcess server(tree_.path("home/projects"),
                       ServerProcess::Options{.environment = at_home_});
  EXPECT_EQ(get(server.address(), "/site/page").body, "text");
  tree_.rename("home/projects", "home/before");
  tree_.write("home/projects/site/page", "other");
  const Response answer = get(server.address(), "/site/page");
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(contains(answer.body, "Start it again")) << answer.body;
  server.wait_until_said("what is served was replaced");
  EXPECT_EQ(get(server.address(), "/").status, 503);  // still
  EXPECT_EQ(get(server.address(), "/api/").status, 200);
  const auto record =
      server.wait_for_record([](const auto& line) { return line["status"] == 503; });
  EXPECT_EQ(record["why"], "the root was replaced");
}

TEST_F(Sandbox, SaysWhatToDoAboutAFileThatItMayNotRead) {
  ServerProcess server(tree_.path("home/page.html"),
                       ServerProcess::Options{.environment = at_home_});
  EXPECT_EQ(get(server.address(), "/").body, "<p>page");
  tree_.write("home/page.html", "<p>same file");
  EXPECT_EQ(get(server.address(), "/").body, "<p>same file");
  tree_.replace("home/page.html", "<p>other file");
  EXPECT_EQ(get(server.address(), "/").status, 503);
  server.wait_until_said("what is served was replaced");
}

TEST_F(Sandbox, LeavesTheRootWritable) {
  ServerProcess server(site_, Texts{"--writable"});
  RawClient client(server.address());
  client.send("PUT /new/file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nmore");
  EXPECT_EQ(client.read_response().status, 409);  // no directories are made
  client.send("PUT /file HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nmore");
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(get(server.address(), "/file").body, "more");
  client.send("DELETE /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 204);
}

}  // namespace
}  // namespace tinyserve::test
