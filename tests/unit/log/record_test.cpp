#include "log/record.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "log/buffer.h"

namespace tinyserve::log {
namespace {

constexpr std::int64_t kTime_us = 1'795'342'530'123'456;  // 2026-11-22T10:15:30.123456Z

RequestFacts usual_facts() {
  RequestFacts facts;
  facts.time_us = kTime_us;
  facts.remote = "127.0.0.1";
  facts.port = 51234;
  facts.connection = 7;
  facts.request = 2;
  facts.method = "GET";
  facts.path = "/a/b.css";
  facts.query = "v=2";
  facts.proto = "HTTP/1.1";
  facts.host = "localhost:8080";
  facts.user_agent = "curl/7.88.1";
  return facts;
}

std::string line_of(const RequestFacts& facts, const Outcome& outcome) {
  TimestampCache clock;
  Buffer drafts;
  const RecordDraft draft = begin_record(drafts, facts, clock);
  Buffer out;
  finish_record(out, drafts, draft, outcome);
  return std::string(out.view());
}

TEST(Record, IsOneLineWithTheKeysInOrder) {
  Outcome outcome;
  outcome.status = 200;
  outcome.bytes = 5120;
  outcome.ttfb_us = 41;
  outcome.dur_us = 63;
  EXPECT_EQ(
      line_of(usual_facts(), outcome),
      R"({"time":"2026-11-22T10:15:30.123Z","remote":"127.0.0.1","port":51234,"conn":7,"req":2,)"
      R"("method":"GET","path":"/a/b.css","query":"v=2","proto":"HTTP/1.1",)"
      R"("host":"localhost:8080","status":200,"bytes":5120,"body_in":0,"ttfb_us":41,)"
      R"("dur_us":63,"via":"file","ua":"curl/7.88.1","referer":null})"
      "\n");
}

TEST(Record, SaysNullForWhatWasAbsent) {
  RequestFacts facts;
  facts.time_us = kTime_us;
  facts.remote = "::1";
  facts.port = 1;
  facts.connection = 1;
  facts.request = 1;
  Outcome outcome;
  outcome.dur_us = 15'000'000;
  outcome.via = Via::kTimeout;
  EXPECT_EQ(line_of(facts, outcome),
            R"({"time":"2026-11-22T10:15:30.123Z","remote":"::1","port":1,"conn":1,"req":1,)"
            R"("method":null,"path":null,"query":null,"proto":null,"host":null,"status":null,)"
            R"("bytes":0,"body_in":0,"ttfb_us":null,"dur_us":15000000,"via":"timeout",)"
            R"("ua":null,"referer":null})"
            "\n");
}

TEST(Record, TellsAnEmptyQueryFromNone) {
  RequestFacts facts = usual_facts();
  facts.query = "";
  EXPECT_EQ(nlohmann::json::parse(line_of(facts, {}))["query"], "");
}

TEST(Record, PutsTheReasonOfARefusalBehindVia) {
  Outcome outcome;
  outcome.status = 400;
  outcome.via = Via::kRefused;
  outcome.why = "two \"Host\" fields";
  EXPECT_NE(line_of(usual_facts(), outcome)
                .find(R"("via":"refused","why":"two \"Host\" fields","ua":"curl/7.88.1")"),
            std::string::npos);
}

TEST(Record, HoldsTheLargestNumbers) {
  RequestFacts facts = usual_facts();
  facts.port = UINT16_MAX;
  facts.connection = facts.request = UINT64_MAX;
  Outcome outcome;
  outcome.status = 999;
  outcome.bytes = outcome.content_in = UINT64_MAX;
  outcome.ttfb_us = outcome.dur_us = INT64_MAX;
  outcome.via = Via::kInternalError;
  const auto record = nlohmann::json::parse(line_of(facts, outcome));
  EXPECT_EQ(record["req"], UINT64_MAX);
  EXPECT_EQ(record["body_in"], UINT64_MAX);
  EXPECT_EQ(record["dur_us"], INT64_MAX);
  EXPECT_EQ(record["via"], "internal-error");
}

TEST(Record, NeverSaysANegativeDuration) {
  Outcome outcome;
  outcome.ttfb_us = -5;
  outcome.dur_us = -1;
  const auto record = nlohmann::json::parse(line_of(usual_facts(), outcome));
  EXPECT_EQ(record["ttfb_us"], 0);
  EXPECT_EQ(record["dur_us"], 0);
}

TEST(Record, CutsEveryLongText) {
  const std::string text(5000, 'x');
  RequestFacts facts;
  facts.method = facts.path = facts.query = facts.host = text;
  facts.user_agent = facts.referer = text;
  const auto record = nlohmann::json::parse(line_of(facts, {}));
  for (const char* key : {"method", "path", "query", "host", "ua", "referer"}) {
    EXPECT_EQ(record[key], std::string(2048, 'x') + "…") << key;
  }
}

TEST(Record, DraftsAreFinishedInAnyOrder) {
  TimestampCache clock;
  Buffer drafts;
  RequestFacts facts = usual_facts();
  const RecordDraft first = begin_record(drafts, facts, clock);
  facts.request = 3;
  facts.path = "/";
  const RecordDraft second = begin_record(drafts, facts, clock);
  Buffer lines;
  finish_record(lines, drafts, second, {});
  finish_record(lines, drafts, first, {});
  facts.request = 4;
  const RecordDraft third = begin_record(drafts, facts, clock);
  finish_record(lines, drafts, third, {});

  const std::string out(lines.view());
  std::array<int, 3> requests{};
  std::size_t from = 0;
  for (int& request : requests) {
    const std::size_t end = out.find('\n', from);
    request = nlohmann::json::parse(out.substr(from, end - from))["req"].get<int>();
    from = end + 1;
  }
  EXPECT_EQ(requests, (std::array{3, 2, 4}));
  EXPECT_EQ(from, out.size());
}

TEST(Record, IsOneValidLineForEveryByteInEveryText) {
  for (int value = 0; value < 256; ++value) {
    const std::string text = "a" + std::string(1, static_cast<char>(value)) + "z";
    RequestFacts facts = usual_facts();
    facts.method = facts.path = facts.query = facts.host = text;
    facts.user_agent = facts.referer = text;
    Outcome outcome;
    outcome.why = text;
    const std::string line = line_of(facts, outcome);
    ASSERT_TRUE(nlohmann::json::accept(line)) << value;
    ASSERT_EQ(line.find('\n'), line.size() - 1) << value;
  }
}

TEST(Record, IsOneValidLineForRandomBytes) {
  std::mt19937 random(20261122);  // NOLINT(bugprone-random-generator-seed): the same in every run
  for (int round = 0; round < 2'000; ++round) {
    std::string text(random() % 3000, ' ');
    for (char& byte : text) byte = static_cast<char>(random() % 256);
    RequestFacts facts = usual_facts();
    facts.path = facts.user_agent = text;
    const std::string line = line_of(facts, {});
    ASSERT_TRUE(nlohmann::json::accept(line));
    ASSERT_EQ(line.find('\n'), line.size() - 1);
  }
}

template <class Any>
std::string text_of(const Any& event) {
  Buffer out;
  append_event(out, event);
  return std::string(out.view());
}

TEST(Event, ListeningComesFirstInALog) {
  const std::array<std::string, 2> urls{"http://localhost:8080/", "http://[::1]:8080/"};
  EXPECT_EQ(text_of(Listening{kTime_us, urls, 8080, "/abs/site", "0.1.0"}),
            R"({"event":"listening","time":"2026-11-22T10:15:30.123Z",)"
            R"("urls":["http://localhost:8080/","http://[::1]:8080/"],"port":8080,)"
            R"("root":"/abs/site","version":"0.1.0"})"
            "\n");
}

TEST(Event, ListeningShowsARootOfAnyBytesAndLength) {
  const std::string root = "/" + std::string(4000, 'd') + "\xff\n";
  const auto event = nlohmann::json::parse(text_of(Listening{kTime_us, {}, 80, root, "1"}));
  EXPECT_EQ(event["root"], "/" + std::string(4000, 'd') + "\uFFFD\n");
  EXPECT_TRUE(event["urls"].empty());
}

TEST(Event, StoppingTellsTheTotals) {
  EXPECT_EQ(text_of(Stopping{kTime_us, 3, 5120, 2}),
            R"({"event":"stopping","time":"2026-11-22T10:15:30.123Z",)"
            R"("requests":3,"bytes":5120,"connections":2})"
            "\n");
}

TEST(Event, DroppedTellsHowMany) {
  EXPECT_EQ(text_of(Dropped{kTime_us, 12}),
            R"({"event":"dropped","time":"2026-11-22T10:15:30.123Z","count":12})"
            "\n");
}

}  // namespace
}  // namespace tinyserve::log
