// One line of valid JSON for each request, whatever it was, and a log that never gets in the way.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;
using nlohmann::json;

std::vector<std::string> keys_of(const std::string& line) {
  std::vector<std::string> keys;
  const auto record = nlohmann::ordered_json::parse(line);
  for (const auto& item : record.items()) keys.push_back(item.key());
  return keys;
}

// The record of one request on a connection of its own. A port may have served before: the records
// of earlier requests, all waited for, are passed over.
json record_of(ServerProcess& server, const std::string& request) {
  const std::size_t earlier = server.records().size();
  RawClient client{server.address()};
  const std::uint16_t port = client.local_port();
  client.send(request);
  client.half_close();
  client.read_until_gone();
  return server.wait_for_record([port](const json& record) { return record.at("port") == port; },
                                earlier);
}

TEST(Log, BeginsWithTheListeningEvent) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const std::string line = server.log_lines().at(0);
  EXPECT_EQ(keys_of(line),
            (std::vector<std::string>{"event", "time", "urls", "port", "root", "version"}));
  const json event = json::parse(line);
  EXPECT_EQ(event.at("event"), "listening");
  EXPECT_TRUE(event.at("port").is_number_unsigned());
  EXPECT_EQ(event.at("urls").at(0), "http://localhost:" + std::to_string(server.port()) + "/");
  EXPECT_EQ(event.at("root"), site.path());
  EXPECT_TRUE(std::regex_match(event.at("version").get<std::string>(),
                               std::regex("[0-9]+[.][0-9]+[.][0-9]+")));
}

TEST(Log, EndsWithTheStoppingEventAndItsTotals) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  get(server.address(), "/x");
  get(server.address(), "/x");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  const json event = json::parse(server.log_lines().back());
  EXPECT_EQ(event.at("event"), "stopping");
  EXPECT_EQ(event.at("requests"), 2);
  EXPECT_EQ(event.at("bytes"), 14);
  EXPECT_EQ(event.at("connections"), 2);
}

TEST(Log, HasEveryKeyInItsPlace) {
  const TempTree site{{"a/b.css", "content"}};
  ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(
      "GET /a/b.css?v=2 HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/7.88.1\r\n\r\n");
  client.read_response();
  const json record = server.wait_for_records(1).at(0);
  const std::string line = server.log_lines().at(1);
  EXPECT_EQ(keys_of(line),
            (std::vector<std::string>{"time", "remote", "port", "conn", "req", "method", "path",
                                      "query", "proto", "host", "status", "bytes", "body_in",
                                      "ttfb_us", "dur_us", "via", "ua", "referer"}));
  EXPECT_TRUE(std::regex_match(
      record.at("time").get<std::string>(),
      std::regex("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z")));
  EXPECT_EQ(record.at("remote"), "127.0.0.1");
  EXPECT_EQ(record.at("port"), client.local_port());
  EXPECT_EQ(record.at("conn"), 1);
  EXPECT_EQ(record.at("req"), 1);
  EXPECT_EQ(record.at("method"), "GET");
  EXPECT_EQ(record.at("path"), "/a/b.css");
  EXPECT_EQ(record.at("query"), "v=2");
  EXPECT_EQ(record.at("proto"), "HTTP/1.1");
  EXPECT_EQ(record.at("host"), "localhost:8080");
  EXPECT_EQ(record.at("status"), 200);
  EXPECT_EQ(record.at("bytes"), 7);
  EXPECT_EQ(record.at("body_in"), 0);
  EXPECT_TRUE(record.at("ttfb_us").is_number_integer());
  EXPECT_GE(record.at("dur_us"), record.at("ttfb_us"));
  EXPECT_LT(record.at("dur_us"), 10'000'000);
  EXPECT_EQ(record.at("ua"), "curl/7.88.1");
  EXPECT_TRUE(record.at("referer").is_null());
}

