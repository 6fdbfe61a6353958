// Connections whose answers come late, or are made while they are sent.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/chunked.h"
#include "loop/connection.h"
#include "support/cold_file.h"
#include "support/connection_bench.h"
#include "support/decode.h"
#include "support/response.h"
#include "support/samples.h"

namespace tinyserve::loop {
namespace {

using http::Portion;
using http::State;
using test::Bench;
using test::large;
using test::noise_of;
using test::Response;
using test::script_of;
using Then = Portion::Then;

constexpr std::int64_t kSettledMs = 10'000;  // by then files are old enough to be remembered
constexpr std::string_view kGzip = "Accept-Encoding: gzip\r\n";

std::string get(std::string_view path, std::string_view fields = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "\r\n";
}

Config compressing() {
  Config config;
  config.handlers.compression = handlers::Compression::kOn;
  return config;
}

// More entries than a loop lists by itself.
void make_listing(Bench& bench) {
  for (int i = 0; i < 300; ++i) bench.site().write("many/" + std::to_string(i), "");
}

std::optional<std::string> unzip(std::string_view content) {
  const auto decoded = test::decode(codec::Coding::kGzip, content);
  if (!decoded || !decoded->is_whole) return std::nullopt;
  return decoded->content;
}

struct Chunks {
  std::string content;
  bool is_whole = false;
};
Chunks unchunk(std::string_view text) {
  http::ChunkedDecoder decoder(UINT64_MAX);
  Chunks chunks;
  while (!text.empty() && !chunks.is_whole) {
    const auto step = decoder.decode(text);
    EXPECT_NE(step.state, http::ChunkedDecoder::State::kRefused);
    if (step.state == http::ChunkedDecoder::State::kRefused) break;
    chunks.content += step.data;
    chunks.is_whole = step.state == http::ChunkedDecoder::State::kDone;
    text.remove_prefix(step.consumed);
  }
  EXPECT_EQ(text, "") << "bytes behind the content";
  return chunks;
}

// An answer, and what follows its head.
struct Heard {
  Response head;
  std::string rest;
};
Heard heard(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == text.npos) return {};
  return {test::parse_response_head(text.substr(0, end + 4)), text.substr(end + 4)};
}

// A job that a handler might have given away, with an answer that the test has made.
class MadeAnswer : public handlers::AnswerJob {
 public:
  explicit MadeAnswer(handlers::Answer answer) : answer_(std::move(answer)) {}
  void run() override {}
  [[nodiscard]] handlers::Answer take_answer() override { return std::move(answer_); }

 private:
  handlers::Answer answer_;
};

class FailedAnswer : public handlers::AnswerJob {
 public:
  void run() override { throw std::bad_alloc(); }
  [[nodiscard]] handlers::Answer take_answer() override { return {}; }
};

// Gives out what the test has written down; ends by throwing where that has no end.
class Scripted : public http::Producer {
 public:
  Scripted(std::vector<Portion> portions, bool heavy)
      : portions_(std::move(portions)), heavy_(heavy) {}
  [[nodiscard]] Portion produce() override {
    if (next_ == portions_.size()) throw std::bad_alloc();
    return portions_[next_++];
  }
  [[nodiscard]] bool is_heavy() const override { return heavy_; }

