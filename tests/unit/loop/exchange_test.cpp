#include "loop/exchange.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "http/chunked.h"

namespace tinyserve::loop {
namespace {

constexpr std::string_view kHead = "HEAD\r\n\r\n";

// An exchange whose output leaves a byte at a time.
class Bench {
 public:
  Bench() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) std::abort();
    ours_.reset(ends[0]);
    theirs_.reset(ends[1]);
  }

  Exchange& exchange() { return exchange_; }
  [[nodiscard]] std::uint64_t queued() const { return exchange_.queue.queued(); }
  // All that was queued.
  [[nodiscard]] const std::string& wire() const { return wire_; }

  // Each byte as a slice of its own: no two of them leave in one call.
  void append(std::string_view bytes) {
    if (::write(file_.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      std::abort();
    for (std::size_t i = 0; i < bytes.size(); ++i)
      exchange_.queue.append(file_, wire_.size() + i, 1);
    wire_ += bytes;
  }
  // As a connection queues them.
  void append_portion(std::string_view bytes, bool chunked) {
    const auto& marks = exchange_.marks;
    const std::uint64_t before = marks.empty() ? 0 : marks.back().length;
    if (chunked) append(http::chunk_begin(bytes.size()));
    append(bytes);
    exchange_.marks.push_back({queued(), before + bytes.size()});
    if (chunked) append(http::kChunkEnd);
  }
  void send_byte() {
    const std::uint64_t before = exchange_.queue.sent();
    static_cast<void>(exchange_.queue.flush(ours_.get(), 1));
    ASSERT_EQ(exchange_.queue.sent(), before + 1);
    char byte = 0;
    ASSERT_EQ(::recv(theirs_.get(), &byte, 1, 0), 1);
  }

 private:
  http::Limits limits_;
  MemoryBudget budget_{1 << 20};
  Exchange exchange_{limits_, budget_};
  SharedFd file_{UniqueFd(::memfd_create("wire", MFD_CLOEXEC))};
  UniqueFd ours_;
  UniqueFd theirs_;
  std::string wire_;
};

// How much content a client has that has received `bytes` behind the head.
std::uint64_t decoded_size(std::string_view bytes) {
  http::ChunkedDecoder decoder(1 << 20);
  while (!bytes.empty()) {
    const auto step = decoder.decode(bytes);
    EXPECT_NE(step.state, http::ChunkedDecoder::State::kRefused);
    bytes.remove_prefix(step.consumed);
    if (step.state == http::ChunkedDecoder::State::kDone) break;
  }
  return decoder.content_size();
}

// Sizes whose frames differ: one digit, two, three.
const std::vector<std::string> kPortions{"a", std::string(20, 'b'), "c", std::string(300, 'd'),
                                         "ee"};

TEST(ExchangeContentSent, OfChunksIsWhatAClientCanDecodeAtEveryByte) {
  for (const bool drops : {false, true}) {
    Bench bench;
    PendingAnswer answer;
    answer.produced = true;
    bench.append(kHead);
    answer.head_end = bench.queued();
    for (const std::string& portion : kPortions) bench.append_portion(portion, true);
    bench.append(http::kLastChunk);
    answer.end = bench.queued();
    for (std::size_t sent = 0; sent < bench.wire().size(); ++sent) {
      const std::string_view left = std::string_view(bench.wire()).substr(0, sent);
      const std::uint64_t expected =
          sent < kHead.size() ? 0 : decoded_size(left.substr(kHead.size()));
      ASSERT_EQ(bench.exchange().content_sent(answer), expected) << sent;
      bench.send_byte();
      if (drops) bench.exchange().drop_marks();
    }
    EXPECT_EQ(bench.exchange().content_sent(answer), 324U);
    EXPECT_EQ(bench.exchange().marks.size(), drops ? 1U : kPortions.size());
  }
}

TEST(ExchangeContentSent, WithoutChunksIsEveryByteBehindTheHead) {
  Bench bench;
  PendingAnswer answer;
  answer.produced = true;
  answer.end = PendingAnswer::kOpenEnd;
  bench.append(kHead);
  answer.head_end = bench.queued();
  for (const std::string& portion : kPortions) bench.append_portion(portion, false);
  for (std::size_t sent = 0; sent <= bench.wire().size(); ++sent) {
    ASSERT_EQ(bench.exchange().content_sent(answer), sent < kHead.size() ? 0 : sent - kHead.size());
    if (sent < bench.wire().size()) bench.send_byte();
  }
}

TEST(ExchangeContentSent, IsThatOfPortionsWhichWereQueuedLater) {
  Bench bench;
  PendingAnswer answer;
  answer.produced = true;
  answer.end = PendingAnswer::kOpenEnd;
  std::uint64_t content = 0;
  for (const std::string& portion : kPortions) {
    bench.append_portion(portion, true);
    bench.exchange().drop_marks();
    EXPECT_EQ(bench.exchange().content_sent(answer), content);
    for (std::uint64_t left = bench.exchange().queue.pending(); left > 2; --left) bench.send_byte();
    content += portion.size();
    EXPECT_EQ(bench.exchange().content_sent(answer), content);
    for (int i = 0; i < 2; ++i) bench.send_byte();
    EXPECT_EQ(bench.exchange().content_sent(answer), content);
  }
}

TEST(ExchangeContentSent, OfContentThatWasThereIsUpToItsEnd) {
  Bench bench;
  bench.append("earlier|");
  PendingAnswer answer;
  answer.begin = bench.queued();
  bench.append(kHead);
  answer.head_end = bench.queued();
  bench.append("content");
  answer.end = bench.queued();
  bench.append("|and what comes behind it");
  for (std::size_t sent = 0; sent <= bench.wire().size(); ++sent) {
    const std::size_t begin = 8 + kHead.size();
    const std::size_t expected = sent < begin ? 0 : std::min<std::size_t>(sent - begin, 7);
    ASSERT_EQ(bench.exchange().content_sent(answer), expected) << sent;
    if (sent < bench.wire().size()) bench.send_byte();
  }
}

TEST(Exchange, TellsTheBudgetWhatWaitsToLeave) {
  MemoryBudget budget(100'000);
  {
    Exchange exchange{{}, budget};
    exchange.queue.append(std::string(30'000, 'a'));
    exchange.drafts.append(std::string(20'000, 'd'));
    EXPECT_EQ(budget.used(), 0U);
    ASSERT_TRUE(exchange.charge());
    EXPECT_GE(budget.used(), 50'000U);
    const std::size_t used = budget.used();
    ASSERT_TRUE(exchange.charge());
    EXPECT_EQ(budget.used(), used);  // once
    exchange.drafts.clear(0);
    ASSERT_TRUE(exchange.charge());
    EXPECT_EQ(budget.used(), used - 20'000);
    exchange.queue.append(std::string(90'000, 'a'));
    EXPECT_FALSE(exchange.charge());
    exchange.forget_answers();
    EXPECT_EQ(budget.used(), 0U);
    ASSERT_FALSE(exchange.charge());
    EXPECT_EQ(budget.used(), 0U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(Exchange, GivesBackWhatItToldWhenItGoes) {
  MemoryBudget budget(100'000);
  {
    Exchange exchange{{}, budget};
    exchange.queue.append(std::string(30'000, 'a'));
    ASSERT_TRUE(exchange.charge());
    EXPECT_GT(budget.used(), 0U);
  }
  EXPECT_EQ(budget.used(), 0U);
}

TEST(Exchange, KeepsTheRoomOfAFewDraftsAndGivesMoreBack) {
  Bench bench;
  Exchange& exchange = bench.exchange();
  exchange.drafts.append("draft");
  const char* const room = exchange.drafts.view().data();
  exchange.answers.emplace_back();
  exchange.first_answer = 1;
  exchange.forget_answers();
  EXPECT_TRUE(exchange.answers.empty());
  EXPECT_EQ(exchange.first_answer, 0U);
  EXPECT_EQ(exchange.drafts.view().data(), room);
  exchange.drafts.append(std::string(100'000, 'x'));
  exchange.forget_answers();
  EXPECT_EQ(exchange.drafts.view().data(), nullptr);
}

}  // namespace
}  // namespace tinyserve::loop
