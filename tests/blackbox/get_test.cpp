// A GET of a file is answered with exactly the file as it is now, and a HEAD with the same fields.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <ctime>
#include <regex>
#include <string>
#include <thread>
#include <utility>

#include "support/raw_client.h"
#include "support/samples.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

const std::regex kImfFixdate(
    "(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{2} "
    "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT");

std::time_t parse_date(const std::string& text) {
  std::tm parts{};
  EXPECT_NE(::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts), nullptr) << text;
  return ::timegm(&parts);
}

TEST(Get, AnswersWithTheFileAndItsFields) {
  const TempTree site{{"a/page.html", "<p>hello</p>\n"}};
  const ServerProcess server{site.path()};
  const Response answer = get(server.address(), "/a/page.html");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.reason, "OK");
  EXPECT_EQ(answer.body, "<p>hello</p>\n");
  EXPECT_EQ(answer.field("Content-Length"), "13");
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.field("Cache-Control"), "no-cache");
  EXPECT_TRUE(std::regex_match(answer.field("ETag"), std::regex("\"[!#-~]+\"")))
      << answer.field("ETag");
  EXPECT_TRUE(std::regex_match(answer.field("Last-Modified"), kImfFixdate));
  EXPECT_FALSE(answer.has("Transfer-Encoding"));
  EXPECT_FALSE(answer.has("Connection"));
  EXPECT_FALSE(answer.has("Access-Control-Allow-Origin"));
}

TEST(Get, NamesTheServerWithoutItsVersion) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/x").field("Server"), "tinyserve");
}

TEST(Get, DatesTheAnswerToTheSecondOnAnOldConnectionToo) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (int i = 0; i < 2; ++i) {
    const std::time_t before = std::time(nullptr);
    client.send(get_request("/x"));
    const std::string date = client.read_response().field("Date");
    EXPECT_TRUE(std::regex_match(date, kImfFixdate)) << date;
    EXPECT_GE(parse_date(date), before);
    EXPECT_LE(parse_date(date), std::time(nullptr));
    std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  }
}

TEST(Get, SaysWhenTheFileWasModified) {
  const TempTree site{{"old.txt", "x"}};
  const timespec times[2] = {{784111777, 0}, {784111777, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, site.path("old.txt").c_str(), times, 0), 0);
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/old.txt").field("Last-Modified"),
            "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Get, SaysNothingOfATimeThatIsNone) {
  const TempTree site{{"nix.txt", "x"}, {"past.txt", "x"}, {"far.txt", "x"}};
  for (const auto& [name, seconds] :
       {std::pair{"nix.txt", 1L}, std::pair{"past.txt", -5'000'000L}}) {
    const timespec times[2] = {{seconds, 0}, {seconds, 0}};
    ASSERT_EQ(::utimensat(AT_FDCWD, site.path(name).c_str(), times, 0), 0);
  }
  const timespec times[2] = {{400'000'000'000L, 0}, {400'000'000'000L, 0}};
  ::utimensat(AT_FDCWD, site.path("far.txt").c_str(), times, 0);
  const ServerProcess server{site.path()};
  EXPECT_FALSE(get(server.address(), "/nix.txt").has("Last-Modified"));
  EXPECT_EQ(get(server.address(), "/past.txt").status, 200);
  EXPECT_FALSE(get(server.address(), "/past.txt").has("Last-Modified"));
  EXPECT_EQ(get(server.address(), "/far.txt").status, 200);
}

TEST(Get, NeverClaimsAModificationInTheFuture) {
  const TempTree site{{"x.txt", "x"}};
  const timespec times[2] = {{std::time(nullptr) + 86400, 0}, {std::time(nullptr) + 86400, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, site.path("x.txt").c_str(), times, 0), 0);
  const ServerProcess server{site.path()};
  const Response answer = get(server.address(), "/x.txt");
  if (answer.has("Last-Modified")) {
    EXPECT_LE(parse_date(answer.field("Last-Modified")), parse_date(answer.field("Date")));
  }
}

