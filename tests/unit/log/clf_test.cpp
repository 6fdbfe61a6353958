#include "log/clf.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

namespace tinyserve::log {
namespace {

constexpr std::int64_t kTime_us = 1'795'342'530'123'456;  // 2026-11-22T10:15:30.123456Z

// The time zone is the process's: it is put back.
class Clf : public testing::Test {
 protected:
  Clf() { set_zone("UTC0"); }
  ~Clf() override {
    ::unsetenv("TZ");
    ::tzset();
  }
  static void set_zone(const char* zone) {
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
};

RequestFacts usual_facts() {
  RequestFacts facts;
  facts.time_us = kTime_us;
  facts.remote = "127.0.0.1";
  facts.method = "GET";
  facts.path = "/a/b.css";
  facts.query = "v=2";
  facts.proto = "HTTP/1.1";
  facts.host = "localhost:8080";
  facts.user_agent = "curl/7.88.1";
  return facts;
}

Outcome ok() {
  Outcome outcome;
  outcome.status = 200;
  outcome.bytes = 5120;
  return outcome;
}

std::string combined(const RequestFacts& facts, const Outcome& outcome = ok()) {
  Buffer drafts;
  const RecordDraft draft = begin_combined(drafts, facts);
  Buffer out;
  finish_clf(out, drafts, draft, outcome);
  return std::string(out.view());
}

std::string common(const RequestFacts& facts, const Outcome& outcome = ok()) {
  Buffer drafts;
  const RecordDraft draft = begin_common(drafts, facts);
  Buffer out;
  finish_clf(out, drafts, draft, outcome);
  return std::string(out.view());
}

TEST_F(Clf, CommonHasItsSevenFields) {
  EXPECT_EQ(common(usual_facts()),
            "127.0.0.1 - - [22/Nov/2026:10:15:30 +0000] \"GET /a/b.css?v=2 HTTP/1.1\" 200 5120\n");
}

TEST_F(Clf, CombinedAddsRefererAndUserAgent) {
  RequestFacts facts = usual_facts();
  EXPECT_EQ(combined(facts),
            "127.0.0.1 - - [22/Nov/2026:10:15:30 +0000] \"GET /a/b.css?v=2 HTTP/1.1\" 200 5120 "
            "\"-\" \"curl/7.88.1\"\n");
  facts.remote = "::1";
  facts.referer = "http://localhost:8080/";
  facts.user_agent.reset();
  facts.query.reset();
  EXPECT_EQ(combined(facts),
            "::1 - - [22/Nov/2026:10:15:30 +0000] \"GET /a/b.css HTTP/1.1\" 200 5120 "
            "\"http://localhost:8080/\" \"-\"\n");
}

TEST_F(Clf, TellsTheTimeOfTheZoneWithItsOffset) {
  set_zone("XXX3:30");
  EXPECT_NE(common(usual_facts()).find("[22/Nov/2026:06:45:30 -0330]"), std::string::npos);
  set_zone("XXX-14");
  EXPECT_NE(common(usual_facts()).find("[23/Nov/2026:00:15:30 +1400]"), std::string::npos);
}

TEST_F(Clf, SaysAsMuchOfTheRequestLineAsCouldBeRead) {
  RequestFacts facts = usual_facts();
  facts.query.reset();
  facts.proto = {};
  EXPECT_NE(common(facts).find("\"GET /a/b.css\" 200"), std::string::npos);
  facts.path.reset();
  EXPECT_NE(common(facts).find("\"GET\" 200"), std::string::npos);
  facts.method.reset();
  EXPECT_NE(common(facts).find("\"-\" 200"), std::string::npos);
}

TEST_F(Clf, HasAStatusForAClientThatWasSentNothing) {
  EXPECT_NE(common(usual_facts(), {}).find("\" 499 0\n"), std::string::npos);
}

TEST_F(Clf, ForgesNoFieldAndNoLine) {
  RequestFacts facts = usual_facts();
  facts.path = "/\" 200 1\n127.0.0.1";
  facts.referer = "a\\";
  facts.user_agent = "\x1b[31m\xff";
  EXPECT_EQ(combined(facts),
            "127.0.0.1 - - [22/Nov/2026:10:15:30 +0000] "
            "\"GET /\\x22 200 1\\x0A127.0.0.1?v=2 HTTP/1.1\" 200 5120 "
            "\"a\\x5C\" \"\\x1B[31m\\xFF\"\n");
}

TEST_F(Clf, StaysBelowTheLineThatGoaccessReads) {
  RequestFacts facts = usual_facts();
  facts.remote = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255";
  Outcome outcome = ok();
  outcome.bytes = UINT64_MAX;
  for (const std::string& text : {std::string(9000, 'x'), std::string(9000, '\n')}) {
    facts.method = facts.path = facts.query = facts.referer = facts.user_agent = text;
    EXPECT_LT(combined(facts, outcome).size(), 4000u);
    EXPECT_GT(combined(facts, outcome).size(), 3000u);
  }
}

}  // namespace
}  // namespace tinyserve::log