 private:
  std::vector<Portion> portions_;
  std::size_t next_ = 0;
  bool heavy_;
};

handlers::Answer text_answer(std::string text) {
  handlers::Answer answer;
  answer.response.body = std::move(text);
  answer.via = http::Via::kApi;
  return answer;
}

handlers::Answer scripted_answer(std::vector<Portion> portions, bool heavy) {
  handlers::Answer answer;
  answer.response.body = std::make_unique<Scripted>(std::move(portions), heavy);
  answer.via = http::Via::kApi;
  return answer;
}

// The client asks for a listing that a worker makes; `made` comes back in its place.
void answer_with(Bench& bench, std::unique_ptr<Job> made, std::string_view request) {
  make_listing(bench);
  bench.say(request);
  ASSERT_EQ(bench.state(), State::kRespond);
  for (auto& finished : bench.server()->take_jobs()) finished.job->finish();
  bench.services().ticket = bench.ticket();
  bench.services().post(std::move(made));
  ASSERT_TRUE(bench.server()->finish_jobs());
}
void answer_with(Bench& bench, handlers::Answer answer, std::string_view request) {
  answer_with(bench, std::make_unique<MadeAnswer>(std::move(answer)), request);
}

// --- answers that come late
// -----------------------------------------------------------------------

TEST(ConnectionLate, SendsWhatIsAheadAtOnceAndWhatIsBehindInOrder) {
  Bench bench;
  make_listing(bench);
  bench.server()->hold_workers();
  bench.say(get("/") + get("/many/") + get("/block.bin") + get("/missing"));
  const auto first = test::parse_responses(bench.sent());
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].body, "home");
  EXPECT_EQ(bench.state(), State::kRespond);
  EXPECT_FALSE(bench.connection().wants_turn());
  bench.server()->release_workers();
  const auto rest = test::parse_responses(bench.settle());
  ASSERT_EQ(rest.size(), 3U);
  EXPECT_NE(rest[0].body.find("299"), std::string::npos);
  EXPECT_EQ(rest[1].body, large().substr(0, 60'000));
  EXPECT_EQ(rest[2].status, 404);
  EXPECT_EQ(bench.state(), State::kIdle);
  EXPECT_EQ(bench.held(), 0U);
}

TEST(ConnectionLate, MakesOneAnswerAfterTheOther) {
  Bench bench;
  make_listing(bench);
  bench.site().write("many/name", "");
  const auto answers = test::parse_responses(
      bench.converse(get("/many/") + get("/many/", "Accept: application/json\r\n") + get("/") +
                     get("/many/") + get("/api/")));
  ASSERT_EQ(answers.size(), 5U);
  EXPECT_TRUE(answers[0].field("Content-Type").starts_with("text/html"));
  EXPECT_TRUE(answers[1].field("Content-Type").starts_with("application/json"));
  EXPECT_EQ(answers[2].body, "home");
  EXPECT_EQ(answers[3].body, answers[0].body);
  EXPECT_EQ(answers[4].body, "Hello");
}

TEST(ConnectionLate, AnswersTheSameWhereverTheRequestsWereCut) {
  const std::string input = get("/") + get("/many/") + get("/api/");
  Bench bench;
  make_listing(bench);
  for (std::size_t cut = 0; cut < input.size(); ++cut) {
    std::string text = bench.converse(input.substr(0, cut));
    text += bench.converse(input.substr(cut));
    const auto answers = test::parse_responses(text);
    ASSERT_EQ(answers.size(), 3U) << cut;
    EXPECT_EQ(answers[0].body, "home") << cut;
    EXPECT_NE(answers[1].body.find("299"), std::string::npos) << cut;
    EXPECT_EQ(answers[2].body, "Hello") << cut;
    ASSERT_EQ(bench.state(), State::kIdle) << cut;
  }
}

TEST(ConnectionLate, QueuesItBehindAnAnswerThatIsStillLeaving) {
  Bench bench;
  make_listing(bench);
  bench.say(get("/block.bin") + get("/many/"));
  EXPECT_EQ(bench.state(), State::kSend);
  EXPECT_TRUE(bench.server()->finish_jobs());
  EXPECT_EQ(bench.state(), State::kSend);
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].body, large().substr(0, 60'000));
  EXPECT_NE(answers[1].body.find("299"), std::string::npos);
}

TEST(ConnectionLate, SendsNoContentToHead) {
  Bench bench;
  make_listing(bench);
  const std::string get_text = bench.converse(get("/many/"));
  const std::string text = bench.converse("HEAD /many/ HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Response head = test::parse_response_head(text);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.fields, heard(get_text).head.fields);
  EXPECT_EQ(heard(bench.converse(get("/"))).rest, "home");
}

TEST(ConnectionLate, HasNoDeadlineWhileAWorkerIsAtIt) {
  Bench bench;
  make_listing(bench);
  bench.server()->hold_workers();
  bench.say(get("/many/"));
  EXPECT_EQ(bench.connection().deadline_ms({}), http::kNever);
  EXPECT_EQ(http::interest(bench.state()), http::Interest::kHangUp);
}

TEST(ConnectionLate, AnswersAClientThatHasHalfClosed) {
  Bench bench;
  make_listing(bench);
  bench.say(get("/many/") + get("/api/"));
  bench.half_close();
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[1].body, "Hello");
  EXPECT_TRUE(bench.closed());
}

TEST(ConnectionLate, LingersWhereMoreWasReceivedBehindTheLastAnswer) {  // RFC 9112 §9.6
  Bench bench;
  make_listing(bench);
  const auto answers =
      test::parse_responses(bench.converse(get("/many/", "Connection: close\r\n") + get("/api/")));
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_EQ(bench.state(), State::kLinger);
}

TEST(ConnectionLate, ClosesBehindAnAnswerToContentThatIsNotThere) {
  Bench bench;
  make_listing(bench);
  const std::string text = bench.converse(
      "GET /many/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbegin");
  const Heard answer = heard(text);
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_EQ(answer.head.field("Connection"), "close");
  EXPECT_EQ(bench.state(), State::kLinger);
}

TEST(ConnectionLate, RecordsTheRequestAsItWas) {
  Bench bench;
  make_listing(bench);
  const std::string text = bench.converse(
      "GET /many/?q HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" + get("/"));
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].at("path"), "/many/");
  EXPECT_EQ(records[0].at("query"), "q");
  EXPECT_EQ(records[0].at("body_in"), 5);
  EXPECT_EQ(records[0].at("status"), 200);
  EXPECT_EQ(records[0].at("via"), "listing");
  EXPECT_EQ(records[0].at("bytes"), test::parse_responses(text).at(0).body.size());
  EXPECT_EQ(records[1].at("path"), "/");
}

