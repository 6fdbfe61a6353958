#include "loop/access_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_tree.h"

namespace tinyserve::loop {
namespace {

using nlohmann::json;
using test::TempTree;

class NoDiagnostics : public log::Diagnostics {
 public:
  void report(log::Severity /*severity*/, std::string_view /*text*/) override {}
};

// A log that is written to a file and read back.
struct Journal {
  TempTree tree;
  NoDiagnostics diagnostics;
  std::unique_ptr<log::Writer> writer = *log::Writer::open(tree.path("log"), diagnostics);
  AccessLog log{writer.get()};

  // All lines so far; nothing can be written afterwards.
  std::vector<json> lines() {
    log.hand_over();
    writer->stop();
    std::istringstream text(tree.read("log"));
    std::vector<json> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(json::parse(line));
    return lines;
  }
};

const RequestOrigin kOrigin{
    *net::Address::parse("::1", 51234), 7, 2, {5'000'000, 784'111'777'123'000}};

// The head that `text` begins with, as far as it goes.
struct ReadHead {
  std::string text;
  http::Limits limits;
  http::RequestParser parser{limits};
  explicit ReadHead(std::string bytes) : text(std::move(bytes)) {
    static_cast<void>(parser.parse(text));
  }
  [[nodiscard]] http::RequestHead head() const { return parser.head(text.data()); }
};

// A request and its answer, one right behind the other.
void log_one(AccessLog& log, const ReadHead& sent, const log::Outcome& outcome,
             const RequestOrigin& origin = kOrigin) {
  log::Buffer drafts;
  const Draft draft = log.begin(drafts, origin, sent.head());
  log.finish(drafts, draft, outcome);
}

log::Outcome ok(std::uint64_t bytes) {
  log::Outcome outcome;
  outcome.status = 200;
  outcome.bytes = bytes;
  outcome.ttfb_us = 41;
  outcome.dur_us = 63;
  return outcome;
}

TEST(AccessLog, WritesOneRecordForARequest) {
  Journal journal;
  const ReadHead sent(
      "GET /a/b.css?v=2 HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/7.88.1\r\n\r\n");
  log_one(journal.log, sent, ok(5120));
  const json expected = json::parse(R"({
      "time": "1994-11-06T08:49:37.123Z", "remote": "::1", "port": 51234, "conn": 7, "req": 2,
      "method": "GET", "path": "/a/b.css", "query": "v=2", "proto": "HTTP/1.1",
      "host": "localhost:8080", "status": 200, "bytes": 5120, "body_in": 0, "ttfb_us": 41,
      "dur_us": 63, "via": "file", "ua": "curl/7.88.1", "referer": null})");
  const auto lines = journal.lines();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0], expected);
}

TEST(AccessLog, TellsAnEmptyQueryFromNone) {
  Journal journal;
  const ReadHead with("GET /a? HTTP/1.0\r\n\r\n");
  const ReadHead without("GET /a HTTP/1.0\r\n\r\n");
  log_one(journal.log, with, ok(0));
  log_one(journal.log, without, ok(0));
  const auto lines = journal.lines();
  EXPECT_EQ(lines.at(0).at("query"), "");
  EXPECT_EQ(lines.at(1).at("query"), nullptr);
  EXPECT_EQ(lines.at(0).at("proto"), "HTTP/1.0");
}

TEST(AccessLog, WritesNullForWhatWasNotRead) {
  Journal journal;
  const ReadHead sent("GET");
  log_one(journal.log, sent, log::Outcome{});
  const auto lines = journal.lines();
  for (const char* key :
       {"method", "path", "query", "proto", "host", "ua", "referer", "status", "ttfb_us"}) {
    EXPECT_EQ(lines.at(0).at(key), nullptr) << key;
  }
}

// What is kept of one peer must not be taken for another's.
TEST(AccessLog, TellsPeersApart) {
  Journal journal;
  const ReadHead sent("GET / HTTP/1.0\r\n\r\n");
  for (const char* text : {"0.0.0.0", "127.0.0.1", "127.0.0.1", "127.0.0.2", "7f00:2::", "::"}) {
    RequestOrigin origin = kOrigin;
    origin.peer = *net::Address::parse(text, 1);
    log_one(journal.log, sent, ok(0), origin);
  }
  std::vector<std::string> remotes;
  for (const json& line : journal.lines()) remotes.push_back(line.at("remote"));
  EXPECT_EQ(remotes, (std::vector<std::string>{"0.0.0.0", "127.0.0.1", "127.0.0.1", "127.0.0.2",
                                               "7f00:2::", "::"}));
}

TEST(AccessLog, OutlivesTheBytesOfTheRequest) {
  Journal journal;
  auto sent = std::make_unique<ReadHead>("GET /kept HTTP/1.1\r\nHost: localhost\r\n\r\n");
  log::Buffer drafts;
  const Draft draft = journal.log.begin(drafts, kOrigin, sent->head());
  sent.reset();
  journal.log.finish(drafts, draft, ok(0));
  EXPECT_EQ(journal.lines().at(0).at("path"), "/kept");
}

