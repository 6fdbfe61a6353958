#include "cmd/diagnostics.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>

#include "base/unique_fd.h"
#include "cmd/printable.h"

namespace tinyserve::cmd {
namespace {

TEST(UseOfColor, FollowsTheFlagFirst) {
  EXPECT_TRUE(use_color(Color::kAlways, {{"NO_COLOR", "1"}, {"TERM", "dumb"}}, -1));
  EXPECT_FALSE(use_color(Color::kNever, {{"CLICOLOR_FORCE", "1"}}, -1));
}

TEST(UseOfColor, FollowsTheEnvironmentNext) {
  EXPECT_TRUE(use_color(Color::kAuto, {{"CLICOLOR_FORCE", "1"}}, -1));
  EXPECT_FALSE(use_color(Color::kAuto, {{"CLICOLOR_FORCE", "0"}}, -1));
  EXPECT_FALSE(use_color(Color::kAuto, {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", "1"}}, -1));
  EXPECT_TRUE(use_color(Color::kAuto, {{"CLICOLOR_FORCE", "1"}, {"NO_COLOR", ""}}, -1));
}

TEST(UseOfColor, FollowsTheTerminalLast) {
  const UniqueFd terminal{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  ASSERT_TRUE(terminal);
  EXPECT_TRUE(use_color(Color::kAuto, {{"TERM", "xterm"}}, terminal.get()));
  EXPECT_FALSE(use_color(Color::kAuto, {{"TERM", "dumb"}}, terminal.get()));
  EXPECT_FALSE(use_color(Color::kAuto, {{"NO_COLOR", "1"}}, terminal.get()));
  const UniqueFd file{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  EXPECT_FALSE(use_color(Color::kAuto, {{"TERM", "xterm"}}, file.get()));
}

// What standard error gets when one text of each severity is reported.
std::string reported(Verbosity verbosity, Color color) {
  Settings settings;
  settings.verbosity = verbosity;
  settings.color = color;
  testing::internal::CaptureStderr();
  const auto diagnostics = make_diagnostics(settings, {});
  diagnostics->report(log::Severity::kDebug, "detail");
  diagnostics->report(log::Severity::kInfo, "fact");
  diagnostics->report(log::Severity::kWarning, "caution");
  diagnostics->report(log::Severity::kError, "fault {}");
  return testing::internal::GetCapturedStderr();
}

TEST(Diagnostics, SayWhoSpeaksAndMarkWarnings) {
  EXPECT_EQ(reported(Verbosity::kNormal, Color::kNever),
            "tinyserve: fact\n"
            "tinyserve: warning: caution\n"
            "tinyserve: fault {}\n");
}

TEST(Diagnostics, SayOnlyErrorsWhenQuietAndAllWhenVerbose) {
  EXPECT_EQ(reported(Verbosity::kQuiet, Color::kNever), "tinyserve: fault {}\n");
  EXPECT_EQ(reported(Verbosity::kVerbose, Color::kNever).find("tinyserve: detail\n"), 0u);
}

TEST(Diagnostics, ColorTheNameOnly) {
  const std::string text = reported(Verbosity::kQuiet, Color::kAlways);
  EXPECT_EQ(text.find("\x1b["), 0u);
  EXPECT_NE(text.find("tinyserve:\x1b["), std::string::npos);
  EXPECT_TRUE(text.ends_with(" fault {}\n"));
}

TEST(Diagnostics, LetNoTextDisturbTheTerminal) {
  testing::internal::CaptureStderr();
  make_diagnostics({}, {})->report(log::Severity::kInfo, "a\nb\x1b[2J");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "tinyserve: a\\x0ab\\x1b[2J\n");
}

TEST(Printable, LeavesWordsInAnyLanguageAlone) {
  EXPECT_EQ(printable("a b/\xc3\xa4.html"), "a b/\xc3\xa4.html");
  EXPECT_EQ(printable("\x7f\t"), "\\x7f\\x09");
}

TEST(Printable, SpellsWhatATerminalObeysOrCannotShow) {
  EXPECT_EQ(printable("\u0080\u009f\u00a0"), "\\xc2\\x80\\xc2\\x9f\u00a0");
  EXPECT_EQ(printable("\u2027\u2028\u202e\u202f"), "\u2027\\xe2\\x80\\xa8\\xe2\\x80\\xae\u202f");
  EXPECT_EQ(printable("\u2066\u2069\u206a"), "\\xe2\\x81\\xa6\\xe2\\x81\\xa9\u206a");
  EXPECT_EQ(printable("\xff\xe2\x80"), "\\xff\\xe2\\x80");
}

}  // namespace
}  // namespace tinyserve::cmd