TEST(ConnectionLate, IsHeldBackByATimerToTheMillisecond) {
  Bench bench;
  handlers::Answer answer = text_answer("late");
  answer.delay_ms = 1234;
  answer_with(bench, std::move(answer), get("/many/") + get("/api/"));
  EXPECT_EQ(bench.sent(), "");
  EXPECT_EQ(bench.state(), State::kRespond);
  EXPECT_EQ(bench.deadline(), 1235);
  bench.at(1235);
  bench.connection().expire(bench.services());
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].body, "late");
  EXPECT_EQ(answers[1].body, "Hello");
  EXPECT_EQ(bench.held(), 0U);
}

// --- what goes wrong with them
// --------------------------------------------------------------------

TEST(ConnectionLate, IsDroppedForAClientThatIsGone) {
  Bench bench;
  make_listing(bench);
  bench.server()->hold_workers();
  bench.say(get("/many/"));
  bench.hang_up();
  bench.connection().break_off(bench.services());
  EXPECT_TRUE(bench.closed());
  EXPECT_EQ(bench.held(), 0U);
  bench.server()->release_workers();
  EXPECT_TRUE(bench.server()->finish_jobs());
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("path"), "/many/");
  EXPECT_EQ(records[0].at("status"), nullptr);
  EXPECT_EQ(records[0].at("bytes"), 0);
  EXPECT_EQ(records[0].at("via"), "client-abort");
}

TEST(ConnectionLate, BecomesTheCheapAnswerWhenTheJobFailed) {
  Bench bench;
  answer_with(bench, std::make_unique<FailedAnswer>(), get("/many/") + get("/api/"));
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, 503);
  EXPECT_EQ(answers[0].field("Retry-After"), "1");
  EXPECT_EQ(answers[1].body, "Hello");
}

TEST(ConnectionLate, SendsTheFileAsItIsWhenCompressingItFailed) {
  Bench bench(compressing());
  bench.site().write("a.js", script_of(5000));
  bench.at(kSettledMs);
  bench.say(get("/a.js", kGzip));
  ASSERT_EQ(bench.state(), State::kRespond);
  ASSERT_EQ(bench.server()->take_jobs().size(), 1U);
  bench.services().ticket = bench.ticket();
  bench.services().post(std::make_unique<FailedAnswer>());
  EXPECT_TRUE(bench.server()->finish_jobs());
  const Heard answer = heard(bench.settle());
  EXPECT_EQ(answer.head.status, 200);
  EXPECT_FALSE(answer.head.has("Content-Encoding"));
  EXPECT_EQ(answer.rest, script_of(5000));
}

TEST(ConnectionLate, IsRefusedWhereTheBudgetHasNoRoomForItsRequest) {
  Config config = compressing();
  config.memory_budget = 400;
  Bench bench(config);
  bench.site().write("a.js", script_of(5000));
  bench.at(kSettledMs);
  const std::string cookie = "Cookie: " + std::string(500, 'c') + "\r\n";
  const Heard answer = heard(bench.converse(get("/a.js", std::string(kGzip) + cookie)));
  EXPECT_EQ(answer.head.status, 503);
  EXPECT_EQ(answer.head.field("Connection"), "close");
  EXPECT_EQ(bench.held(), 0U);
  // Nobody else waits for the job that was never begun.
  Bench other(bench.server());
  const Heard encoded = heard(other.converse(get("/a.js", kGzip)));
  EXPECT_EQ(encoded.head.field("Content-Encoding"), "gzip");
  EXPECT_EQ(bench.records().at(0).at("why"), "memory budget");
}