TEST(Get, TellsTheTypesOfAModernSite) {
  const std::pair<const char*, const char*> types[] = {
      {"a.html", "text/html; charset=utf-8"},
      {"a.htm", "text/html; charset=utf-8"},
      {"a.css", "text/css; charset=utf-8"},
      {"a.js", "text/javascript; charset=utf-8"},
      {"a.mjs", "text/javascript; charset=utf-8"},
      {"a.cjs", "text/javascript; charset=utf-8"},
      {"a.txt", "text/plain; charset=utf-8"},
      {"a.png", "image/png"},
      {"a.jpg", "image/jpeg"},
      {"a.jpeg", "image/jpeg"},
      {"a.gif", "image/gif"},
      {"a.webp", "image/webp"},
      {"a.avif", "image/avif"},
      {"a.woff2", "font/woff2"},
      {"a.wasm", "application/wasm"},
      {"a.pdf", "application/pdf"},
      {"a.mp4", "video/mp4"},
      {"a.webm", "video/webm"},
      {"A.PNG", "image/png"},
      {"a.tar.png", "image/png"},
      {"a.nobodyknows", "application/octet-stream"},
      {"png", "application/octet-stream"},
      {"a.", "application/octet-stream"},
  };
  const TempTree site;
  for (const auto& [name, type] : types) site.write(name, "x");
  const ServerProcess server{site.path()};
  for (const auto& [name, type] : types) {
    EXPECT_EQ(get(server.address(), "/" + std::string(name)).field("Content-Type"), type) << name;
  }
}

TEST(Get, SaysTheRegisteredTypeOfWhatIsTextInside) {
  const TempTree site{{"a.json", "{}"},        {"a.svg", "<svg/>"}, {"a.xml", "<a/>"},
                      {"a.webmanifest", "{}"}, {"a.map", "{}"},     {"a.ico", "x"}};
  const ServerProcess server{site.path()};
  // Whether these carry a charset is a matter of taste; what they are is not.
  for (const auto& [name, type] :
       {std::pair{"/a.json", "application/json"}, std::pair{"/a.map", "application/json"},
        std::pair{"/a.svg", "image/svg+xml"},
        std::pair{"/a.webmanifest", "application/manifest+json"}}) {
    const std::string value = get(server.address(), name).field("Content-Type");
    EXPECT_TRUE(value == type || value == std::string(type) + "; charset=utf-8") << value;
  }
  EXPECT_TRUE(std::regex_match(get(server.address(), "/a.xml").field("Content-Type"),
                               std::regex("(text|application)/xml(; charset=utf-8)?")));
  EXPECT_TRUE(std::regex_match(get(server.address(), "/a.ico").field("Content-Type"),
                               std::regex("image/(vnd.microsoft.icon|x-icon)")));
}

TEST(Get, AnswersAHeadWithTheFieldsOfTheGetAndNoByteMore) {
  const TempTree site{{"page.html", "<p>hello</p>"}, {"dir/index.html", "i"}, {"bare/x", "x"}};
  const ServerProcess server{site.path()};
  for (const char* target :
       {"/page.html", "/dir/", "/dir", "/bare/", "/missing", "/api/", "/api"}) {
    Response by_get = get(server.address(), target);
    const std::string head = "HEAD " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    RawClient client{server.address()};
    client.send(head);
    Response by_head = client.read_head();
    EXPECT_EQ(by_head.status, by_get.status) << target;
    ASSERT_EQ(by_head.fields.size(), by_get.fields.size()) << target;
    for (std::size_t i = 0; i < by_get.fields.size(); ++i) {
      EXPECT_EQ(by_head.fields[i].first, by_get.fields[i].first) << target;
      // A young file's tag is never the same twice, and the clock goes on.
      if (by_get.fields[i].first == "Date" || by_get.fields[i].first == "ETag") continue;
      EXPECT_EQ(by_head.fields[i].second, by_get.fields[i].second) << target;
    }
    client.send(get_request("/page.html"));
    EXPECT_EQ(client.read_response().body, "<p>hello</p>") << "behind a HEAD of " << target;
  }
}

TEST(Get, KeepsTheTagOfAFileThatStaysAndChangesItWithTheFile) {
  const TempTree site{{"a.txt", "one"}, {"b.txt", "one"}};
  const ServerProcess server{site.path()};
  std::this_thread::sleep_for(std::chrono::milliseconds(2300));
  const std::string tag = get(server.address(), "/a.txt").field("ETag");
  EXPECT_EQ(get(server.address(), "/a.txt").field("ETag"), tag);
  EXPECT_NE(get(server.address(), "/b.txt").field("ETag"), tag);
  EXPECT_EQ(ask(server.address(), "GET /a.txt HTTP/1.0\r\n\r\n").field("ETag"), tag);
  site.write("a.txt", "two");
  EXPECT_NE(get(server.address(), "/a.txt").field("ETag"), tag);
}

