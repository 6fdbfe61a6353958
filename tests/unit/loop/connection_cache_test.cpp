// A Connection whose answers are there already, driven by hand over a socketpair.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "loop/connection.h"
#include "support/connection_bench.h"
#include "support/response.h"

namespace tinyserve::loop {
namespace {

using http::State;
using test::Bench;
using test::BenchServer;
using test::large;

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";  // as the bench has it
constexpr std::string_view kLater = "Sun, 06 Nov 1994 08:49:38 GMT";

std::string request(std::string_view line, std::string_view fields = "") {
  return std::string(line) + "\r\nHost: localhost\r\n" + std::string(fields) + "\r\n";
}
std::string get(std::string_view path, std::string_view fields = "") {
  return request("GET " + std::string(path) + " HTTP/1.1", fields);
}

// A client of a server that has the answers for its files; all of them are settled.
struct WarmBench : Bench {
  explicit WarmBench(const Config& config = {}) : Bench(config) {
    at(3000);
    for (const char* const path : {"/index.html", "/block.bin", "/large.bin"}) {
      EXPECT_EQ(test::parse_responses(converse(get(path))).at(0).status, 200) << path;
    }
  }
  // Records without those of the warming up.
  std::vector<nlohmann::json> records() {
    auto all = Bench::records();
    return {all.begin() + 3, all.end()};
  }
};

std::vector<std::string> vias(const std::vector<nlohmann::json>& records) {
  std::vector<std::string> vias;
  for (const auto& record : records) vias.push_back(record.at("via"));
  return vias;
}
using Vias = std::vector<std::string>;

// --- answers
// --------------------------------------------------------------------------------------

struct Row {
  std::string path;
  std::string bytes;
  bool ends;
};

// The same request with a field in two lines that say nothing, which goes the long way.
std::string the_long_way(std::string bytes) {
  return bytes.insert(bytes.find("\r\n") + 2, "Accept-Encoding:\r\nAccept-Encoding:\r\n");
}

// Each is asked for by clients of their own: first by the long way, then as it is, then once more,
// when it is known already.
void expect_the_same(const std::vector<Row>& rows, const std::string& via) {
  const auto server = std::make_shared<BenchServer>(Config{}, test::TempTree::kTemporary);
  server->at(3000);
  for (const Row& row : rows) {
    Bench first(server);
    const std::string expected = first.converse(the_long_way(row.bytes));
    EXPECT_FALSE(expected.empty()) << row.bytes;
    Bench keeper(server);
    static_cast<void>(keeper.converse(get(row.path)));
    EXPECT_EQ(first.ended(), row.ends) << row.bytes;
    for (int i = 0; i < 2; ++i) {
      Bench again(server);
      EXPECT_TRUE(again.converse(row.bytes) == expected) << row.bytes;
      EXPECT_EQ(again.ended(), row.ends) << row.bytes;
    }
  }
  const auto records = server->records();
  ASSERT_EQ(records.size(), 4 * rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const nlohmann::json& first = records[4 * i];
    EXPECT_NE(first.at("via"), "cache") << rows[i].bytes;
    for (const nlohmann::json& again : {records[4 * i + 2], records[4 * i + 3]}) {
      EXPECT_EQ(again.at("via"), via) << rows[i].bytes;
      for (const char* const key :
           {"method", "path", "proto", "status", "bytes", "body_in", "host", "ua", "referer"}) {
        EXPECT_EQ(first.at(key), again.at(key)) << key << " of " << rows[i].bytes;
      }
    }
  }
}

TEST(ConnectionCache, SaysToEveryClientWhatTheLongWayDoes) {
  std::vector<Row> rows;
  for (const std::string path : {"/", "/index.html", "/block.bin", "/large.bin"}) {
    for (const std::string method : {"GET ", "HEAD "}) {
      const std::string line = method + path + " HTTP/1.";
      rows.push_back({path, request(line + "1"), false});
      rows.push_back({path, request(line + "1", "Connection: close\r\n"), true});
      rows.push_back({path, request(line + "0"), true});
      rows.push_back({path, request(line + "0", "Connection: keep-alive\r\n"), false});
      rows.push_back({path, request(line + "1", "Content-Length: 5\r\n") + "hello", false});
    }
  }
  expect_the_same(rows, "cache");
}

TEST(ConnectionCache, SaysNotModifiedAsTheLongWayDoes) {
  const auto server = std::make_shared<BenchServer>(Config{}, test::TempTree::kTemporary);
  server->at(3000);
  Bench keeper(server);
  const auto whole = test::parse_responses(keeper.converse(get("/")));
  const std::string tag = "If-None-Match: " + whole.at(0).field("ETag") + "\r\n";
  std::vector<std::string> texts;
  for (const bool is_kept : {false, true}) {
    for (const std::string& bytes :
         {get("/", tag), get("/", tag + "Connection: close\r\n"), request("GET / HTTP/1.0", tag),
          request("HEAD / HTTP/1.1", tag)}) {
      Bench client(server);
      texts.push_back(client.converse(is_kept ? bytes : the_long_way(bytes)));
      EXPECT_TRUE(texts.back().starts_with("HTTP/1.1 304 Not Modified\r\n")) << bytes;
      EXPECT_TRUE(texts.back().ends_with("\r\n\r\n")) << bytes;
    }
  }
  ASSERT_EQ(texts.size(), 8U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(texts[i], texts[i + 4]);
  for (const auto& record : server->records()) {
    if (record.at("status") != 304) continue;
    EXPECT_EQ(record.at("via"), "not-modified");
    EXPECT_EQ(record.at("bytes"), 0);
  }
}

TEST(ConnectionCache, AnswersPipelinedRequestsInOrder) {
  WarmBench bench;
  const auto answers = test::parse_responses(
      bench.converse(get("/index.html") + get("/block.bin") + get("/missing") + get("/large.bin") +
                     get("/index.html") + get("/index.html")));
  ASSERT_EQ(answers.size(), 6U);
  EXPECT_EQ(answers[0].body, "home");
  EXPECT_TRUE(answers[1].body == large().substr(0, 60'000));
  EXPECT_EQ(answers[2].status, 404);
  EXPECT_TRUE(answers[3].body == large());
  EXPECT_EQ(answers[4].body, "home");
  EXPECT_EQ(answers[5].body, "home");
  EXPECT_EQ(bench.state(), State::kIdle);
  EXPECT_EQ(vias(bench.records()),
            (Vias{"cache", "cache", "error-page", "cache", "cache", "cache"}));
}

TEST(ConnectionCache, AnswersNothingBehindAClose) {
  WarmBench bench;
  const auto answers = test::parse_responses(bench.converse(
      get("/index.html") + get("/index.html", "Connection: close\r\n") + get("/index.html")));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_FALSE(answers[0].has("Connection"));
  EXPECT_EQ(answers[1].field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
}

TEST(ConnectionCache, AnswersAClientThatHasHalfClosed) {
  WarmBench bench;
  bench.say(get("/large.bin"));
  bench.half_close();
  EXPECT_TRUE(test::parse_responses(bench.settle()).at(0).body == large());
  EXPECT_TRUE(bench.closed());
}

TEST(ConnectionCache, SaysCloseWhereConnectionsAreNotKept) {
  Config config;
  config.timeouts.keep_alive_ms = 0;
  const auto server = std::make_shared<BenchServer>(config, test::TempTree::kTemporary);
  server->at(3000);
  for (int i = 0; i < 2; ++i) {
    Bench client(server);
    EXPECT_EQ(test::parse_responses(client.converse(get("/"))).at(0).field("Connection"), "close");
    EXPECT_TRUE(client.ended());
  }
  EXPECT_EQ(vias(server->records()), (Vias{"index", "cache"}));
}

TEST(ConnectionCache, SaysCloseWhileTheServerStops) {
  WarmBench bench;
  bench.say("GET /index.html HTTP/1.1\r\n");
  bench.connection().finish_soon(bench.services());
  const auto answers = test::parse_responses(bench.converse("Host: localhost\r\n\r\n"));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
  EXPECT_EQ(vias(bench.records()), Vias{"cache"});
}

TEST(ConnectionCache, SaysThatThereIsNothingAsTheLongWayDoes) {
  std::vector<Row> rows;
  for (const std::string path : {"/none", "/none.txt"}) {
    const std::string line = "GET " + path + " HTTP/1.";
    rows.push_back({path, request(line + "1"), false});
    rows.push_back({path, request(line + "1", "Accept: text/html\r\n"), false});
    rows.push_back({path, request(line + "1", "Connection: close\r\n"), true});
    rows.push_back({path, request(line + "0"), true});
  }
  expect_the_same(rows, "error-page");
}

// --- the date
// -------------------------------------------------------------------------------------

TEST(ConnectionCache, SaysTheDateOfNow) {  // RFC 9110 §6.6.1
  WarmBench bench;
  const auto date = [&bench] {
    return test::parse_responses(bench.converse(get("/index.html"))).at(0).field("Date");
  };
  EXPECT_EQ(date(), kDate);
  bench.at(4000);
  bench.services().date = kLater;
  EXPECT_EQ(date(), kLater);
  bench.at(3000);
  bench.services().date = kDate;
  EXPECT_EQ(date(), kDate);
  EXPECT_EQ(vias(bench.records()), (Vias{"cache", "cache", "cache"}));
}

TEST(ConnectionCache, ChangesNothingOfAnAnswerThatIsUnderWay) {
  WarmBench bench;
  const std::string text = bench.converse(get("/block.bin"));
  bench.say(get("/block.bin"));
  EXPECT_EQ(bench.state(), State::kSend) << "it must not fit";
  // The socket of another client is full before it has taken even the second head.
  Bench crowded(bench.server());
  crowded.say(get("/block.bin") + get("/block.bin"));
  bench.at(4000);
  bench.services().date = kLater;
  Bench later(bench.server());
  const auto other = test::parse_responses(later.converse(get("/block.bin"))).at(0);
  EXPECT_EQ(other.field("Date"), kLater);
  EXPECT_TRUE(other.body == large().substr(0, 60'000));
  EXPECT_TRUE(bench.settle() == text);
  EXPECT_TRUE(crowded.settle() == text + text);
}

// --- freshness
// ------------------------------------------------------------------------------------

TEST(ConnectionCache, SeesWhatAFileIsNowWithEveryRequest) {
  WarmBench bench;
  bench.site().write("index.html", "another home");
  EXPECT_EQ(test::parse_responses(bench.converse(get("/index.html"))).at(0).body, "another home");
  bench.site().remove("index.html");
  EXPECT_EQ(test::parse_responses(bench.converse(get("/index.html"))).at(0).status, 404);
}

TEST(ConnectionCache, SeesWhatARequestOfTheSamePipelineDid) {
  Config config;
  config.handlers.writable = true;
  WarmBench bench(config);
  const auto answers = test::parse_responses(bench.converse(
      get("/index.html") + request("DELETE /index.html HTTP/1.1") + get("/index.html") +
      request("PUT /index.html HTTP/1.1", "Content-Length: 3\r\n") + "new" + get("/index.html")));
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[0].body, "home");
  EXPECT_EQ(answers[1].status, 204);
  EXPECT_EQ(answers[2].status, 404);
  EXPECT_EQ(answers[3].status, 201);
  EXPECT_EQ(answers[4].body, "new");
  EXPECT_EQ(vias(bench.records()).front(), "cache");
}

TEST(ConnectionCache, EndsRatherThanLieAboutAFileThatShrank) {
  WarmBench bench;
  bench.say(get("/large.bin"));
  bench.site().write("large.bin", "short");
  const std::string text = bench.settle();
  EXPECT_TRUE(bench.closed());
  EXPECT_LT(text.size(), large().size());
  const auto records = bench.records();
  EXPECT_EQ(records.at(0).at("via"), "internal-error");
  EXPECT_EQ(records.at(0).at("bytes"), text.size() - (text.find("\r\n\r\n") + 4));
}

// --- records
// --------------------------------------------------------------------------------------

TEST(ConnectionCache, CountsOfAClientThatLeftTheContentThatWent) {
  for (const std::string fields : {"", "Connection: close\r\n"}) {
    WarmBench bench;
    bench.say(get("/block.bin", fields));
    const std::string text = bench.arrived();
    bench.hang_up();
    bench.connection().send(bench.services());
    EXPECT_TRUE(bench.closed());
    const auto records = bench.records();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].at("via"), "client-abort");
    EXPECT_EQ(records[0].at("status"), 200);
    EXPECT_EQ(records[0].at("bytes"), text.size() - (text.find("\r\n\r\n") + 4)) << fields;
  }
}

TEST(ConnectionCache, IsNotAskedWhenTurnedOff) {
  Config config;
  config.handlers.file_cache = false;
  WarmBench bench(config);
  static_cast<void>(bench.converse(get("/index.html") + get("/large.bin")));
  EXPECT_EQ(vias(bench.records()), (Vias{"file", "file"}));
}

}  // namespace
}  // namespace tinyserve::loop