TEST(ConnectionLate, SaysThatItFailedWhereAStepThrew) {
  Bench bench;
  make_listing(bench);
  bench.server()->hold_workers();
  bench.say(get("/many/") + get("/api/"));
  bench.connection().fail(bench.services());
  const Heard answer = heard(bench.sent());
  EXPECT_EQ(answer.head.status, 500);
  EXPECT_EQ(answer.head.field("Connection"), "close");
  EXPECT_EQ(bench.state(), State::kLinger);
  // What the worker has made has nowhere to go any more.
  bench.server()->release_workers();
  EXPECT_TRUE(bench.server()->finish_jobs());
  EXPECT_EQ(bench.sent(), "");
  EXPECT_EQ(bench.state(), State::kLinger);
}

TEST(ConnectionLate, IsTheLastOneWhenTheServerStops) {
  Bench bench;
  make_listing(bench);
  bench.server()->hold_workers();
  bench.say(get("/many/") + get("/api/"));
  bench.connection().finish_soon(bench.services());
  EXPECT_FALSE(bench.closed());
  bench.server()->release_workers();
  const auto answers = test::parse_responses(bench.settle());
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].field("Connection"), "close");
  EXPECT_NE(answers[0].body.find("299"), std::string::npos);
  bench.half_close();
  EXPECT_TRUE(bench.ended());
}

TEST(ConnectionLate, IsGivenUpWhenTheServerHasNoPatienceLeft) {
  Bench bench;
  make_listing(bench);
  bench.server()->hold_workers();
  bench.say(get("/many/"));
  bench.connection().cut_off(bench.services());
  EXPECT_TRUE(bench.closed());
  EXPECT_EQ(bench.records().at(0).at("why"), "server stopped");
}

// --- workers that have too much to do
// -------------------------------------------------------------

TEST(ConnectionBusy, SendsFilesAsTheyAreAndListsNothing) {
  Bench bench(compressing());
  make_listing(bench);
  bench.site().write("small.js", script_of(5000));
  bench.site().write("large.js", script_of(700'000));
  bench.at(kSettledMs);
  bench.server()->hold_workers(WorkerPool::kMostWaiting + 1);
  const auto answers = test::parse_responses(bench.converse(
      get("/small.js", kGzip) + get("/large.js", kGzip) + get("/many/") + get("/api/")));
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[0].body, script_of(5000));
  EXPECT_FALSE(answers[0].has("Content-Encoding"));
  EXPECT_EQ(answers[0].field("Vary"), "Accept-Encoding");
  EXPECT_TRUE(answers[1].body == script_of(700'000));
  EXPECT_FALSE(answers[1].has("Content-Encoding"));
  EXPECT_EQ(answers[2].status, 503);
  EXPECT_EQ(answers[2].field("Retry-After"), "1");
  EXPECT_FALSE(answers[2].has("Connection"));
  EXPECT_EQ(answers[3].body, "Hello");
  EXPECT_EQ(bench.records().at(2).at("via"), "limit");
}

TEST(ConnectionBusy, StillSendsWhatWasCompressedBefore) {
  Bench bench(compressing());
  bench.site().write("small.js", script_of(5000));
  bench.at(kSettledMs);
  static_cast<void>(bench.converse(get("/small.js", kGzip)));
  bench.server()->hold_workers(WorkerPool::kMostWaiting + 1);
  const Heard answer = heard(bench.converse(get("/small.js", kGzip)));
  EXPECT_EQ(answer.head.field("Content-Encoding"), "gzip");
  EXPECT_EQ(unzip(answer.rest), script_of(5000));
}

// --- one job for several
// --------------------------------------------------------------------------

struct TwoClients {
  Bench first{compressing()};
  Bench second{first.server()};

  TwoClients() {
    first.site().write("a.js", script_of(5000));
    first.at(kSettledMs);
    first.server()->hold_workers();
  }
  // Lets the worker go on, and returns how many jobs it had.
  std::size_t jobs() {
    BenchServer& server = *first.server();
    server.release_workers();
    auto finished = server.take_jobs();
    const std::size_t count = finished.size();
    for (auto& job : finished) server.deliver(std::move(job));
    return count;
  }
  using BenchServer = test::BenchServer;
};

TEST(ConnectionsThatWaitForOneJob, BothGetWhatItMakes) {
  TwoClients clients;
  clients.first.say(get("/a.js", kGzip));
  clients.second.say(get("/a.js", kGzip) + get("/api/"));
  EXPECT_EQ(clients.jobs(), 1U);
  const Heard first = heard(clients.first.settle());
  EXPECT_EQ(first.head.field("Content-Encoding"), "gzip");
  EXPECT_EQ(unzip(first.rest), script_of(5000));
  const auto second = test::parse_responses(clients.second.settle());
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].body, first.rest);
  EXPECT_EQ(second[0].fields, first.head.fields);
  EXPECT_EQ(second[1].body, "Hello");
}

TEST(ConnectionsThatWaitForOneJob, DoNotNeedTheOneWhoAskedFirst) {
  TwoClients clients;
  clients.first.say(get("/a.js", kGzip));
  clients.second.say(get("/a.js", kGzip));
  clients.first.hang_up();
  clients.first.connection().break_off(clients.first.services());
  EXPECT_EQ(clients.jobs(), 1U);
  EXPECT_TRUE(clients.first.closed());
  const Heard second = heard(clients.second.settle());
  EXPECT_EQ(second.head.field("Content-Encoding"), "gzip");
  EXPECT_EQ(unzip(second.rest), script_of(5000));
}

TEST(ConnectionsThatWaitForOneJob, MayLeaveEarlier) {
  TwoClients clients;
  clients.first.say(get("/a.js", kGzip));
  clients.second.say(get("/a.js", kGzip));
  clients.second.hang_up();
  clients.second.connection().break_off(clients.second.services());
  EXPECT_EQ(clients.jobs(), 1U);
  EXPECT_EQ(heard(clients.first.settle()).head.field("Content-Encoding"), "gzip");
  const auto records = clients.first.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].at("via"), "client-abort");
  EXPECT_EQ(records[1].at("status"), 200);
}