TEST(Get, NeverSendsWhatAFileHeldBefore) {
  const TempTree site{{"x.txt", "start"}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (int i = 0; i < 200; ++i) {
    const std::string content = "content " + std::to_string(1000 + i);
    i % 2 == 0 ? site.write("x.txt", content) : site.replace("x.txt", content);
    client.send(get_request("/x.txt"));
    EXPECT_EQ(client.read_response().body, content);
  }
  site.remove("x.txt");
  client.send(get_request("/x.txt"));
  EXPECT_EQ(client.read_response().status, 404);
}

TEST(Get, AnswersAnEmptyFileWithNothing) {
  const TempTree site{{"empty.txt", ""}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(get_request("/empty.txt") + get_request("/empty.txt"));
  for (int i = 0; i < 2; ++i) {
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("Content-Length"), "0");
    EXPECT_EQ(answer.body, "");
  }
}

TEST(Get, ServesTheIndexOfADirectory) {
  const TempTree site{{"index.html", "top"}, {"sub/index.html", "below"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/").body, "top");
  EXPECT_EQ(get(server.address(), "/sub/").body, "below");
  EXPECT_EQ(get(server.address(), "/sub/").field("Content-Type"), "text/html; charset=utf-8");
}

TEST(Get, TakesTheIndexThatWasNamed) {
  const TempTree site{{"index.html", "usual"}, {"start.htm", "named"}};
  const ServerProcess server{site.path(), {"--index", "start.htm"}};
  EXPECT_EQ(get(server.address(), "/").body, "named");
}

TEST(Get, SendsFilesOfEverySizeByteForByte) {
  // Around the sizes where a cached block, one write and sendfile take turns.
  const TempTree site;
  const std::size_t sizes[] = {1, 4095, 16384, 65535, 65536, 65537, 262144, 1048577, 20u << 20};
  for (const std::size_t size : sizes) site.write(std::to_string(size), noise_of(size));
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (const std::size_t size : sizes) {
    client.send(get_request("/" + std::to_string(size)));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(size));
    EXPECT_TRUE(answer.body == noise_of(size)) << "other bytes in the file of " << size;
  }
}

TEST(Get, SendsALargeFileToASlowReader) {
  const TempTree site;
  site.write("big.bin", noise_of(4u << 20));
  const ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(client.read_response().body == noise_of(4u << 20));
}

TEST(Get, AnswersSmallRequestsWhileLargeOnesRun) {
  const TempTree site{{"small.txt", "small"}};
  site.write("big.bin", noise_of(32u << 20));
  const ServerProcess server{site.path()};
  RawClient slow{server.address(), RawClient::Options{.receive_buffer = 4096}};
  slow.send(get_request("/big.bin"));
  RawClient stalled{server.address(), RawClient::Options{.receive_buffer = 4096}};
  stalled.send(get_request("/big.bin"));
  slow.read_head();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(get(server.address(), "/small.txt").body, "small");
}

TEST(Get, HangsUpRatherThanLieAboutAFileThatShrank) {
  const TempTree site;
  site.write("big.bin", noise_of(32u << 20));
  const ServerProcess server{site.path()};
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request("/big.bin"));
  const Response head = client.read_head();
  EXPECT_EQ(head.field("Content-Length"), std::to_string(32u << 20));
  site.write("big.bin", "short");
  const std::string rest = client.read_until_gone();
  EXPECT_LT(rest.size(), 32u << 20);
  EXPECT_TRUE(noise_of(32u << 20).starts_with(rest)) << "bytes that the file never had";
}

TEST(Get, AnswersAHalfClosedClientInFull) {
  const TempTree site;
  site.write("big.bin", noise_of(8u << 20));
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  client.send(get_request("/big.bin") + get_request("/big.bin"));
  client.half_close();
  EXPECT_TRUE(client.read_response().body == noise_of(8u << 20));
  EXPECT_TRUE(client.read_response().body == noise_of(8u << 20));
  EXPECT_TRUE(client.is_closed_by_server());
}

}  // namespace
}  // namespace tinyserve::test
