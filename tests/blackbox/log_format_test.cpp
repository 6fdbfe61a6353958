// Each format is what its readers expect, whatever the clients sent.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/hostile_clients.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using nlohmann::json;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

struct Finish {
  int code;
  std::string out;
};

Finish run(const std::vector<std::string>& command) {
  Program program({.command = command, .environment = {}});
  const int code = program.wait();
  return {code, program.out() + program.err()};
}

// The log of a server that was stopped after `talk`, in `format`.
template <class Talk>
std::string log_in(const std::string& format, const TempTree& logs, Talk&& talk) {
  const TempTree site{{"index.html", "home"}, {"x", "content"}};
  ServerProcess server{site.path(),
                       {"--log-format", format, "--log-file", logs.path("access.log")}};
  talk(server.address());
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  return logs.read("access.log");
}

// What goaccess makes of the log of hostile clients.
json read_by_goaccess(const std::string& format) {
  const TempTree logs;
  log_in(format, logs, [](const Address& address) { be_hostile(address); });
  std::string name = format;
  std::transform(name.begin(), name.end(), name.begin(), ::toupper);
  const Finish finish = run({"goaccess", logs.path("access.log"), "--no-global-config",
                             "--log-format=" + name, "--output=" + logs.path("report.json"),
                             "--invalid-requests=" + logs.path("invalid.log")});
  EXPECT_EQ(finish.code, 0) << finish.out;
  return json::parse(logs.read("report.json")).at("general");
}

TEST(LogFormat, CombinedIsReadByGoaccessToTheLastLine) {
  const json general = read_by_goaccess("combined");
  EXPECT_EQ(general.at("failed_requests"), 0);
  EXPECT_EQ(general.at("valid_requests"), general.at("total_requests"));
  EXPECT_GE(general.at("total_requests"), 500);
}

TEST(LogFormat, CommonIsReadByGoaccessToTheLastLine) {
  const json general = read_by_goaccess("common");
  EXPECT_EQ(general.at("failed_requests"), 0);
  EXPECT_GE(general.at("total_requests"), 500);
}

TEST(LogFormat, JsonIsReadByJqToTheLastLine) {
  const TempTree logs;
  const std::size_t lines =
      lines_of(log_in("json", logs, [](const Address& address) { be_hostile(address); })).size();
  const Finish finish = run({"jq", "-c", ".", logs.path("access.log")});
  EXPECT_EQ(finish.code, 0) << finish.out;
  EXPECT_EQ(lines_of(finish.out).size(), lines);
  EXPECT_GE(lines, 500u);
}

TEST(LogFormat, CombinedHasAllThatWasAskedAndNoEvents) {
  const TempTree logs;
  const std::string log = log_in("combined", logs, [](const Address& address) {
    get(address, "/x?v=2", "User-Agent: curl/7.88.1\r\nReferer: http://localhost/\r\n");
  });
  EXPECT_TRUE(std::regex_match(
      log,
      std::regex(R"(127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/20\d\d:\d\d:\d\d:\d\d [+-]\d{4}\] )"
                 R"re("GET /x\?v=2 HTTP/1\.1" 200 7 "http://localhost/" "curl/7\.88\.1"\n)re")))
      << log;
}

TEST(LogFormat, CommonEndsWithTheBytes) {
  const TempTree logs;
  const std::string log =
      log_in("common", logs, [](const Address& address) { get(address, "/x"); });
  EXPECT_TRUE(std::regex_match(
      log, std::regex(R"re(127\.0\.0\.1 - - \[.{26}\] "GET /x HTTP/1\.1" 200 7\n)re")))
      << log;
}

TEST(LogFormat, LocaleAndZoneDoNotChangeTheNamesOfMonths) {
  const TempTree site{{"x", "content"}};
  const TempTree logs;
  const ServerProcess::Options options{
      .arguments = {"--log-format", "common", "--log-file", logs.path("access.log")},
      .environment = {"LC_ALL=de_DE.UTF-8", "TZ=XXX+3:30"}};
  ServerProcess server{site.path(), options};
  get(server.address(), "/x");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_TRUE(std::regex_search(
      logs.read("access.log"),
      std::regex(R"(\[\d\d/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/.{13} -0330\])")));
}

TEST(LogFormat, LeavesOutWhatIsIgnored) {
  const TempTree logs;
  const TempTree site{{"x", "content"}, {"a.map", "m"}, {"assets/y", "y"}};
  ServerProcess server{site.path(),
                       {"--log-file", logs.path("access.log"), "--log-ignore", "*.map",
                        "--log-ignore", "/assets/*"}};
  for (const char* target : {"/a.map?v=1", "/assets/y", "/x?.map"}) get(server.address(), target);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  const std::vector<std::string> lines = lines_of(logs.read("access.log"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(json::parse(lines[1]).at("path"), "/x");
  EXPECT_EQ(json::parse(lines[2]).at("requests"), 3);
}

// A server whose log scrolls past on a terminal.
ServerProcess::Options on_a_terminal(std::vector<std::string> environment = {"TERM=xterm"}) {
  environment.insert(environment.end(), {"TZ=UTC0"});
  return {.arguments = {"--log-format", "pretty"},
          .environment = std::move(environment),
          .output = Program::Output::kTerminal};
}

TEST(PrettyLog, IsColoredAndAsWideAsTheTerminal) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), on_a_terminal()};
  get(server.address(), "/x?v=2");
  get(server.address(), "/" + std::string(200, 'a') + ".js");
  server.wait_until_said(".js\n");
  EXPECT_TRUE(std::regex_search(
      server.said(),
      std::regex("\x1b\\[2m\\d\\d:\\d\\d:\\d\\d\x1b\\[0m  \x1b\\[32m200\x1b\\[0m     7 B "
                 " *[\\d.]+ (µs|ms)  GET  /x\\?v=2\n")))
      << server.said();
  EXPECT_TRUE(std::regex_search(
      server.said(), std::regex("\x1b\\[33m404\x1b\\[0m.{18,19}GET  /a{18}…a{21}\\.js\n")))
      << server.said();
}

TEST(PrettyLog, HasNoColorWhereNobodyWantsIt) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), on_a_terminal({"NO_COLOR=1"})};
  get(server.address(), "/x");
  server.wait_until_said("GET  /x\n");
  EXPECT_EQ(server.said().find('\x1b'), std::string::npos) << server.said();
}

TEST(PrettyLog, HasNoColorInAFile) {
  const TempTree logs;
  const std::string log =
      log_in("pretty", logs, [](const Address& address) { get(address, "/x"); });
  EXPECT_TRUE(std::regex_match(
      log, std::regex("\\d\\d:\\d\\d:\\d\\d  200     7 B  [ \\d.]{3,4} (µs|ms)  GET  /x\n")))
      << log;
}

TEST(PrettyLog, GivesATerminalNothingToObey) {
  const TempTree logs;
  const std::string log =
      log_in("pretty", logs, [](const Address& address) { be_hostile(address); });
  // Two characters are ours.
  const std::string shown = std::regex_replace(log, std::regex("…|µ"), "");
  EXPECT_TRUE(std::all_of(shown.begin(), shown.end(),
                          [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  EXPECT_GE(lines_of(log).size(), 500u);
}

}  // namespace
}  // namespace tinyserve::test
