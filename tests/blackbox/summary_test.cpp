// What a run came to is told when it ends, and a broken link of the site's own fails it on demand.
#include <gtest/gtest.h>

#include <csignal>
#include <regex>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

// Asks for `target` as a browser does that follows a link on `page` of this server.
int follow(const Address& address, const std::string& target, const std::string& page) {
  const std::string authority = "127.0.0.1:" + std::to_string(address.port);
  const Response response =
      ask(address, "GET " + target + " HTTP/1.1\r\nHost: " + authority + "\r\nReferer: http://" +
                       authority + page + "\r\nConnection: close\r\n\r\n");
  return response.status;
}

struct Ended {
  int code;
  std::string said;
};

Ended stop(ServerProcess& server, int signal = SIGINT) {
  server.signal(signal);
  const int code = server.wait();
  return {code, server.said()};
}

TEST(Summary, IsToldOnATerminal) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{
      site.path(), {.arguments = {"--log-format", "none"}, .output = Program::Output::kTerminal}};
  for (int i = 0; i < 9; ++i) get(server.address(), "/x");
  EXPECT_EQ(follow(server.address(), "/missing.png", "/a.html"), 404);
  const Ended ended = stop(server);
  EXPECT_EQ(ended.code, 0);
  EXPECT_TRUE(std::regex_search(
      ended.said, std::regex("10 requests, \\d+ B; p50 [\\d.]+ .?.s, p95 [\\d.]+ .?.s, p99 .*\n"
                             "\n"
                             "Slowest:\n"
                             " +[\\d.]+ .?.s  /(x|missing.png)\n"
                             " +[\\d.]+ .?.s  /(x|missing.png)\n"
                             "\n"
                             "Not found:\n"
                             "        1  /missing.png  from http://127.0.0.1:\\d+/a.html\n$")))
      << ended.said;
}

TEST(Summary, IsNotToldWhereNobodyWatches) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  get(server.address(), "/x");
  EXPECT_EQ(stop(server).said.find("requests"), std::string::npos);
}

TEST(Summary, IsNotToldWhenQuiet) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(),
                       {.arguments = {"--quiet"}, .output = Program::Output::kTerminal}};
  get(server.address(), "/x");
  EXPECT_EQ(stop(server).said.find("p50"), std::string::npos);
}

TEST(FailOn404, ExitsWith3AndNamesTheLinkAndItsPage) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--fail-on-404"}};
  EXPECT_EQ(follow(server.address(), "/missing.png", "/a.html"), 404);
  const std::string origin = "http://127.0.0.1:" + std::to_string(server.port());
  const Ended ended = stop(server, SIGTERM);
  EXPECT_EQ(ended.code, 3);
  EXPECT_NE(ended.said.find("tinyserve: broken link to /missing.png on " + origin + "/a.html\n"),
            std::string::npos)
      << ended.said;
}

TEST(FailOn404, TellsOfBrokenLinksAlsoWhenQuiet) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--fail-on-404", "--quiet"}};
  EXPECT_EQ(follow(server.address(), "/missing", "/"), 404);
  const Ended ended = stop(server);
  EXPECT_EQ(ended.code, 3);
  EXPECT_NE(ended.said.find("broken link to /missing"), std::string::npos) << ended.said;
}

TEST(FailOn404, SparesWhatIsNoBrokenLinkOfTheSite) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--fail-on-404"}};
  const Address address = server.address();
  EXPECT_EQ(follow(address, "/x", "/"), 200);
  EXPECT_EQ(follow(address, "/favicon.ico", "/"), 404);
  EXPECT_EQ(follow(address, "/.well-known/appspecific/com.chrome.devtools.json", "/"), 404);
  EXPECT_EQ(get(address, "/typed").status, 404);
  EXPECT_EQ(get(address, "/elsewhere", "Referer: http://other.example/\r\n").status, 404);
  EXPECT_EQ(stop(server).code, 0);
}

TEST(FailOn404, IsNotAskedForByDefault) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  EXPECT_EQ(follow(server.address(), "/missing", "/"), 404);
  const Ended ended = stop(server);
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.said.find("broken link"), std::string::npos);
}

TEST(FailOn404, IsTheExitCodeOfACommandThatFoundNothingWrong) {
  const TempTree site{{"x", "content"}};
  const Finished finished = run_tinyserve(
      {site.path(), "--port", "0", "--log-format", "none", "--fail-on-404", "--", "sh", "-c",
       R"(curl -s -o /dev/null -e "$TINYSERVE_URL" "${TINYSERVE_URL}missing")"});
  EXPECT_EQ(finished.code, 3) << finished.err;
  EXPECT_NE(finished.err.find("broken link to /missing on http://"), std::string::npos)
      << finished.err;
}

TEST(FailOn404, DoesNotChangeTheCodeOfASecondSignal) {
  const TempTree site{{"big.bin", std::string(64u << 20, 'x')}};
  ServerProcess server{site.path(), {"--fail-on-404"}};
  EXPECT_EQ(follow(server.address(), "/missing", "/"), 404);
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  client.read_head();
  server.signal(SIGINT);
  server.signal(SIGTERM);
  const int code = server.wait();
  EXPECT_TRUE(code == 128 + SIGTERM || code == 128 + SIGINT) << code;
}

}  // namespace
}  // namespace tinyserve::test