TEST(ConnectionsThatWaitForOneJob, GetTheFileAsItIsWhereItPaysNot) {
  TwoClients clients;
  clients.first.site().write("noise.js", noise_of(5000));
  clients.first.say(get("/noise.js", kGzip));
  clients.second.say(get("/noise.js", kGzip));
  EXPECT_EQ(clients.jobs(), 1U);
  for (Bench* const client : {&clients.first, &clients.second}) {
    const Heard answer = heard(client->settle());
    EXPECT_FALSE(answer.head.has("Content-Encoding"));
    EXPECT_TRUE(answer.rest == noise_of(5000));
  }
}

TEST(ConnectionsThatWaitForOneJob, WantTheSameCoding) {
  TwoClients clients;
  clients.first.say(get("/a.js", kGzip));
  clients.second.say(get("/a.js", "Accept-Encoding: br\r\n"));
  EXPECT_EQ(clients.jobs(), 2U);
  EXPECT_EQ(heard(clients.first.settle()).head.field("Content-Encoding"), "gzip");
  EXPECT_EQ(heard(clients.second.settle()).head.field("Content-Encoding"), "br");
}

TEST(ConnectionsThatWaitForOneJob, AreNoneWhileTheFileIsYoung) {
  TwoClients clients;
  clients.first.at(0);
  clients.first.say(get("/a.js", kGzip));
  clients.second.say(get("/a.js", kGzip));
  EXPECT_EQ(clients.jobs(), 2U);
  EXPECT_EQ(heard(clients.first.settle()).head.field("Content-Encoding"), "gzip");
  EXPECT_EQ(heard(clients.second.settle()).head.field("Content-Encoding"), "gzip");
}

// --- content that is made while it is sent
// --------------------------------------------------------

TEST(ConnectionStream, SendsItInChunksAndGoesOn) {  // RFC 9112 §7.1
  Bench bench(compressing());
  bench.site().write("large.js", script_of(2'000'000));
  bench.at(kSettledMs);
  Heard answer = heard(bench.converse(get("/large.js", kGzip)));
  EXPECT_EQ(answer.head.field("Transfer-Encoding"), "chunked");
  EXPECT_FALSE(answer.head.has("Content-Length"));
  EXPECT_FALSE(answer.head.has("Connection"));
  const Chunks chunks = unchunk(answer.rest);
  EXPECT_TRUE(chunks.is_whole);
  EXPECT_TRUE(unzip(chunks.content) == script_of(2'000'000));
  EXPECT_EQ(bench.state(), State::kIdle);
  // The second time it is there as a whole, and the connection is as good as new.
  answer = heard(bench.converse(get("/large.js", kGzip)));
  EXPECT_EQ(answer.head.field("Content-Length"), std::to_string(chunks.content.size()));
  EXPECT_TRUE(answer.rest == chunks.content);
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].at("bytes"), chunks.content.size());
  EXPECT_EQ(records[1].at("bytes"), chunks.content.size());
}

