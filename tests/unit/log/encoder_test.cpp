#include "log/encoder.h"

#include <gtest/gtest.h>

#include <string>

namespace tinyserve::log {
namespace {

std::string line(const Options& options) {
  Encoder encoder(options);
  RequestFacts facts;
  facts.remote = "127.0.0.1";
  facts.method = "GET";
  facts.path = "/x";
  facts.user_agent = "agent";
  Buffer drafts;
  const RecordDraft draft = encoder.begin(drafts, facts);
  Outcome outcome;
  outcome.status = 200;
  Buffer out;
  encoder.finish(out, drafts, draft, outcome);
  return std::string(out.view());
}

TEST(Encoder, WritesTheFormatThatWasAskedFor) {
  EXPECT_TRUE(line({.format = Format::kJson}).starts_with("{\"time\":"));
  EXPECT_TRUE(line({.format = Format::kPretty}).ends_with("  200     0 B    0 µs  GET  /x\n"));
  EXPECT_TRUE(line({.format = Format::kCombined}).ends_with("\"GET /x\" 200 0 \"-\" \"agent\"\n"));
  EXPECT_TRUE(line({.format = Format::kCommon}).ends_with("\"GET /x\" 200 0\n"));
  EXPECT_EQ(line({.format = Format::kNone}), "");
}

TEST(Encoder, HandsOnWhatThePrettyFormatNeeds) {
  const std::string text = line({.format = Format::kPretty, .columns = 40, .colored = true});
  EXPECT_TRUE(text.starts_with("\x1b[2m"));
}

TEST(Encoder, HasEventsInJsonOnly) {
  EXPECT_TRUE(Encoder({.format = Format::kJson}).has_events());
  for (const Format format : {Format::kPretty, Format::kCombined, Format::kCommon, Format::kNone}) {
    EXPECT_FALSE(Encoder({.format = format}).has_events());
  }
}

}  // namespace
}  // namespace tinyserve::log