TEST(Log, SaysNullForWhatWasAbsent) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  const json record = record_of(server, "GET /x HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(record.at("query").is_null());
  EXPECT_TRUE(record.at("host").is_null());
  EXPECT_TRUE(record.at("ua").is_null());
  EXPECT_TRUE(record.at("referer").is_null());
  EXPECT_EQ(record.at("proto"), "HTTP/1.0");
}

TEST(Log, KeepsThePathAsItWasSent) {
  const TempTree site{{"x y", "content"}};
  ServerProcess server{site.path()};
  const json record = record_of(server, get_request("/x%20y?", "Referer: http://localhost/a\r\n"));
  EXPECT_EQ(record.at("path"), "/x%20y");
  EXPECT_EQ(record.at("query"), "");
  EXPECT_EQ(record.at("referer"), "http://localhost/a");
}

TEST(Log, CountsConnectionsAndRequests) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  for (int connection = 1; connection <= 3; ++connection) {
    RawClient client{server.address()};
    client.send(get_request("/x") + get_request("/x"));
    client.read_response();
    client.read_response();
  }
  const std::vector<json> records = server.wait_for_records(6);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(records[i].at("conn"), i / 2 + 1);
    EXPECT_EQ(records[i].at("req"), i % 2 + 1);
  }
}

