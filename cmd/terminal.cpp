#include "cmd/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd/diagnostics.h"

namespace tinyserve::cmd {

void suit_log_to_its_place(Settings& settings, const Environment& environment) {
  log::Options& log = settings.config.log;
  const int fd = log.path.empty() ? STDOUT_FILENO : -1;
  log.colored = use_color(settings.color, environment, fd);
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) log.columns = size.ws_col;
}

}  // namespace tinyserve::cmd