TEST(AccessLog, EndsWithTheTotals) {
  Journal journal;
  journal.log.connection_opened();
  const ReadHead sent("GET / HTTP/1.0\r\n\r\n");
  log_one(journal.log, sent, ok(100));
  log_one(journal.log, sent, ok(23));
  journal.log.stopping({0, 784'111'777'000'000});
  EXPECT_EQ(journal.lines().back(), json::parse(R"({"event": "stopping",
      "time": "1994-11-06T08:49:37.000Z", "requests": 2, "bytes": 123, "connections": 1})"));
}

TEST(AccessLog, HandsLinesOverInOrder) {
  Journal journal;
  const std::vector<std::string> urls{"http://localhost:8080/"};
  journal.log.listening({784'111'777'000'000, urls, 8080, "/site", "1.0"});
  const ReadHead sent("GET / HTTP/1.0\r\n\r\n");
  for (int i = 0; i < 1000; ++i) {  // more than is gathered in one turn
    log_one(journal.log, sent, ok(static_cast<std::uint64_t>(i)));
  }
  const auto lines = journal.lines();
  ASSERT_EQ(lines.size(), 1001U);
  EXPECT_EQ(lines[0].at("event"), "listening");
  for (std::size_t i = 1; i < lines.size(); ++i) ASSERT_EQ(lines[i].at("bytes"), i - 1);
}

TEST(AccessLog, LeavesOutThePathsThatAreIgnoredButCountsThem) {
  Journal journal;
  AccessLog log(journal.writer.get(), {.ignored = {"/a/*", "*.map"}});
  for (const char* target : {"/a/x", "/kept?q=.map", "/b.map?v=2"}) {
    const ReadHead sent("GET " + std::string(target) + " HTTP/1.0\r\n\r\n");
    log_one(log, sent, ok(10));
  }
  log.stopping({});
  log.hand_over();
  const auto lines = journal.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("path"), "/kept");
  EXPECT_EQ(lines[1].at("requests"), 3);
  EXPECT_EQ(lines[1].at("bytes"), 30);
}

TEST(AccessLog, HasEventsInJsonOnly) {
  Journal journal;
  AccessLog log(journal.writer.get(), {.format = log::Format::kCommon});
  log.listening({784'111'777'000'000, {}, 8080, "/site", "1.0"});
  log.stopping({});
  log.hand_over();
  EXPECT_TRUE(journal.lines().empty());
}

TEST(AccessLog, SumsUpWhatWasIgnoredAndWhatNobodyReadsToo) {
  AccessLog log(nullptr, {.ignored = {"/b"}, .summary = true});
  EXPECT_TRUE(log.enabled());
  for (const char* target : {"/a?q", "/b"}) {
    const ReadHead sent("GET " + std::string(target) + " HTTP/1.0\r\n\r\n");
    log_one(log, sent, ok(10));
  }
  const log::Summary summary = log.summary();
  EXPECT_EQ(summary.requests, 2u);
  EXPECT_EQ(summary.bytes, 20u);
  EXPECT_EQ(summary.p50_us, 63);
  ASSERT_EQ(summary.slowest.size(), 2u);
  EXPECT_EQ(summary.slowest[0].path, "/a");
  EXPECT_EQ(summary.slowest[1].path, "/b");
}

TEST(AccessLog, TakesOverWhatAnotherHasCounted) {
  Journal journal;
  const ReadHead sent("GET /a HTTP/1.0\r\n\r\n");
  const log::Options options{.summary = true};
  AccessLog first(journal.writer.get(), options);
  AccessLog second(journal.writer.get(), options);
  for (AccessLog* log : {&first, &second}) {
    log->connection_opened();
    log_one(*log, sent, ok(10));
    log->hand_over();
  }
  first.absorb(second);
  first.absorb(second);  // by now there is nothing left in it
  EXPECT_EQ(first.summary().requests, 2u);
  EXPECT_EQ(first.summary().bytes, 20u);
  EXPECT_EQ(first.summary().p50_us, 63);
  EXPECT_EQ(second.summary().requests, 0u);
  EXPECT_TRUE(second.summary().slowest.empty());
  first.stopping({});
  first.hand_over();
  const auto lines = journal.lines();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[2].at("requests"), 2);
  EXPECT_EQ(lines[2].at("connections"), 2);
}

TEST(AccessLog, WithoutASummaryKnowsTheTotalsOnly) {
  Journal journal;
  const ReadHead sent("GET / HTTP/1.0\r\n\r\n");
  log::Buffer drafts;
  const Draft draft = journal.log.begin(drafts, kOrigin, sent.head());
  EXPECT_EQ(draft.visit, nullptr);
  journal.log.finish(drafts, draft, ok(10));
  EXPECT_EQ(journal.log.summary().requests, 1u);
  EXPECT_TRUE(journal.log.summary().slowest.empty());
}

TEST(AccessLog, WithoutAWriterDraftsNothing) {
  AccessLog log(nullptr);
  const ReadHead sent("GET / HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(log.enabled());
  log::Buffer drafts;
  EXPECT_TRUE(log.begin(drafts, kOrigin, sent.head()).record.empty());
  EXPECT_EQ(drafts.view(), "");
  log.finish(drafts, {}, ok(1));
  log.listening({});
  log.stopping({});
  log.hand_over();
}

}  // namespace
}  // namespace tinyserve::loop