TEST(Log, TellsTheBytesAndTheWayOfEveryAnswer) {
  const TempTree site{
      {"x", "content"}, {"dir/y", "y"}, {"with/index.html", "index"}, {".hidden", "h"}};
  site.symlink("/etc/passwd", "out");
  ServerProcess server{site.path()};
  const auto expect = [&](const std::string& request, int status, const std::string& via) {
    const json record = record_of(server, request);
    EXPECT_EQ(record.at("status"), status) << request;
    EXPECT_EQ(record.at("via"), via) << request;
    return record;
  };
  EXPECT_EQ(expect(get_request("/x"), 200, "file").at("bytes"), 7);
  EXPECT_EQ(expect("HEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n", 200, "file").at("bytes"), 0);
  EXPECT_EQ(expect(get_request("/with/"), 200, "index").at("bytes"), 5);
  EXPECT_GT(expect(get_request("/dir/"), 200, "listing").at("bytes"), 0);
  expect(get_request("/dir"), 301, "redirect");
  EXPECT_GT(expect(get_request("/missing"), 404, "error-page").at("bytes"), 0);
  EXPECT_EQ(expect(get_request("/api/"), 200, "api").at("bytes"), 5);
  expect(get_request("/.hidden"), 404, "hidden");
  expect(get_request("/out"), 404, "outside-root");
  expect("GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, "bad-host");
  const json echo = expect(
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 200, "api");
  EXPECT_EQ(echo.at("bytes"), 3);
  EXPECT_EQ(echo.at("body_in"), 3);
}

TEST(Log, GivesTheReasonOfARefusal) {
  const TempTree site;
  ServerProcess server{site.path()};
  const json record = record_of(server, "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n");
  EXPECT_EQ(record.at("status"), 400);
  EXPECT_EQ(record.at("via"), "refused");
  EXPECT_FALSE(record.at("why").get<std::string>().empty());
  EXPECT_EQ(record_of(server, "\x01\x02\x03\r\n\r\n").at("via"), "refused");
}

TEST(Log, TellsOfATimeout) {
  const TempTree site;
  ServerProcess server{site.path(), {"--header-timeout", "1"}};
  RawClient client{server.address()};
  client.send("GET / HTTP/1.1\r\n");
  client.read_until_gone();
  const json record = server.wait_for_records(1).at(0);
  EXPECT_EQ(record.at("via"), "timeout");
  EXPECT_EQ(record.at("status"), 408);
}

TEST(Log, TellsOfAConnectionTooMany) {
  const TempTree site;
  ServerProcess server{site.path(), {"--max-connections", "1"}};
  RawClient busy{server.address()};
  busy.send("GET / HT");
  RawClient client{server.address()};
  client.send(get_request("/"));
  EXPECT_EQ(client.read_response().status, 503);
  const json record = server.wait_for_record([](const json& r) { return r.at("status") == 503; });
  EXPECT_EQ(record.at("via"), "limit");
}

TEST(Log, TellsHowFarAClientThatGaveUpGot) {
  const TempTree site{{"big.bin", std::string(64u << 20, 'x')}};
  ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  client.read_head();
  client.read_bytes(100'000);
  client.reset();
  const json record = server.wait_for_records(1).at(0);
  EXPECT_EQ(record.at("via"), "client-abort");
  EXPECT_EQ(record.at("status"), 200);
  EXPECT_GE(record.at("bytes"), 100'000);
  EXPECT_LT(record.at("bytes"), 64u << 20);
}

TEST(Log, SaysNothingOfAConnectionThatSaidNothing) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  { const RawClient silent{server.address()}; }
  get(server.address(), "/x");
  server.wait_for_record([](const json& record) { return record.at("path") == "/x"; });
  EXPECT_EQ(server.records().size(), 1u);
}

TEST(Log, StaysJsonForEveryByteInThePath) {
  const TempTree site;
  ServerProcess server{site.path()};
  for (int byte = 0; byte < 256; ++byte) {
    record_of(server, "GET /a" + std::string(1, static_cast<char>(byte)) +
                          "b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  }
  for (const std::string& line : server.log_lines()) {
    EXPECT_TRUE(json::accept(line)) << ::testing::PrintToString(line);
  }
  EXPECT_GE(server.records().size(), 256u);
}

TEST(Log, StaysJsonForEveryByteInAUserAgent) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  for (int byte = 0; byte < 256; ++byte) {
    const std::string agent = "a" + std::string(1, static_cast<char>(byte)) + "b";
    const json record = record_of(server,
                                  "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                                  "User-Agent: " +
                                      agent + "\r\n\r\n");
    if (byte >= 0x80) {
      EXPECT_EQ(record.at("ua"),
                "a\xef\xbf\xbd"
                "b");
    } else if (byte >= 0x20 && byte < 0x7F) {
      EXPECT_EQ(record.at("ua"), agent);
    }
  }
  for (const std::string& line : server.log_lines()) {
    EXPECT_TRUE(json::accept(line)) << ::testing::PrintToString(line);
  }
}

TEST(Log, CutsWhatIsTooLong) {
  const TempTree site;
  ServerProcess server{site.path()};
  const json record = record_of(server, get_request("/" + std::string(5000, 'a')));
  const std::string path = record.at("path");
  EXPECT_TRUE(path.ends_with("\xe2\x80\xa6"));
  EXPECT_LE(path.size(), 2048u + 3u);
  EXPECT_GE(path.size(), 2000u);
}

TEST(Log, NeverHoldsCredentials) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path()};
  record_of(server, get_request("/x",
                                "Authorization: Basic marker\r\nCookie: id=marker\r\n"
                                "Proxy-Authorization: marker\r\n"));
  for (const std::string& line : server.log_lines()) {
    EXPECT_EQ(line.find("marker"), std::string::npos) << line;
  }
}

TEST(Log, CanBeNone) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--log-format", "none"}};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_TRUE(server.log_lines().empty());
}

TEST(Log, GoesToAFileThatIsAppendedToAndReopened) {
  const TempTree site{{"x", "content"}};
  const TempTree logs{{"access.log", "an old line\n"}};
  ServerProcess server{site.path(), {"--log-file", logs.path("access.log")}};
  const auto wait_for = [&](const std::string& name, const std::string& part) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (logs.read(name).find(part) == std::string::npos) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << name << ": " << logs.read(name);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  get(server.address(), "/first");
  wait_for("access.log", "/first");
  EXPECT_TRUE(logs.read("access.log").starts_with("an old line\n{\"event\":\"listening\""));
  logs.rename("access.log", "access.log.1");
  server.signal(SIGHUP);
  // The new file comes with the next line at the latest.
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  get(server.address(), "/second");
  wait_for("access.log", "/second");
  EXPECT_EQ(logs.read("access.log.1").find("/second"), std::string::npos);
  EXPECT_TRUE(server.log_lines().empty());
}

