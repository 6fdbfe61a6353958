// --open shows the site in a browser, which has nothing to do with the server's life.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

// Notes what it was started with and asks the server for a file. A server that waited for its
// browser would never answer.
constexpr const char* kBrowser =
    "env >\"$0.env\"\n"
    "streams=$(readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2)\n"
    "echo \"$streams\" >\"$0.streams\"\n"
    "cat /proc/$$/stat >\"$0.stat\"\n"
    "exec curl --silent --noproxy '*' --output /dev/null \"$1opened\"\n";

struct Opened {
  explicit Opened(const std::vector<std::string>& environment = {})
      : server{tree.path(), ServerProcess::Options{.arguments = {"--open"},
                                                   .environment = with_browser(environment)}} {
    server.wait_for_record([](const nlohmann::json& r) { return r.at("path") == "/opened"; });
  }

  [[nodiscard]] std::vector<std::string> with_browser(std::vector<std::string> environment) const {
    environment.push_back("BROWSER=sh " + tree.path("browser"));
    return environment;
  }

  TempTree tree{{"browser", kBrowser}};
  ServerProcess server;
};

TEST(Open, ShowsTheUrlOfThePortThatWasTaken) {
  const Opened opened;
  const std::vector<nlohmann::json> records = opened.server.records();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].at("host"), "localhost:" + std::to_string(opened.server.port()));
}

TEST(Open, KeepsOurVariablesToItself) {
  const Opened opened{{"TINYSERVE_NO_API=1", "LISTEN_PID=1", "LISTEN_FDS=1",
                       "NOTIFY_SOCKET=/nonexistent", "KEPT=yes"}};
  const std::string variables = "\n" + opened.tree.read("browser.env");
  EXPECT_NE(variables.find("\nKEPT=yes\n"), std::string::npos) << variables;
  for (const char* const ours : {"\nTINYSERVE_", "\nLISTEN_", "\nNOTIFY_SOCKET="}) {
    EXPECT_EQ(variables.find(ours), std::string::npos) << variables;
  }
}

TEST(Open, StartsTheBrowserAwayFromTheTerminal) {
  const Opened opened;
  EXPECT_EQ(opened.tree.read("browser.streams"), "/dev/null\n/dev/null\n/dev/null\n");
  std::istringstream stat(opened.tree.read("browser.stat"));  // proc(5)
  std::string pid, command, state, parent, group, session;
  stat >> pid >> command >> state >> parent >> group >> session;
  EXPECT_EQ(session, pid);
}

// The processes that the program has started and not been rid of, whichever thread it was.
std::string children_of(pid_t pid) {
  std::string children;
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::string line;
    std::getline(std::ifstream(task.path() / "children"), line);
    children += line;
  }
  return children;
}

TEST(Open, LeavesNoZombieBehind) {
  const Opened opened;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!children_of(opened.server.pid()).empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << children_of(opened.server.pid());
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

TEST(Open, ServesAndSaysWhatToDoWhereThereIsNoBrowser) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{
      site.path(),
      ServerProcess::Options{.arguments = {"--open"},
                             .environment = {"BROWSER=no-such-browser", "PATH=/nonexistent"}}};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  EXPECT_NE(server.err().find("warning: there is no browser to open, nor xdg-open; name one in the "
                              "variable BROWSER\n"),
            std::string::npos)
      << server.err();
}

TEST(Open, HappensOnlyWhenAskedFor) {
  const TempTree tree{{"browser", kBrowser}};
  ServerProcess server{
      tree.path(), ServerProcess::Options{.environment = {"BROWSER=sh " + tree.path("browser")}}};
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_FALSE(std::filesystem::exists(tree.path("browser.env")));
}

}  // namespace
}  // namespace tinyserve::test