TEST(ConnectionStream, AnswersWhatIsBehindItInOrder) {
  Bench bench(compressing());
  bench.site().write("large.js", script_of(2'000'000));
  const std::string text =
      bench.converse(get("/") + get("/large.js", kGzip) + get("/missing") + get("/api/"));
  const Heard home = heard(text);
  EXPECT_EQ(home.rest.substr(0, 4), "home");
  const Heard stream = heard(home.rest.substr(4));
  const std::size_t end = stream.rest.find("\r\n0\r\n\r\n") + 7;
  EXPECT_TRUE(unzip(unchunk(stream.rest.substr(0, end)).content) == script_of(2'000'000));
  const auto answers = test::parse_responses(stream.rest.substr(end));
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].status, 404);
  EXPECT_EQ(answers[1].body, "Hello");
}

TEST(ConnectionStream, EndsWithTheConnectionOfAnOldClient) {  // RFC 9112 §6.3
  Bench bench(compressing());
  bench.site().write("large.js", script_of(2'000'000));
  bench.at(kSettledMs);
  const Heard answer = heard(bench.converse(
      "GET /large.js HTTP/1.0\r\nConnection: keep-alive\r\nAccept-Encoding: gzip\r\n\r\n"));
  EXPECT_FALSE(answer.head.has("Transfer-Encoding"));
  EXPECT_FALSE(answer.head.has("Content-Length"));
  EXPECT_EQ(answer.head.field("Connection"), "close");
  EXPECT_TRUE(unzip(answer.rest) == script_of(2'000'000));
  EXPECT_TRUE(bench.ended());
  EXPECT_EQ(bench.records().at(0).at("bytes"), answer.rest.size());
}

TEST(ConnectionStream, SendsNoContentToHead) {
  Bench bench(compressing());
  bench.site().write("large.js", script_of(2'000'000));
  const std::string text =
      bench.converse("HEAD /large.js HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(test::parse_response_head(text).field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(heard(bench.converse(get("/"))).rest, "home");
}

TEST(ConnectionStream, IsMadeNoFasterThanItIsRead) {
  Bench bench(compressing());
  bench.site().write("large.txt", noise_of(3'000'000));
  bench.say(get("/large.txt", kGzip));
  while (bench.server()->finish_jobs()) {
  }
  // Jobs that have been posted since don't come back meanwhile: this is what was queued.
  const std::string queued = bench.sent();
  EXPECT_GE(queued.size(), 128U * 1024);
  EXPECT_LE(queued.size(), (128U + 2 * 64) * 1024);  // a portion of noise, and the kernel's share
  const Chunks chunks = unchunk(heard(queued + bench.settle()).rest);
  EXPECT_TRUE(chunks.is_whole);
  EXPECT_TRUE(unzip(chunks.content) == noise_of(3'000'000));
}

TEST(ConnectionStream, RecordsTheContentThatLeftWhenTheClientIsGone) {
  Bench bench(compressing());
  bench.site().write("large.txt", noise_of(3'000'000));
  bench.say(get("/large.txt", kGzip));
  while (bench.server()->finish_jobs()) {
  }
  std::string text = bench.arrived();
  for (int i = 0; i < 5; ++i) {
    bench.connection().send(bench.services());
    text += bench.arrived();
  }
  ASSERT_EQ(bench.state(), State::kSend);
  bench.hang_up();
  bench.connection().send(bench.services());
  EXPECT_TRUE(bench.closed());
  static_cast<void>(bench.server()->finish_jobs());
  const Chunks chunks = unchunk(heard(text).rest);
  EXPECT_FALSE(chunks.is_whole);
  EXPECT_GT(chunks.content.size(), 0U);
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("bytes"), chunks.content.size());
  EXPECT_EQ(records[0].at("status"), 200);
  EXPECT_EQ(records[0].at("via"), "client-abort");
}

// What a client hears whose file is changed by `change` while it is on its way.
struct Cut {
  explicit Cut(void (*change)(const test::TempTree&)) {
    bench.site().write("large.txt", noise_of(1'000'000));
    bench.say(get("/large.txt", kGzip));
    EXPECT_TRUE(bench.server()->finish_jobs());
    change(bench.site());
    answer = heard(bench.settle());
    records = bench.records();
  }
  Bench bench{compressing()};
  Heard answer;
  std::vector<nlohmann::json> records;
};

