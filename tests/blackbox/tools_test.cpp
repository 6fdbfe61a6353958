// The tools that people point at a server find nothing wrong with it.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/samples.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

bool is_installed(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null 2>&1").c_str()) == 0;
}

struct Result {
  int code;
  std::string out;
};

Result run(const std::vector<std::string>& command, const std::string& directory = "") {
  Program program({.command = command, .environment = {}, .directory = directory});
  const int code = program.wait(std::chrono::minutes(2));
  program.wait_until([] { return false; });  // until both streams have ended
  return {code, program.out() + program.err()};
}

// A server without a log: tens of thousands of requests are not to be read back.
struct QuietServer {
  explicit QuietServer(const TempTree& site) : server(site.path(), {"--log-format", "none"}) {}
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server.port()) + path;
  }
  ServerProcess server;
};

void expect_ab_content(const std::vector<std::string>& arguments, const QuietServer& server,
                       const std::string& count) {
  std::vector<std::string> command{"ab", "-q", "-n", count, "-c", "100"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(server.url("/x.txt"));
  const Result result = run(command);
  EXPECT_EQ(result.code, 0) << result.out;
  const auto says = [&](const std::string& line) {
    return std::regex_search(result.out, std::regex(line));
  };
  EXPECT_TRUE(says("Complete requests: +" + count + "\n")) << result.out;
  EXPECT_TRUE(says("Failed requests: +0\n")) << result.out;
  EXPECT_FALSE(says("Non-2xx")) << result.out;
  EXPECT_FALSE(says("Write errors: +[1-9]")) << result.out;
}

TEST(Tools, AbFindsNoFaultWithKeepAlive) {  // HTTP/1.0 with Connection: keep-alive
  if (!is_installed("ab")) GTEST_SKIP() << "ab is not installed (package apache2-utils)";
  const TempTree site{{"x.txt", "content"}};
  const QuietServer server(site);
  expect_ab_content({"-k"}, server, "20000");
}

TEST(Tools, AbFindsNoFaultWithAConnectionForEachRequest) {
  if (!is_installed("ab")) GTEST_SKIP() << "ab is not installed (package apache2-utils)";
  const TempTree site{{"x.txt", "content"}};
  const QuietServer server(site);
  expect_ab_content({}, server, "5000");
}

TEST(Tools, CurlResumesADownload) {
  if (!is_installed("curl")) GTEST_SKIP() << "curl is not installed";
  const std::string content = noise_of(3'000'000);
  const TempTree site{{"big.bin", content}};
  const TempTree got{{"big.bin", content.substr(0, 1'234'567)}, {"none.bin", ""}};
  const QuietServer server(site);
  for (const char* name : {"big.bin", "none.bin"}) {
    const Result result =
        run({"curl", "-sS", "--fail", "-C", "-", "-o", got.path(name), server.url("/big.bin")});
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_TRUE(got.read(name) == content) << name;
  }
}

TEST(Tools, WgetResumesADownload) {
  if (!is_installed("wget")) GTEST_SKIP() << "wget is not installed";
  const std::string content = noise_of(3'000'000);
  const TempTree site{{"big.bin", content}};
  const TempTree got{{"big.bin", content.substr(0, 1'234'567)}};
  const QuietServer server(site);
  // The second time there is nothing left to fetch.
  for (int i = 0; i < 2; ++i) {
    const Result result =
        run({"wget", "-q", "--no-proxy", "-c", server.url("/big.bin")}, got.path());
    EXPECT_EQ(result.code, 0) << result.out;
    EXPECT_TRUE(got.read("big.bin") == content);
  }
}

TEST(Tools, CurlAsksBeforeItSendsMuch) {  // Expect: 100-continue
  if (!is_installed("curl")) GTEST_SKIP() << "curl is not installed";
  const std::string content = noise_of(2'000'000);
  const TempTree files{{"site/x.txt", "content"}, {"upload.bin", content}};
  const ServerProcess server{files.path("site"), {"--max-body", "3M"}};
  const std::string base = "http://127.0.0.1:" + std::to_string(server.port());
  const auto post = [&](const std::vector<std::string>& more, const std::string& path) {
    std::vector<std::string> command{"curl",
                                     "-sS",
                                     "-o",
                                     files.path("out"),
                                     "-w",
                                     "%{http_code}",
                                     "-H",
                                     "Expect: 100-continue",
                                     "--data-binary",
                                     "@" + files.path("upload.bin")};
    command.insert(command.end(), more.begin(), more.end());
    command.push_back(base + path);
    return run(command).out;
  };
  EXPECT_EQ(post({}, "/api/echo"), "200");
  EXPECT_TRUE(files.read("out") == content);
  EXPECT_EQ(post({"-H", "Transfer-Encoding: chunked"}, "/api/echo"), "200");
  EXPECT_TRUE(files.read("out") == content);
  EXPECT_EQ(post({}, "/x.txt"), "405");
}

TEST(Tools, CurlUnpacksWhatWasCompressedBeforehand) {  // §13
  if (!is_installed("curl") || !is_installed("gzip")) GTEST_SKIP() << "no curl or no gzip";
  const std::string content(100'000, 'a');
  const TempTree site{{"app.js", content}};
  ASSERT_EQ(run({"gzip", "-k", site.path("app.js")}).code, 0);
  const QuietServer server(site);
  const TempTree got{{"out", ""}};
  const Result result = run({"curl", "-sS", "--fail", "--compressed", "-o", got.path("out"), "-w",
                             "%{size_download}", server.url("/app.js")});
  EXPECT_EQ(result.code, 0) << result.out;
  EXPECT_LT(std::stoi(result.out), 1000);
  EXPECT_TRUE(got.read("out") == content);
}

TEST(Tools, AThousandMixedRequestsOfOnePipelineComeBackInOrder) {  // issue: done when, 3
  const TempTree site;
  for (int i = 0; i < 10; ++i)
    site.write(std::to_string(i), noise_of(static_cast<std::size_t>(i) * 9000));
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  std::string pipeline;
  const auto add = [&](const std::string& line, const std::string& rest) {
    pipeline += line + " HTTP/1.1\r\nHost: localhost\r\n" + rest;
  };
  for (int i = 0; i < 1000; ++i) {
    const std::string file = "/" + std::to_string(i % 10);
    switch (i % 8) {
      case 0:
      case 1:
        add("GET " + file, "\r\n");
        break;
      case 2:
        add("HEAD " + file, "\r\n");
        break;
      case 3:
        add("POST /api/echo", "Content-Length: 4\r\n\r\n" + std::to_string(1000 + i));
        break;
      case 4:
        add("POST /api/echo",
            "Transfer-Encoding: chunked\r\n\r\n4\r\n" + std::to_string(1000 + i) + "\r\n0\r\n\r\n");
        break;
      case 5:
        add("GET /missing", "\r\n");
        break;
      case 6:
        add("DELETE " + file, "Content-Length: 3\r\n\r\nabc");
        break;
      default:
        add("FOO " + file, "\r\n");
        break;
    }
  }
  client.send(pipeline);
  for (int i = 0; i < 1000; ++i) {
    const std::string content = noise_of(static_cast<std::size_t>(i % 10) * 9000);
    const Response answer = i % 8 == 2 ? client.read_head() : client.read_response();
    switch (i % 8) {
      case 0:
      case 1:
        ASSERT_TRUE(answer.body == content) << i;
        break;
      case 2:
        ASSERT_EQ(answer.field("Content-Length"), std::to_string(content.size())) << i;
        break;
      case 3:
      case 4:
        ASSERT_EQ(answer.body, std::to_string(1000 + i)) << i;
        break;
      case 5:
        ASSERT_EQ(answer.status, 404) << i;
        break;
      case 6:
        ASSERT_EQ(answer.status, 405) << i;
        break;
      default:
        ASSERT_EQ(answer.status, 501) << i;
        break;
    }
  }
  EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(50)));
}

}  // namespace
}  // namespace tinyserve::test
