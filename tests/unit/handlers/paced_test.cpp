#include "handlers/paced.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tinyserve::handlers {
namespace {

using http::Portion;

http::Producer& producer_of(const Answer& answer) {
  return *std::get<std::unique_ptr<http::Producer>>(answer.response.body);
}

// All portions; the last one is the end.
std::vector<Portion> portions_of(const Answer& answer) {
  std::vector<Portion> portions;
  do {
    portions.push_back(producer_of(answer).produce());
  } while (portions.back().then == Portion::Then::kMore);
  EXPECT_EQ(portions.back().then, Portion::Then::kEnd);
  return portions;
}

// With the date of each time in place of it.
std::string untimed(std::string text) {
  constexpr std::string_view kBefore = "\"time\":\"";
  for (std::size_t at = text.find(kBefore); at != text.npos; at = text.find(kBefore, at + 1)) {
    EXPECT_EQ(text[at + kBefore.size() + 23], 'Z');
    text.replace(at + kBefore.size(), 24, "now");
  }
  return text;
}

TEST(PacedLines, ComeOneByOneWithAPauseBetween) {
  const Answer answer = paced_lines(2, 100);
  EXPECT_EQ(answer.via, http::Via::kApi);
  EXPECT_EQ(answer.response.fields.text(),
            "Content-Type: application/x-ndjson\r\n"
            "Cache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n");
  EXPECT_FALSE(producer_of(answer).is_heavy());
  const auto portions = portions_of(answer);
  ASSERT_EQ(portions.size(), 2U);
  EXPECT_EQ(untimed(portions[0].bytes), "{\"n\":1,\"of\":2,\"time\":\"now\"}\n");
  EXPECT_EQ(portions[0].pause_ms, 100);
  EXPECT_EQ(untimed(portions[1].bytes), "{\"n\":2,\"of\":2,\"time\":\"now\"}\n");
  EXPECT_EQ(portions[1].pause_ms, 0);
}

TEST(PacedLines, MayBeNone) {
  const auto portions = portions_of(paced_lines(0, 100));
  ASSERT_EQ(portions.size(), 1U);
  EXPECT_EQ(portions[0].bytes, "");
}

TEST(PacedEvents, AreNumberedTicks) {
  const Answer answer = paced_events(0, 2, 1000);
  EXPECT_EQ(answer.response.fields.text(),
            "Content-Type: text/event-stream\r\n"
            "Cache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n");
  const auto portions = portions_of(answer);
  ASSERT_EQ(portions.size(), 2U);
  EXPECT_EQ(untimed(portions[0].bytes), "id: 1\nevent: tick\ndata: {\"n\":1,\"time\":\"now\"}\n\n");
  EXPECT_EQ(portions[0].pause_ms, 1000);
  EXPECT_EQ(untimed(portions[1].bytes), "id: 2\nevent: tick\ndata: {\"n\":2,\"time\":\"now\"}\n\n");
}

TEST(PacedEvents, GoOnBehindTheLastOneThatWasReceived) {
  const auto portions = portions_of(paced_events(7, 9, 10));
  ASSERT_EQ(portions.size(), 2U);
  EXPECT_EQ(portions[0].bytes.substr(0, 6), "id: 8\n");
}

TEST(PacedEvents, AreRefusedForGoodWhenAllWereReceived) {
  for (const std::uint64_t received : {9ULL, 10ULL, 1ULL << 62}) {
    const Answer answer = paced_events(received, 9, 10);
    EXPECT_EQ(answer.response.status, http::Status::kNoContent);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(answer.response.body));
  }
}

TEST(PacedEvents, EndAfterAnHour) {
  EXPECT_EQ(portions_of(paced_events(5, kMostTicks, 1000)).size(), 3600U);
  EXPECT_EQ(portions_of(paced_events(0, kMostTicks, 60'000)).size(), 60U);
}

}  // namespace
}  // namespace tinyserve::handlers