TEST(ConnectionStream, IsCutOffWhereTheFileChanges) {
  Cut cut([](const test::TempTree& site) { site.append("large.txt", "more"); });
  EXPECT_TRUE(cut.bench.ended());
  const Chunks chunks = unchunk(cut.answer.rest);
  EXPECT_FALSE(chunks.is_whole);
  ASSERT_EQ(cut.records.size(), 1U);
  EXPECT_EQ(cut.records[0].at("via"), "internal-error");
  EXPECT_EQ(cut.records[0].at("why"), "file changed while it was compressed");
  EXPECT_EQ(cut.records[0].at("bytes"), chunks.content.size());
}

TEST(ConnectionStream, IsCutOffWhereTheFileShrinks) {
  Cut cut([](const test::TempTree& site) {
    EXPECT_EQ(::truncate(site.path("large.txt").c_str(), 300'000), 0);
  });
  EXPECT_TRUE(cut.bench.ended());
  EXPECT_FALSE(unchunk(cut.answer.rest).is_whole);
  ASSERT_EQ(cut.records.size(), 1U);
  EXPECT_EQ(cut.records[0].at("why"), "file became shorter");
}

TEST(ConnectionStream, IsCutOffWhereAPortionCouldNotBeMade) {
  Bench bench;
  answer_with(bench, scripted_answer({{"one"}, {"two"}}, true), get("/many/"));
  const Heard answer = heard(bench.settle());
  EXPECT_EQ(answer.rest, "3\r\none\r\n3\r\ntwo\r\n");
  EXPECT_TRUE(bench.ended());
  EXPECT_EQ(bench.records().at(0).at("why"), "out of memory");
}

TEST(ConnectionStream, HasNoOtherAnswerInItsMiddle) {  // where a step throws
  Bench bench;
  answer_with(bench, scripted_answer({{"one", Then::kMore, 1000}}, false), get("/many/"));
  EXPECT_EQ(heard(bench.sent()).rest, "3\r\none\r\n");
  bench.connection().fail(bench.services());
  EXPECT_EQ(bench.sent(), "");
  EXPECT_TRUE(bench.ended());
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].at("via"), "internal-error");
  EXPECT_EQ(records[0].at("bytes"), 3);
}

TEST(ConnectionStream, IsCountedByItselfWhereSeveralAreMadeAtOnce) {
  Bench bench;
  const std::string text = bench.converse(get("/api/stream/1") + get("/api/stream/1") + get("/"));
  EXPECT_EQ(bench.state(), State::kIdle);
  EXPECT_TRUE(text.ends_with("\r\n\r\nhome"));
  const auto records = bench.records();
  ASSERT_EQ(records.size(), 3U);
  const Heard first = heard(text);
  const std::string content = unchunk(first.rest.substr(0, first.rest.find("HTTP/1.1"))).content;
  EXPECT_EQ(records[0].at("bytes"), content.size());
  EXPECT_EQ(records[1].at("bytes"), content.size());
  EXPECT_EQ(records[2].at("bytes"), 4);
}

TEST(ConnectionStream, KeepsItsPausesAndSkipsEmptyPortions) {
  Bench bench;
  answer_with(bench,
              scripted_answer({{"one", Then::kMore, 500},
                               {"", Then::kMore},
                               {"two", Then::kMore, 700},
                               {"", Then::kMore, 50},
                               {"", Then::kEnd}},
                              false),
              get("/many/") + get("/api/"));
  EXPECT_EQ(heard(bench.sent()).rest, "3\r\none\r\n");
  EXPECT_EQ(bench.state(), State::kRespond);
  EXPECT_EQ(bench.deadline(), 501);
  bench.at(501);
  bench.connection().expire(bench.services());
  EXPECT_EQ(bench.sent(), "3\r\ntwo\r\n");
  EXPECT_EQ(bench.deadline(), 1201);
  bench.at(1201);
  bench.connection().expire(bench.services());
  EXPECT_EQ(bench.sent(), "");
  EXPECT_EQ(bench.deadline(), 1251);
  bench.at(1251);
  bench.connection().expire(bench.services());
  const std::string text = bench.settle();
  EXPECT_EQ(text.substr(0, 5), "0\r\n\r\n");
  EXPECT_EQ(heard(text.substr(5)).rest, "Hello");
  EXPECT_EQ(bench.records().at(0).at("bytes"), 6);
}

