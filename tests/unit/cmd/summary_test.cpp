#include "cmd/summary.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tinyserve::cmd {
namespace {

log::Summary usual_summary() {
  log::Summary summary;
  summary.requests = 1234;
  summary.bytes = 5'600'000;
  summary.p50_us = 63;
  summary.p95_us = 1'234;
  summary.p99_us = 12'000;
  summary.slowest = {{"/big.iso", 12'000'000}, {"/", 97}};
  return summary;
}

TEST(SummaryText, TellsTotalsTimesAndTheSlowest) {
  EXPECT_EQ(summary_text(usual_summary()),
            "1234 requests, 5.6 MB; p50 63 µs, p95 1.2 ms, p99 12 ms\n"
            "\n"
            "Slowest:\n"
            "     12 s  /big.iso\n"
            "    97 µs  /\n");
}

TEST(SummaryText, TellsWhatWasNotFoundAndWhoLedThere) {
  log::Summary summary = usual_summary();
  summary.requests = 1;
  summary.slowest.clear();
  summary.missing = {{{"/a.png", "http://localhost:8080/", 12}, {"/robots.txt", "", 3}}, 15};
  EXPECT_EQ(summary_text(summary),
            "1 request, 5.6 MB; p50 63 µs, p95 1.2 ms, p99 12 ms\n"
            "\n"
            "Not found:\n"
            "       12  /a.png  from http://localhost:8080/\n"
            "        3  /robots.txt\n");
  summary.missing.total = 20;
  EXPECT_TRUE(summary_text(summary).ends_with("/robots.txt\n        5  for other paths\n"));
}

TEST(SummaryText, ShowsTenSlowPaths) {
  log::Summary summary;
  summary.requests = 12;
  for (int i = 0; i < 12; ++i) summary.slowest.push_back({"/" + std::to_string(i), 1});
  const std::string text = summary_text(summary);
  EXPECT_NE(text.find("/9\n"), std::string::npos);
  EXPECT_EQ(text.find("/10\n"), std::string::npos);
}

TEST(SummaryText, CutsALongPathInItsMiddle) {
  log::Summary summary;
  summary.requests = 1;
  summary.slowest = {{std::string(36, 'a') + std::string(35, 'z'), 1}};
  EXPECT_TRUE(summary_text(summary).ends_with("  " + std::string(35, 'a') + "…" +
                                              std::string(35, 'z') + "\n"));
}

TEST(SummaryText, IsEmptyWhereNothingWasAskedFor) { EXPECT_EQ(summary_text({}), ""); }

TEST(SummaryText, GivesATerminalNothingToObey) {
  log::Summary summary;
  summary.requests = 1;
  summary.slowest = {{"/\x1b[2J", 1}};
  summary.missing = {{{"/\n", "\xff\xc2\x9b\u202E", 1}}, 1};
  EXPECT_EQ(summary_text(summary),
            "1 request, 0 B; p50 0 µs, p95 0 µs, p99 0 µs\n"
            "\n"
            "Slowest:\n"
            "     1 µs  /\\x1b[2J\n"
            "\n"
            "Not found:\n"
            "        1  /\\x0a  from \\xff\\xc2\\x9b\\xe2\\x80\\xae\n");
}

TEST(BrokenLinks, AreNamedWithThePageThatHasThem) {
  EXPECT_TRUE(broken_links({}).empty());
  EXPECT_EQ(broken_links({{{"/a.png", "http://localhost/", 2}}, 2}),
            (std::vector<std::string>{"/a.png on http://localhost/"}));
  EXPECT_EQ(broken_links({{{"/a.png", "http://localhost/", 2}}, 5}).back(),
            "other paths, 3 requests");
}

}  // namespace
}  // namespace tinyserve::cmd