TEST(Log, LeavesHangUpItsMeaningWithoutAFile) {
  const TempTree site;
  ServerProcess server{site.path()};
  server.signal(SIGHUP);
  EXPECT_EQ(server.wait(), 128 + SIGHUP);
}

TEST(Log, WhoseReaderIsGoneStopsNobody) {
  const TempTree site{{"x", "content"}};
  const ServerProcess::Options options{.output = Program::Output::kReaderGone};
  const ServerProcess server{site.path(), options};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(get(server.address(), "/x").body, "content");
}

TEST(Log, WithoutAStandardOutputStopsNobody) {
  const TempTree site{{"x", "content"}};
  const ServerProcess::Options options{.output = Program::Output::kClosed};
  const ServerProcess server{site.path(), options};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(get(server.address(), "/x").body, "content");
}

// The size that files of the server may have: more is refused as on a full disk.
void limit_file_size(const ServerProcess& server, rlim_t bytes) {
  rlimit limit{};
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  ASSERT_EQ(::prlimit(server.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(LogOnAFullDisk, StopsNobodyAndCountsWhatIsLost) {
  const TempTree site{{"x", "content"}};
  const TempTree logs;
  ServerProcess server{site.path(), {"--log-file", logs.path("access.log")}};
  limit_file_size(server, 100'003);
  const std::string agent = "User-Agent: " + std::string(1900, 'u') + "\r\n";
  RawClient client{server.address()};
  std::uint64_t asked = 0;
  const auto ask_once = [&] {
    client.send(get_request("/x", agent));
    ASSERT_EQ(client.read_response().body, "content");
    ++asked;
  };
  for (int i = 0; i < 1000; ++i) ask_once();
  server.wait_until_said("cannot write the log");
  limit_file_size(server, RLIM_INFINITY);
  server.wait_until_said("the log is written again");
  ask_once();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_EQ(occurrences(server.err(), "cannot write the log"), 1u);

  std::uint64_t told = 0;
  std::istringstream log(logs.read("access.log"));
  for (std::string line; std::getline(log, line);) {
    const json record = json::parse(line);  // whole, although one was cut at the limit
    if (!record.contains("event")) ++told;
    if (record.value("event", "") == "dropped") told += record.at("count").get<std::uint64_t>();
  }
  EXPECT_EQ(told, asked);
}

TEST(LogOnAFullDisk, IsNotTheEndOfAServer) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--log-file", "/dev/full"}};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(get(server.address(), "/x").body, "content");
  server.wait_until_said("cannot write the log, trying again: No space left on device");
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_EQ(occurrences(server.err(), "cannot write the log"), 1u);
}

TEST(Log, WhoseReaderHasStoppedStopsNobodyAndCountsWhatIsLost) {
  const TempTree site{{"x", "content"}};
  const ServerProcess::Options options{.output = Program::Output::kUnread};
  ServerProcess server{site.path(), options};
  const std::string agent = "User-Agent: " + std::string(1900, 'u') + "\r\n";
  RawClient client{server.address()};
  for (int i = 0; i < 3000; ++i) {
    client.send(get_request("/x", agent));
    ASSERT_EQ(client.read_response().body, "content");
  }
  server.resume_reading();
  const auto dropped = [&] {
    for (const json& event : server.events()) {
      if (event.at("event") == "dropped") return event.at("count").get<int>();
    }
    return 0;
  };
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (dropped() == 0 && std::chrono::steady_clock::now() < deadline) {
    client.send(get_request("/x"));
    client.read_response();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_GT(dropped(), 1000);
}

}  // namespace
}  // namespace tinyserve::test
