// A Connection driven by hand over a socketpair, at made-up times.
#include "loop/connection.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/connection_bench.h"
#include "support/response.h"

namespace tinyserve::loop {
namespace {

using http::State;
using nlohmann::json;
using test::Bench;
using test::large;
using test::pattern;

std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "\r\n";
}

std::string echo(std::string_view content, std::string_view fields = "") {
  return "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(content.size()) + "\r\n" + std::string(fields) + "\r\n" +
         std::string(content);
}

std::vector<int> statuses(std::string_view text) {
  std::vector<int> numbers;
  for (const test::Response& response : test::parse_responses(text)) {
    numbers.push_back(response.status);
  }
  return numbers;
}
using Statuses = std::vector<int>;

// --- requests and answers
// -------------------------------------------------------------------------

TEST(Connection, AnswersAndWaitsForTheNextRequest) {
  Bench bench;
  for (int i = 0; i < 3; ++i) {
    const auto answers = test::parse_responses(bench.converse(get("/")));
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].body, "home");
    EXPECT_FALSE(answers[0].has("Connection"));
    EXPECT_EQ(bench.state(), State::kIdle);
  }
}

TEST(Connection, AnswersPipelinedRequestsInOrder) {
  Bench bench;
  const auto answers = test::parse_responses(
      bench.converse(get("/api/") + get("/missing") + echo("one") + get("/") + echo("two")));
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_EQ(answers[0].body, "Hello");
  EXPECT_EQ(answers[1].status, 404);
  EXPECT_EQ(answers[2].body, "one");
  EXPECT_EQ(answers[3].body, "home");
  EXPECT_EQ(answers[4].body, "two");
  EXPECT_EQ(bench.state(), State::kIdle);
}

TEST(Connection, AnswersTheSameWhereverTheBytesWereCut) {
  const std::string input = get("/") + echo("content") + get("/api/");
  std::string whole;
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    Bench bench;
    std::string text = bench.converse(input.substr(0, cut));
    text += bench.converse(input.substr(cut));
    if (cut == 0) whole = text;
    const auto answers = test::parse_responses(text);
    ASSERT_EQ(answers.size(), 3U) << cut;
    EXPECT_EQ(answers[1].body, "content") << cut;
    EXPECT_EQ(answers[2].body, "Hello") << cut;
    EXPECT_EQ(bench.state(), State::kIdle) << cut;
  }
}

TEST(Connection, AnswersRequestsThatComeAByteAtATime) {
  Bench bench;
  std::string text;
  for (const char byte : get("/") + echo("abc") + get("/missing")) {
    text += bench.converse({&byte, 1});
  }
  EXPECT_EQ(statuses(text), (Statuses{200, 200, 404}));
}

TEST(Connection, SendsLargeFilesInParts) {
  Bench bench;
  bench.say(get("/large.bin"));
  EXPECT_EQ(bench.state(), State::kSend);
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_TRUE(answers[0].body == large());
}

TEST(Connection, EchoesContentThatIsLargerThanAnyBuffer) {
  Bench bench;
  const std::string content = pattern(500'000);
  const auto answers = test::parse_responses(bench.converse(echo(content)));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].body, content);
}

