#include "cmd/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace tinyserve::cmd {
namespace {

// The options of a log on standard output, while that is `fd`.
log::Options suited(int fd, Settings settings, const Environment& environment) {
  const UniqueFd own{::dup(STDOUT_FILENO)};
  ::dup2(fd, STDOUT_FILENO);
  suit_log_to_its_place(settings, environment);
  ::dup2(own.get(), STDOUT_FILENO);
  return settings.config.log;
}

class LogOnATerminal : public testing::Test {
 protected:
  LogOnATerminal() {
    const winsize size{.ws_row = 40, .ws_col = 132, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
  }
  [[nodiscard]] int fd() const { return terminal_.get(); }

 private:
  UniqueFd terminal_{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
};

TEST_F(LogOnATerminal, IsAsWideAsThatAndColored) {
  const log::Options log = suited(fd(), {}, {{"TERM", "xterm"}});
  EXPECT_EQ(log.columns, 132u);
  EXPECT_TRUE(log.colored);
}

TEST_F(LogOnATerminal, HasNoColorWhereNobodyWantsIt) {
  EXPECT_FALSE(suited(fd(), {}, {{"NO_COLOR", "1"}}).colored);
  Settings never;
  never.color = Color::kNever;
  EXPECT_FALSE(suited(fd(), never, {}).colored);
}

TEST_F(LogOnATerminal, IsNotThereWhenItGoesToAFile) {
  Settings settings;
  settings.config.log.path = "x.log";
  const log::Options log = suited(fd(), settings, {});
  EXPECT_EQ(log.columns, 100u);
  EXPECT_FALSE(log.colored);
  EXPECT_TRUE(suited(fd(), settings, {{"CLICOLOR_FORCE", "1"}}).colored);
}

TEST_F(LogOnATerminal, KeepsAUsualWidthWhereTheTerminalKnowsNone) {
  const winsize unknown{};
  ASSERT_EQ(::ioctl(fd(), TIOCSWINSZ, &unknown), 0);
  EXPECT_EQ(suited(fd(), {}, {}).columns, 100u);
}

}  // namespace
}  // namespace tinyserve::cmd