TEST(ConnectionStream, EndsAPacedOneWhenTheServerStops) {
  Bench bench;
  answer_with(bench, scripted_answer({{"one", Then::kMore, 1000}, {"two"}}, false), get("/many/"));
  EXPECT_EQ(heard(bench.sent()).rest, "3\r\none\r\n");
  bench.connection().finish_soon(bench.services());
  EXPECT_TRUE(bench.ended());
  EXPECT_EQ(bench.records().at(0).at("why"), "server stopped");
}

TEST(ConnectionStream, LetsOneArriveThatEndsByItselfWhenTheServerStops) {
  Bench bench(compressing());
  bench.site().write("large.txt", noise_of(1'000'000));
  bench.say(get("/large.txt", kGzip) + get("/api/"));
  bench.connection().finish_soon(bench.services());
  const std::string text = bench.settle();
  const Heard answer = heard(text);
  const std::size_t end = answer.rest.rfind("0\r\n\r\nHTTP/1.1 ") + 5;
  const Chunks chunks = unchunk(answer.rest.substr(0, end));
  EXPECT_TRUE(chunks.is_whole);
  EXPECT_TRUE(unzip(chunks.content) == noise_of(1'000'000));
  EXPECT_EQ(heard(answer.rest.substr(end)).head.field("Connection"), "close");
  EXPECT_TRUE(bench.ended());
}

// --- files that are not in memory
// -----------------------------------------------------------------

TEST(ConnectionCold, SendsAFileThatAWorkerReadsAhead) {
  Bench bench({}, test::kDisk);
  bool waited = false;
  for (int i = 0; i < test::kColdTries && !waited; ++i) {
    if (!test::drop_pages(bench.site().path("large.bin"))) GTEST_SKIP() << test::kNothingIsDropped;
    bench.say(get("/large.bin") + get("/api/"));
    waited = bench.state() == State::kRespond;
    const auto answers = test::parse_responses(bench.settle());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].body == large());
    EXPECT_EQ(answers[1].body, "Hello");
    EXPECT_EQ(bench.state(), State::kIdle);
  }
  EXPECT_TRUE(waited);
}

TEST(ConnectionCold, ReadsASmallFileOnAWorker) {
  Bench bench({}, test::kDisk);
  bool waited = false;
  for (int i = 0; i < test::kColdTries && !waited; ++i) {
    if (!test::drop_pages(bench.site().path("block.bin"))) GTEST_SKIP() << test::kNothingIsDropped;
    bench.say(get("/block.bin") + get("/"));
    waited = bench.state() == State::kRespond;
    const auto answers = test::parse_responses(bench.settle());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].body, large().substr(0, 60'000));
    EXPECT_EQ(answers[1].body, "home");
  }
  EXPECT_TRUE(waited);
}

TEST(ConnectionCold, LosesNothingWhenAnotherAnswerIsMadeMeanwhile) {
  Bench bench({}, test::kDisk);
  make_listing(bench);
  bench.site().write("cold.bin", large().substr(0, 200'000));
  bool waited = false;
  for (int i = 0; i < test::kColdTries && !waited; ++i) {
    if (!test::drop_pages(bench.site().path("cold.bin"))) GTEST_SKIP() << test::kNothingIsDropped;
    bench.say(get("/cold.bin") + get("/many/"));
    waited = bench.state() == State::kRespond;
    auto jobs = bench.server()->take_jobs();
    EXPECT_EQ(jobs.size(), waited ? 2U : 1U);
    for (auto& job : jobs) bench.server()->deliver(std::move(job));
    const auto answers = test::parse_responses(bench.settle());
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_TRUE(answers[0].body == large().substr(0, 200'000));
    EXPECT_NE(answers[1].body.find("299"), std::string::npos);
  }
  EXPECT_TRUE(waited);
}

TEST(ConnectionCold, LeavesAClientThatGoesWhileItIsRead) {
  Bench bench({}, test::kDisk);
  for (int i = 0; i < test::kColdTries; ++i) {
    if (!test::drop_pages(bench.site().path("large.bin"))) GTEST_SKIP() << test::kNothingIsDropped;
    Bench client(bench.server());
    client.say(get("/large.bin"));
    if (client.state() != State::kRespond) continue;
    client.hang_up();
    client.connection().break_off(client.services());
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(bench.server()->finish_jobs());
    const auto records = bench.records();
    EXPECT_EQ(records.back().at("via"), "client-abort");
    EXPECT_EQ(records.back().at("bytes"), 0);
    return;
  }
  FAIL() << "it was never cold";
}

}  // namespace
}  // namespace tinyserve::loop