TEST(Connection, HoldsNothingOfRequestsThatWereAnswered) {
  Bench bench;
  static_cast<void>(bench.converse(echo(pattern(300'000))));
  EXPECT_EQ(bench.held(), 0U);
}

TEST(Connection, RefusesContentThatTheBudgetDoesNotAllow) {
  Config config;
  config.memory_budget = 100'000;
  Bench bench(config);
  EXPECT_EQ(statuses(bench.converse(echo(pattern(300'000)))), Statuses{503});
  EXPECT_EQ(bench.state(), State::kLinger);
  EXPECT_EQ(bench.held(), 0U);
}

TEST(Connection, LeavesAClientThatKeepsMoreThanTheBudgetAllows) {
  Config config;
  config.memory_budget = 100'000;
  Bench bench(config);
  // The kernel takes a few kilobytes, the client nothing.
  bench.say(get("/block.bin") + get("/block.bin") + get("/block.bin"));
  EXPECT_TRUE(bench.closed());
  EXPECT_EQ(bench.held(), 0U);
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 3U);
  for (const auto& record : records) {
    EXPECT_EQ(record.at("via"), "limit");
    EXPECT_EQ(record.at("why"), "memory budget");
  }
}

TEST(Connection, SendsNoContentToHead) {
  Bench bench;
  const std::string text = bench.converse("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = test::parse_response_head(text);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), "4");
  EXPECT_TRUE(text.ends_with("\r\n\r\n"));
  EXPECT_EQ(statuses(bench.converse(get("/"))), Statuses{200});
}

TEST(Connection, SendsNoContentToARefusedHeadEither) {  // RFC 9110 §9.3.2
  Bench bench;
  const std::string text = bench.converse("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(test::parse_response_head(text.substr(0, text.find("\r\n\r\n") + 4)).status, 400);
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

TEST(Connection, AsksForContentThatItWants) {  // RFC 9110 §10.1.1
  Bench bench;
  const std::string request = echo("hello", "Expect: 100-continue\r\n");
  EXPECT_EQ(bench.converse(request.substr(0, request.size() - 5)), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(bench.state(), State::kBody);
  const auto answers = test::parse_responses(bench.converse("hello"));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].body, "hello");
}

TEST(Connection, DoesNotAskForContentThatIsThere) {
  Bench bench;
  EXPECT_EQ(statuses(bench.converse(echo("hello", "Expect: 100-continue\r\n"))), Statuses{200});
}

TEST(Connection, DoesNotAskForContentThatItWouldDrop) {
  Bench bench;
  const auto answers = test::parse_responses(
      bench.converse("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                     "Expect: 100-continue\r\n\r\n"));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 405);
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_EQ(bench.state(), State::kLinger);
}

TEST(Connection, DropsContentThatNobodyWants) {
  Bench bench;
  std::string text =
      bench.converse("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nGET / HT");
  EXPECT_EQ(text, "");
  text = bench.converse("TP/1.1\r\n\r\n12" + get("/"));
  EXPECT_EQ(statuses(text), (Statuses{405, 200}));
}

// --- the end of a connection
// ----------------------------------------------------------------------

TEST(Connection, EndsAfterAnAnswerThatSaysClose) {
  Bench bench;
  const auto answers = test::parse_responses(bench.converse(get("/", "Connection: close\r\n")));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
}

TEST(Connection, AnswersNothingBehindAClose) {
  Bench bench;
  EXPECT_EQ(statuses(bench.converse(get("/", "Connection: close\r\n") + get("/api/"))),
            Statuses{200});
  EXPECT_EQ(bench.converse(get("/")), "");
}

TEST(Connection, EndsAfterEachAnswerWithoutKeepAlive) {
  Config config;
  config.timeouts.keep_alive_ms = 0;
  Bench bench(config);
  const auto answers = test::parse_responses(bench.converse(get("/")));
  EXPECT_EQ(answers.at(0).field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
}

TEST(Connection, KeepsOldClientsOnlyWhenTheyAsk) {
  Bench bench;
  auto answers =
      test::parse_responses(bench.converse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(answers.at(0).field("Connection"), "keep-alive");
  EXPECT_EQ(bench.state(), State::kIdle);
  answers = test::parse_responses(bench.converse("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(answers.at(0).field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
}

TEST(Connection, TakesNothingBehindARefusalForARequest) {
  Bench bench;
  const std::string refused = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
  EXPECT_EQ(statuses(bench.converse(get("/") + refused + get("/api/"))), (Statuses{200, 400}));
  EXPECT_EQ(bench.state(), State::kLinger);
  EXPECT_EQ(bench.converse(get("/api/")), "");
  EXPECT_TRUE(bench.ended());
}

// How a TLS client begins (RFC 8446 §5.1): a handshake record of 512 bytes with a ClientHello.
constexpr std::string_view kTlsHello("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", 11);

TEST(Connection, ClosesATlsHelloWithoutAByteAndWithOneWarning) {
  Bench bench;
  bench.say(kTlsHello);
  EXPECT_TRUE(bench.closed());
  EXPECT_EQ(bench.arrived(), "");
  EXPECT_TRUE(bench.ended());
  ASSERT_EQ(bench.warnings().size(), 1U);
  EXPECT_NE(bench.warnings()[0].find("TLS"), std::string::npos) << bench.warnings()[0];
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("via"), "refused");
  EXPECT_EQ(records[0].at("status"), nullptr);
}

TEST(Connection, LosesNoAnswerToATlsHelloBehindIt) {
  Bench bench;
  const auto answers =
      test::parse_responses(bench.converse(get("/large.bin") + std::string(kTlsHello)));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_TRUE(answers[0].body == large());
  EXPECT_EQ(answers[1].status, 400);
  EXPECT_EQ(answers[1].field("Connection"), "close");
  EXPECT_TRUE(bench.warnings().empty());
}

TEST(Connection, LingersUntilTheClientEnds) {  // RFC 9112 §9.6
  Bench bench;
  EXPECT_EQ(statuses(bench.converse("NONSENSE\r\n\r\n")), Statuses{400});
  EXPECT_EQ(bench.state(), State::kLinger);
  bench.say(pattern(100'000));
  EXPECT_EQ(bench.state(), State::kLinger);
  bench.half_close();
  EXPECT_TRUE(bench.closed());
}

TEST(Connection, LingersForNoMoreThanAFewMegabytes) {
  Bench bench;
  static_cast<void>(bench.converse("NONSENSE\r\n\r\n"));
  const std::string more(64 * 1024, 'x');
  for (int i = 0; i < 64 && !bench.closed(); ++i) bench.say(more);
  EXPECT_EQ(bench.state(), State::kLinger);
  bench.say(more);
  EXPECT_TRUE(bench.closed());
}

// What a client hears that half-closes after `size` bytes of `input`.
std::string heard_after(std::string_view input, std::size_t size) {
  Bench bench;
  std::string text = bench.converse(input.substr(0, size));
  bench.half_close();
  text += bench.settle();
  EXPECT_TRUE(bench.closed()) << size;
  EXPECT_TRUE(bench.ended()) << size;
  EXPECT_EQ(bench.held(), 0U) << size;
  return text;
}

TEST(Connection, AnswersWhatCameBeforeAHalfCloseAtAnyPoint) {
  const std::string first = get("/api/");
  const std::string second = echo("hello");
  const std::string input = first + second;
  const std::size_t content = input.size() - 5;
  for (std::size_t size = 0; size <= input.size(); ++size) {
    Statuses expected;
    if (size >= first.size()) expected.push_back(200);
    if (size >= content && size < input.size()) expected.push_back(400);  // RFC 9112 §8
    if (size == input.size()) expected.push_back(200);
    EXPECT_EQ(statuses(heard_after(input, size)), expected) << size;
  }
}

TEST(Connection, SendsALargeAnswerToAClientThatHasHalfClosed) {
  Bench bench;
  bench.say(get("/large.bin") + get("/"));
  bench.half_close();
  EXPECT_EQ(statuses(bench.settle()), (Statuses{200, 200}));
  bench.half_close();
  EXPECT_TRUE(bench.closed());
}

// --- a client that does not read
// ------------------------------------------------------------------

TEST(Connection, LooksAtNoFurtherRequestWhileMuchIsPending) {
  Bench bench;
  std::string input;
  for (int i = 0; i < 12; ++i) input += get("/block.bin");
  bench.say(input);
  EXPECT_EQ(bench.state(), State::kSend);
  // The fifth answer passes the 256 KiB.
  EXPECT_EQ(statuses(bench.sent()).size(), 5U);
  EXPECT_TRUE(bench.connection().wants_turn());
  EXPECT_EQ(statuses(bench.settle()).size(), 7U);
  EXPECT_FALSE(bench.connection().wants_turn());
  EXPECT_EQ(bench.held(), 0U);
}

TEST(Connection, LetsOthersHaveTheirTurnAfterManyAnswers) {
  Bench bench;
  std::string input;
  for (int i = 0; i < 300; ++i) input += get("/api/");
  bench.say(input);
  EXPECT_EQ(statuses(bench.sent()).size(), 128U);
  EXPECT_TRUE(bench.connection().wants_turn());
  EXPECT_EQ(statuses(bench.settle()).size(), 172U);
}

TEST(Connection, ReadsNothingNewWhileRequestsWait) {
  Bench bench;
  std::string input;
  for (int i = 0; i < 200; ++i) input += get("/api/");
  bench.say(input);
  static_cast<void>(bench.sent());
  bench.say(get("/missing"));
  EXPECT_TRUE(bench.connection().wants_turn());
  const Statuses rest = statuses(bench.settle());
  ASSERT_EQ(rest.size(), 73U);
  EXPECT_EQ(rest.back(), 404);
}

TEST(Connection, EndsRatherThanLieAboutAFileThatShrank) {
  Bench bench;
  bench.say(get("/large.bin"));
  ASSERT_EQ(::truncate(bench.site().path("large.bin").c_str(), 200'000), 0);
  const std::string text = bench.settle();
  EXPECT_TRUE(bench.closed());
  const std::size_t head = text.find("\r\n\r\n") + 4;
  EXPECT_EQ(test::parse_response_head(text.substr(0, head)).field("Content-Length"), "1000000");
  const std::string content = text.substr(head);
  EXPECT_TRUE(pattern(200'000).starts_with(content)) << content.size();
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("bytes"), content.size());
  EXPECT_EQ(records[0].at("via"), "internal-error");
  EXPECT_EQ(records[0].at("why"), "file changed while it was sent");
}

// --- patience
// -------------------------------------------------------------------------------------

TEST(ConnectionPatience, EndsForAClientThatNeverSpeaks) {
  Bench bench;
  EXPECT_EQ(bench.deadline(), 15'000);
  bench.at(15'000);
  bench.connection().expire(bench.services());
  EXPECT_TRUE(bench.closed());
  EXPECT_EQ(bench.arrived(), "");
}

TEST(ConnectionPatience, IsLongerBetweenRequests) {
  Bench bench;
  bench.at(3'000);
  static_cast<void>(bench.converse(get("/")));
  EXPECT_EQ(bench.deadline(), 63'000);
  bench.at(63'000);
  bench.connection().expire(bench.services());
  EXPECT_TRUE(bench.closed());
}

TEST(ConnectionPatience, WithAHeadDoesNotGrowWithEveryByte) {
  Bench bench;
  bench.at(1'000);
  bench.say("G");
  EXPECT_EQ(bench.state(), State::kHead);
  EXPECT_EQ(bench.deadline(), 11'000);
  bench.at(9'000);
  bench.say("ET / HTTP/1.1\r\n");
  bench.at(10'999);
  bench.say("Host:");
  EXPECT_EQ(bench.deadline(), 11'000);
  bench.at(11'000);
  bench.connection().expire(bench.services());
  EXPECT_EQ(statuses(bench.sent()), Statuses{408});
  EXPECT_EQ(bench.state(), State::kLinger);
}

TEST(ConnectionPatience, WithAHeadBeginsAtItsOwnFirstByte) {
  Bench bench;
  static_cast<void>(bench.converse(get("/")));
  bench.at(20'000);
  static_cast<void>(bench.converse(get("/") + "GET"));
  EXPECT_EQ(bench.deadline(), 30'000);
}

TEST(ConnectionPatience, WithAHeadDoesNotCountFromAnEmptyLineBeforeIt) {  // RFC 9112 §2.2
  Bench bench;
  static_cast<void>(bench.converse(echo("old client") + "\r\n"));
  EXPECT_EQ(bench.state(), State::kIdle);
  bench.at(30'000);
  bench.say("GET");
  EXPECT_EQ(bench.deadline(), 40'000);
}

TEST(ConnectionPatience, WithContentGrowsWhileItArrives) {
  Bench bench;
  const std::string request = echo(large());
  bench.say(std::string_view(request).substr(0, 20'000));
  EXPECT_EQ(bench.state(), State::kBody);
  EXPECT_EQ(bench.deadline(), 15'000);
  bench.at(10'000);
  bench.say(std::string_view(request).substr(20'000, 10'000));
  EXPECT_EQ(bench.deadline(), 25'000);
  bench.at(25'000);
  bench.connection().expire(bench.services());
  EXPECT_EQ(statuses(bench.sent()), Statuses{408});
  EXPECT_EQ(bench.held(), 0U);
}

TEST(ConnectionPatience, WithContentEndsWhenItDrips) {
  Bench bench;
  const std::string request = echo(pattern(10'000));
  const std::size_t head = request.find("\r\n\r\n") + 4;
  bench.say(std::string_view(request).substr(0, head));
  // A byte every ten seconds: 200 of them earn a second.
  for (std::size_t i = 0; i < 20; ++i) {
    bench.at(static_cast<std::int64_t>(i) * 700);
    bench.say(std::string_view(request).substr(head + i, 1));
  }
  EXPECT_EQ(bench.deadline(), 15'000 + 20 * 5);
}

TEST(ConnectionPatience, WithAClientThatDoesNotReadCountsFromTheLastByteItTook) {
  Bench bench;
  bench.say(get("/large.bin"));
  EXPECT_EQ(bench.deadline(), 30'000);
  bench.at(20'000);
  bench.connection().send(bench.services());  // the kernel is still full
  EXPECT_EQ(bench.deadline(), 30'000);
  const std::string before = bench.arrived();
  bench.connection().send(bench.services());
  EXPECT_EQ(bench.deadline(), 50'000);
  bench.at(50'000);
  bench.connection().expire(bench.services());
  EXPECT_TRUE(bench.closed());
  const std::string text = before + bench.arrived();
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("via"), "timeout");
  EXPECT_EQ(records[0].at("status"), 200);
  EXPECT_EQ(records[0].at("bytes"), text.size() - (text.find("\r\n\r\n") + 4));
}

TEST(ConnectionPatience, WithLingeringDoesNotGrow) {
  Bench bench;
  bench.at(1'000);
  static_cast<void>(bench.converse("NONSENSE\r\n\r\n"));
  EXPECT_EQ(bench.deadline(), 3'000);
  bench.at(2'500);
  bench.say("more");
  EXPECT_EQ(bench.deadline(), 3'000);
  bench.at(3'000);
  bench.connection().expire(bench.services());
  EXPECT_TRUE(bench.closed());
}

// --- what the loop decides
// ------------------------------------------------------------------------

TEST(Connection, TellsAClientForWhomThereIsNoRoom) {
  Bench bench;
  bench.connection().turn_away(bench.services());
  const auto answers = test::parse_responses(bench.sent());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].status, 503);
  EXPECT_EQ(answers[0].field("Retry-After"), "1");
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_EQ(bench.state(), State::kLinger);
  EXPECT_EQ(bench.converse(get("/")), "");
}

TEST(ConnectionStop, EndsAnIdleConnectionAtOnce) {
  Bench bench;
  static_cast<void>(bench.converse(get("/")));
  bench.connection().finish_soon(bench.services());
  EXPECT_TRUE(bench.closed());
}

TEST(ConnectionStop, LetsTheAnswerUnderWayArrive) {
  Bench bench;
  bench.say(get("/large.bin"));
  bench.connection().finish_soon(bench.services());
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].body.size(), 1'000'000U);
  EXPECT_TRUE(bench.ended());
}

// A long answer ends the turn before it is known whether more was asked for: see wants_turn().
TEST(ConnectionStop, EndsAfterALongAnswerThatHasJustLeft) {
  Bench bench;
  bench.say(get("/large.bin"));
  EXPECT_EQ(test::parse_responses(bench.sent()).size(), 1U);
  ASSERT_TRUE(bench.connection().wants_turn());
  bench.connection().finish_soon(bench.services());
  EXPECT_EQ(bench.settle(), "");
  EXPECT_TRUE(bench.ended());
}

TEST(ConnectionStop, SaysCloseToARequestThatWasUnderWay) {
  Bench bench;
  const std::string request = get("/");
  bench.say(std::string_view(request).substr(0, 10));
  bench.connection().finish_soon(bench.services());
  EXPECT_FALSE(bench.closed());
  const auto answers = test::parse_responses(bench.converse(request.substr(10)));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
}

TEST(ConnectionStop, AnswersARequestWhoseContentItHasAskedFor) {
  Bench bench;
  const std::string request = echo("hello", "Expect: 100-continue\r\n");
  bench.say(std::string_view(request).substr(0, 10));
  bench.connection().finish_soon(bench.services());
  EXPECT_EQ(bench.converse(request.substr(10, request.size() - 15)),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(statuses(bench.converse("hello")), Statuses{200});
  EXPECT_TRUE(bench.ended());
}

TEST(ConnectionStop, AnswersOneOfTheRequestsThatWait) {
  Bench bench;
  std::string input;
  for (int i = 0; i < 200; ++i) input += get("/api/");
  bench.say(input);
  EXPECT_EQ(bench.state(), State::kSend);
  bench.connection().finish_soon(bench.services());
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 129U);
  EXPECT_EQ(answers.back().field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
}

TEST(Connection, SaysThatItFailedWhereNothingWasAnsweredYet) {
  Bench bench;
  bench.say("GET / HTTP/1.1\r\n");
  bench.connection().fail(bench.services());
  EXPECT_EQ(statuses(bench.sent()), Statuses{500});
  EXPECT_EQ(bench.records().at(0).at("via"), "internal-error");
}

TEST(Connection, EndsAfterAFailureWithinAnAnswer) {
  Bench bench;
  bench.say(get("/large.bin", "Connection: close\r\n"));
  bench.connection().fail(bench.services());
  EXPECT_TRUE(bench.closed());
  EXPECT_EQ(bench.records().at(0).at("via"), "internal-error");
}

// --- records
// --------------------------------------------------------------------------------------

TEST(ConnectionRecord, IsOneForEachRequestWithItsNumber) {
  Bench bench;
  static_cast<void>(bench.converse(get("/") + echo("hello") +
                                   "HEAD /?x HTTP/1.1\r\nHost: localhost\r\n\r\nNONSENSE\r\n"));
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 4U);
  const json expected[] = {
      json::parse(R"({"req": 1, "path": "/", "status": 200, "bytes": 4, "body_in": 0,
                      "via": "index"})"),
      json::parse(R"({"req": 2, "path": "/api/echo", "status": 200, "bytes": 5, "body_in": 5,
                      "via": "api"})"),
      json::parse(R"({"req": 3, "method": "HEAD", "query": "x", "status": 200, "bytes": 0,
                      "via": "index"})"),
      json::parse(R"({"req": 4, "status": 400, "via": "refused", "proto": null})")};
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].at("conn"), 7);
    EXPECT_EQ(records[i].at("port"), 51234);
    for (const auto& [key, value] : expected[i].items()) {
      EXPECT_EQ(records[i].at(key), value) << i << " " << key;
    }
  }
}

TEST(ConnectionRecord, OfAClientThatLeftHasTheBytesThatWent) {
  Bench bench;
  bench.say(get("/block.bin") + get("/"));
  const std::string text = bench.arrived();
  bench.hang_up();
  bench.connection().send(bench.services());
  EXPECT_TRUE(bench.closed());
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].at("via"), "client-abort");
  EXPECT_EQ(records[0].at("status"), 200);
  EXPECT_EQ(records[0].at("bytes"), text.size() - (text.find("\r\n\r\n") + 4));
  EXPECT_EQ(records[1].at("status"), nullptr);
  EXPECT_EQ(records[1].at("bytes"), 0);
  EXPECT_EQ(records[1].at("ttfb_us"), nullptr);
}

TEST(ConnectionRecord, IsOwedForAHeadThatWasBrokenOff) {
  Bench bench;
  static_cast<void>(bench.converse(get("/") + "GET /half HTTP/1.1\r\nHost: loc"));
  bench.half_close();
  EXPECT_TRUE(bench.closed());
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[1].at("req"), 2);
  EXPECT_EQ(records[1].at("path"), "/half");
  EXPECT_EQ(records[1].at("status"), nullptr);
  EXPECT_EQ(records[1].at("via"), "client-abort");
}

TEST(ConnectionRecord, IsNotOwedForSilence) {
  Bench bench;
  bench.half_close();
  EXPECT_TRUE(bench.closed());
  EXPECT_TRUE(bench.records().empty());
}

TEST(ConnectionRecord, OfATimeoutNamesIt) {
  Bench bench;
  bench.say("GET /slow HTTP/1.1\r\n");
  bench.connection().expire(bench.services());
  static_cast<void>(bench.sent());
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("status"), 408);
  EXPECT_EQ(records[0].at("path"), "/slow");
  EXPECT_EQ(records[0].at("via"), "timeout");
  EXPECT_EQ(records[0].at("why"), "header timeout");
}

}  // namespace
}  // namespace tinyserve::loop
