#include "log/tally.h"

#include <gtest/gtest.h>

#include <string>

namespace tinyserve::log {
namespace {

Visit visit(std::string_view path, std::string_view referer = {},
            std::string_view host = "localhost:8080") {
  RequestFacts facts;
  facts.path = path;
  if (!referer.empty()) facts.referer = referer;
  if (!host.empty()) facts.host = host;
  return make_visit(facts);
}

Outcome answered(int status, std::int64_t dur_us = 1) {
  Outcome outcome;
  outcome.status = status;
  outcome.dur_us = dur_us;
  return outcome;
}

TEST(Visit, IsByAnOwnLinkWhereTheRefererHasTheOriginOfTheRequest) {
  const auto is_own = [](std::string_view referer, std::string_view host = "localhost:8080") {
    return visit("/x", referer, host).is_by_own_link;
  };
  EXPECT_TRUE(is_own("http://localhost:8080/a/b.html?c"));
  EXPECT_TRUE(is_own("http://localhost:8080"));
  EXPECT_TRUE(is_own("HTTP://LocalHost:8080/"));
  EXPECT_FALSE(is_own(""));
  EXPECT_FALSE(is_own("http://localhost:8081/"));
  EXPECT_FALSE(is_own("http://localhost:80801/"));
  EXPECT_FALSE(is_own("https://localhost:8080/"));
  EXPECT_FALSE(is_own("http://localhost/"));
  EXPECT_FALSE(is_own("http://other.example/?http://localhost:8080/"));
  EXPECT_FALSE(is_own("/a"));
  EXPECT_FALSE(is_own("http:///", ""));
}

TEST(Visit, IsByNoLinkWhereBrowsersAskUnbidden) {
  EXPECT_FALSE(visit("/favicon.ico", "http://localhost:8080/").is_by_own_link);
  EXPECT_FALSE(visit("/.well-known/appspecific/com.chrome.devtools.json", "http://localhost:8080/")
                   .is_by_own_link);
  EXPECT_TRUE(visit("/a/favicon.ico", "http://localhost:8080/").is_by_own_link);
}

TEST(Visit, KeepsNoMoreThanTheBeginningOfALongText) {
  const Visit cut = visit(std::string(9000, 'p'), std::string(9000, 'r'));
  EXPECT_EQ(cut.path, std::string(256, 'p'));
  EXPECT_EQ(cut.referer, std::string(256, 'r'));
}

TEST(Tally, TellsPercentilesOfWhatWasAnswered) {
  Tally tally;
  for (int i = 1; i <= 20; ++i) tally.add(visit("/x"), answered(200, i));
  Outcome nothing_sent;
  nothing_sent.dur_us = 30'000'000;
  tally.add(visit("/x"), nothing_sent);
  const Summary summary = tally.summary();
  EXPECT_EQ(summary.p50_us, 10);
  EXPECT_EQ(summary.p95_us, 19);
  EXPECT_EQ(summary.p99_us, 20);
}

TEST(Tally, HasEachSlowPathOnceTheSlowestFirst) {
  Tally tally;
  tally.add(visit("/a"), answered(200, 5));
  tally.add(visit("/b"), answered(200, 7));
  tally.add(visit("/a"), answered(200, 9));
  tally.add(visit("/b"), answered(200, 1));
  const auto slowest = tally.summary().slowest;
  ASSERT_EQ(slowest.size(), 2u);
  EXPECT_EQ(slowest[0].path, "/a");
  EXPECT_EQ(slowest[0].dur_us, 9);
  EXPECT_EQ(slowest[1].path, "/b");
  EXPECT_EQ(slowest[1].dur_us, 7);
}

TEST(Tally, KeepsTheTwentySlowestPaths) {
  Tally tally;
  for (int i = 0; i < 1000; ++i) {
    const int shuffled = i * 7 % 1000;
    tally.add(visit("/" + std::to_string(shuffled)), answered(200, shuffled));
  }
  const auto slowest = tally.summary().slowest;
  ASSERT_EQ(slowest.size(), 20u);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(slowest[i].path, "/" + std::to_string(999 - i));
}

TEST(Tally, CountsWhatWasNotFoundAndWhoLedThere) {
  Tally tally;
  tally.add(visit("/once"), answered(404));
  tally.add(visit("/often"), answered(404));
  tally.add(visit("/often", "http://other.example/"), answered(404));
  tally.add(visit("/often", "http://localhost:8080/"), answered(404));
  tally.add(visit("/there", "http://localhost:8080/"), answered(200));
  const Summary summary = tally.summary();
  ASSERT_EQ(summary.missing.rows.size(), 2u);
  EXPECT_EQ(summary.missing.total, 4u);
  EXPECT_EQ(summary.missing.rows[0].path, "/often");
  EXPECT_EQ(summary.missing.rows[0].count, 3u);
  EXPECT_EQ(summary.missing.rows[0].referer, "http://other.example/");
  EXPECT_EQ(summary.missing.rows[1].path, "/once");
  EXPECT_EQ(summary.missing.rows[1].referer, "");
  ASSERT_EQ(summary.broken.rows.size(), 1u);
  EXPECT_EQ(summary.broken.total, 1u);
  EXPECT_EQ(summary.broken.rows[0].path, "/often");
  EXPECT_EQ(summary.broken.rows[0].referer, "http://localhost:8080/");
}

TEST(Tally, TakesInAllThatAnotherRemembers) {
  Tally tally;
  Tally other;
  tally.add(visit("/slow"), answered(200, 500));
  tally.add(visit("/gone"), answered(404, 10));
  other.add(visit("/slow"), answered(200, 900));
  other.add(visit("/gone", "http://localhost:8080/"), answered(404, 20));
  other.add(visit("/other"), answered(404, 30));
  tally.add_all(other);
  const Summary summary = tally.summary();
  EXPECT_EQ(summary.p50_us, 30);
  ASSERT_EQ(summary.slowest.size(), 3u);
  EXPECT_EQ(summary.slowest[0].path, "/slow");
  EXPECT_EQ(summary.slowest[0].dur_us, 900);
  EXPECT_EQ(summary.slowest[1].path, "/other");
  ASSERT_EQ(summary.missing.rows.size(), 2u);
  EXPECT_EQ(summary.missing.total, 3u);
  EXPECT_EQ(summary.missing.rows[0].path, "/gone");
  EXPECT_EQ(summary.missing.rows[0].count, 2u);
  EXPECT_EQ(summary.missing.rows[0].referer, "http://localhost:8080/");
  EXPECT_EQ(summary.broken.total, 1u);
}

TEST(Tally, StaysSmallAndStillFindsBrokenLinksWhenPathsAreMadeUp) {
  Tally tally;
  for (int i = 0; i < 5000; ++i) tally.add(visit("/" + std::to_string(i)), answered(404));
  tally.add(visit("/5000", "http://localhost:8080/"), answered(404));
  const Summary summary = tally.summary();
  EXPECT_EQ(summary.missing.rows.size(), 20u);
  EXPECT_EQ(summary.missing.total, 5001u);
  ASSERT_EQ(summary.broken.rows.size(), 1u);
  EXPECT_EQ(summary.broken.rows[0].path, "/5000");
}

}  // namespace
}  // namespace tinyserve::log
