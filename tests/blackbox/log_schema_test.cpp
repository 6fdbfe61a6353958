// What stands in the log is what its schema describes, in every kind of line.
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/hostile_clients.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using nlohmann::json;

// The log so far, once `server` has stopped.
std::string log_of(ServerProcess& server) {
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  std::string log;
  for (const std::string& line : server.log_lines()) log += line + '\n';
  return log;
}

std::string log_of_all_sorts() {
  const TempTree site{{"x", "content"}, {"dir/y", "y"}, {"with/index.html", "i"}, {".hidden", "h"}};
  site.symlink("/etc/passwd", "out");
  ServerProcess server{site.path(), {"--header-timeout", "1", "--writable"}};
  const Address address = server.address();
  for (const char* target :
       {"/x", "/with/", "/dir/", "/dir", "/missing", "/api/", "/.hidden", "/out"}) {
    get(address, target);
  }
  get(address, "/x", "Range: bytes=0-1\r\n");
  get(address, "/x", "If-None-Match: *\r\n");
  ask(address, "GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  get(address, "/x", "Sec-Fetch-Site: cross-site\r\n");
  ask(address, "DELETE /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  RawClient{address}.send("GET /half");
  RawClient slow{address};
  slow.send("GET /slow HT");
  slow.read_until_gone();
  be_hostile(address);
  return log_of(server);
}

std::string log_of_an_app() {
  const TempTree site{{"index.html", "app"}};
  ServerProcess server{site.path(), {"--spa", "--cors"}};
  get(server.address(), "/route", "Accept: text/html\r\n");
  ask(server.address(),
      "OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://other.example\r\n"
      "Access-Control-Request-Method: GET\r\nConnection: close\r\n\r\n");
  return log_of(server);
}

std::string log_of_a_crowd() {
  const TempTree site;
  ServerProcess server{site.path(), {"--max-connections", "1"}};
  RawClient busy{server.address()};
  busy.send("GET / HT");
  RawClient client{server.address()};
  client.send(get_request("/"));
  EXPECT_EQ(client.read_response().status, 503);
  return log_of(server);
}

// A file that grows shorter while it is sent.
std::string log_of_a_failure() {
  const TempTree site{{"big.bin", std::string(64u << 20, 'x')}};
  ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  client.read_head();
  std::filesystem::resize_file(site.path("big.bin"), 1000);
  client.read_until_gone();
  return log_of(server);
}

std::string log_of_a_slow_reader() {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {.output = Program::Output::kUnread}};
  const std::string agent = "User-Agent: " + std::string(1900, 'u') + "\r\n";
  RawClient client{server.address()};
  for (int i = 0; i < 1000; ++i) {
    client.send(get_request("/x", agent));
    client.read_response();
  }
  server.resume_reading();
  const auto has_dropped = [&] {
    for (const json& event : server.events()) {
      if (event.at("event") == "dropped") return true;
    }
    return false;
  };
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!has_dropped() && std::chrono::steady_clock::now() < deadline) {
    client.send(get_request("/x"));
    client.read_response();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return log_of(server);
}

TEST(LogSchema, DescribesEveryKindOfLine) {
  const TempTree logs;
  logs.write("all.log", log_of_all_sorts() + log_of_an_app() + log_of_a_crowd() +
                            log_of_a_failure() + log_of_a_slow_reader());
  Program validator(
      {.command = {TINYSERVE_SOURCE_DIR "/tests/schema/validate",
                   TINYSERVE_SOURCE_DIR "/share/log.schema.json", logs.path("all.log")},
       .environment = {}});
  ASSERT_EQ(validator.wait(), 0) << validator.err();
  std::istringstream words(validator.out());
  std::set<std::string> kinds;
  for (std::string word; words >> word;) kinds.insert(word);
  const std::set<std::string> all{
      "listening",    "stopping", "dropped",  "file",         "index",         "listing",
      "not-modified", "range",    "redirect", "spa",          "error-page",    "preflight",
      "api",          "write",    "refused",  "outside-root", "hidden",        "bad-host",
      "cross-site",   "limit",    "timeout",  "client-abort", "internal-error"};
  EXPECT_EQ(kinds, all);
}

}  // namespace
}  // namespace tinyserve::test
