// `tinyserve ROOT -- COMMAND`: a server for as long as a command runs.
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

// Runs `script` by sh beside a server of `root` on a free port.
std::vector<std::string> beside(const std::string& root, const std::string& script) {
  return {root, "--port", "0", "--log-format", "none", "--", "sh", "-c", script};
}

std::vector<std::string> started(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), tinyserve_path());
  return arguments;
}

// For a script: does `action` with each pid of the command's siblings. The server is the only one.
std::string with_server(const std::string& action) {
  return "for pid in $(cat /proc/$PPID/task/$PPID/children); do [ $pid = $$ ] || " + action +
         "; done; ";
}

TEST(Command, FindsTheServerAndNoOtherSetting) {
  const TempTree site{{"x.txt", "content"}};
  const Finished finished = run_tinyserve(
      beside(site.path(), "curl -fsS ${TINYSERVE_URL}x.txt; env | grep -c ^TINYSERVE_"),
      {"TINYSERVE_NO_API=1", "TINYSERVE_INDEX=a.html"});
  EXPECT_EQ(finished.code, 0) << finished.err;
  EXPECT_EQ(finished.out, "content1\n");
  EXPECT_EQ(finished.err.find("Ctrl-C"), std::string::npos) << "it is not the server that it stops";
}

TEST(Command, GivesItsExitCode) {
  const TempTree site;
  EXPECT_EQ(run_tinyserve(beside(site.path(), "exit 7")).code, 7);
  EXPECT_EQ(run_tinyserve(beside(site.path(), "kill -9 $$")).code, 128 + SIGKILL);
}

TEST(Command, TakesTheServerWithIt) {
  const TempTree site;
  const Finished finished = run_tinyserve(beside(site.path(), with_server("echo $pid")));
  ASSERT_EQ(finished.code, 0) << finished.err;
  const pid_t server = std::stoi(finished.out);
  EXPECT_EQ(::kill(server, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Command, ThatDoesNotExistIsNamed) {
  const TempTree site;
  const Finished finished =
      run_tinyserve({site.path(), "--port", "0", "--quiet", "--", "no-such-command"});
  EXPECT_EQ(finished.code, 127);
  EXPECT_EQ(finished.err, "tinyserve: cannot run 'no-such-command': No such file or directory\n");
  EXPECT_EQ(run_tinyserve({site.path(), "--port", "0", "--", "/"}).code, 126);
}

TEST(Command, IsNotRunWithoutAServer) {
  const TempTree site;
  const Finished finished = run_tinyserve(beside(site.path("missing"), "echo the command has run"));
  EXPECT_EQ(finished.code, 1);
  EXPECT_EQ(finished.out, "");
}

TEST(Command, GetsTheSignals) {
  const TempTree site;
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    Program program{{started(beside(site.path(),
                                    "trap 'echo told; exit 5' TERM INT HUP; echo ready; "
                                    "while :; do sleep 0.05; done")),
                     {}}};
    ASSERT_TRUE(program.wait_until([&] { return program.out().find("ready") == 0; }));
    program.signal(number);
    EXPECT_EQ(program.wait(), 5) << number;
    EXPECT_EQ(program.out(), "ready\ntold\n") << number;
  }
}

TEST(Command, EndsWhenTheServerIsKilled) {
  const TempTree site;
  Program program{
      {started(beside(site.path(), with_server("kill -9 $pid") + "while :; do sleep 0.05; done")),
       {}}};
  EXPECT_EQ(program.wait(), 128 + SIGTERM);
  EXPECT_NE(program.err().find("the server has ended before the command"), std::string::npos);
}

TEST(Command, MustFollowTheDashes) {
  const TempTree site;
  const Finished finished = run_tinyserve({site.path(), "--"});
  EXPECT_EQ(finished.code, 2);
  EXPECT_EQ(finished.err,
            "tinyserve: no command follows the two dashes; for a ROOT that begins with one write "
            "--root=ROOT\n");
}

}  // namespace
}  // namespace tinyserve::test
