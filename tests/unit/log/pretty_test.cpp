#include "log/pretty.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

namespace tinyserve::log {
namespace {

constexpr std::int64_t kTime_us = 1'795'342'530'123'456;  // 2026-11-22T10:15:30.123456Z

// The time zone is the process's: it is put back.
class Pretty : public testing::Test {
 protected:
  Pretty() {
    ::setenv("TZ", "XXX-1", 1);
    ::tzset();
  }
  ~Pretty() override {
    ::unsetenv("TZ");
    ::tzset();
  }
};

std::string line(const RequestFacts& facts, const Outcome& outcome, const PrettyStyle& style = {}) {
  Buffer drafts;
  const RecordDraft draft = begin_pretty(drafts, facts, style);
  Buffer out;
  finish_pretty(out, drafts, draft, outcome, style);
  return std::string(out.view());
}

RequestFacts get(std::string_view path) {
  RequestFacts facts;
  facts.time_us = kTime_us;
  facts.method = "GET";
  facts.path = path;
  return facts;
}

Outcome answered(int status, std::uint64_t bytes, std::int64_t dur_us) {
  Outcome outcome;
  outcome.status = status;
  outcome.bytes = bytes;
  outcome.dur_us = dur_us;
  return outcome;
}

TEST_F(Pretty, AlignsItsColumns) {
  RequestFacts facts = get("/a/b.css");
  facts.query = "v=2";
  EXPECT_EQ(line(facts, answered(200, 5120, 63)),
            "11:15:30  200  5.1 kB   63 µs  GET  /a/b.css?v=2\n");
  facts.method = "HEAD";
  EXPECT_EQ(line(facts, answered(304, 0, 1'234)),
            "11:15:30  304     0 B  1.2 ms  HEAD /a/b.css?v=2\n");
  facts.method = "OPTIONS";
  EXPECT_EQ(line(facts, answered(204, 123'456'789, 12'000'000)),
            "11:15:30  204  123 MB    12 s  OPTIONS /a/b.css?v=2\n");
}

TEST_F(Pretty, TellsTheWayOfAnAnswerThatDoesNotShow) {
  Outcome outcome = answered(400, 43, 20);
  outcome.via = Via::kRefused;
  outcome.why = "two Host fields";
  EXPECT_EQ(line(get("/"), outcome),
            "11:15:30  400    43 B   20 µs  GET  /  refused: two Host fields\n");
  outcome.why = {};
  outcome.via = Via::kClientAbort;
  outcome.status.reset();
  RequestFacts nothing_read;
  nothing_read.time_us = kTime_us;
  EXPECT_EQ(line(nothing_read, outcome), "11:15:30  ---    43 B   20 µs  -    -  client-abort\n");
  outcome.via = Via::kErrorPage;
  EXPECT_EQ(line(get("/"), outcome), "11:15:30  ---    43 B   20 µs  GET  /\n");
}

TEST_F(Pretty, CutsALongPathInItsMiddle) {
  const std::string path = "/" + std::string(300, 'a') + "/" + std::string(300, 'z') + ".js";
  EXPECT_EQ(line(get(path), answered(200, 5120, 63), {.columns = 60}),
            "11:15:30  200  5.1 kB   63 µs  GET  /aaaaaaaa…zzzzzzzzzzz.js\n");
  Outcome outcome = answered(403, 1, 1);
  outcome.via = Via::kHidden;
  EXPECT_EQ(line(get(path), outcome, {.columns = 60}),
            "11:15:30  403     1 B    1 µs  GET  /aaaa…zzzzzzz.js  hidden\n");
}

TEST_F(Pretty, FillsALineToItsLastColumnAndNoFurther) {
  const std::string begin = "11:15:30  200  5.1 kB   63 µs  GET  ";
  EXPECT_EQ(line(get(std::string(64, 'a')), answered(200, 5120, 63)),
            begin + std::string(64, 'a') + "\n");
  EXPECT_EQ(line(get(std::string(65, 'a')), answered(200, 5120, 63)),
            begin + std::string(29, 'a') + "…" + std::string(34, 'a') + "\n");
}

TEST_F(Pretty, ShowsSomethingOfThePathHoweverNarrowTheTerminal) {
  EXPECT_EQ(line(get("/0123456789012345678901234"), answered(200, 1, 1), {.columns = 1}),
            "11:15:30  200     1 B    1 µs  GET  /0123…678901234\n");
}

TEST_F(Pretty, ColorsTheStatusByItsClass) {
  const PrettyStyle style{.columns = 100, .colored = true};
  EXPECT_EQ(line(get("/"), answered(200, 1, 1), style),
            "\x1b[2m11:15:30\x1b[0m  \x1b[32m200\x1b[0m     1 B    1 µs  GET  /\n");
  const auto color = [&](const Outcome& outcome) {
    const std::string text = line(get("/"), outcome, style);
    return text.substr(text.find("  ") + 2, 5);
  };
  EXPECT_EQ(color(answered(304, 0, 0)), "\x1b[36m");
  EXPECT_EQ(color(answered(404, 0, 0)), "\x1b[33m");
  EXPECT_EQ(color(answered(500, 0, 0)), "\x1b[31m");
  EXPECT_EQ(color({}), "\x1b[31m");
}

TEST_F(Pretty, GivesATerminalNothingToObey) {
  RequestFacts facts = get("/\x1b]0;x\x07\r\n\u202E\xc2\x9b\xff");
  facts.method = "\x1b[2J";
  facts.query = "\x7f";
  EXPECT_EQ(line(facts, answered(200, 1, 1)),
            "11:15:30  200     1 B    1 µs  \\x1B[2J "
            "/\\x1B]0;x\\x07\\x0D\\x0A\\xE2\\x80\\xAE\\xC2\\x9B\\xFF?\\x7F\n");
}

}  // namespace
}  // namespace tinyserve::log
