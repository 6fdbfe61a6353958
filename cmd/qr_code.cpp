#include "cmd/qr_code.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <string_view>

#include "cmd/diagnostics.h"

namespace tinyserve::cmd {
namespace {

constexpr std::size_t kFrame = 4;  // modules; less, and some readers find no code

std::size_t width_of(const QrCode& code) { return code.size + 2 * kFrame; }

// Two modules stand in one line of text.
std::size_t height_of(const QrCode& code) { return (width_of(code) + 1) / 2; }

// Whether the module at `row` and `column` of the framed code is light; below it there is nothing.
bool is_light(const QrCode& code, std::size_t row, std::size_t column) {
  if (row >= width_of(code)) return false;
  if (row < kFrame || column < kFrame) return true;
  row -= kFrame;
  column -= kFrame;
  if (row >= code.size || column >= code.size) return true;
  return !code.dark[row * code.size + column];
}

}  // namespace

std::string draw_qr(const QrCode& code, QrColors colors) {
  constexpr std::array<std::string_view, 4> kBlocks{" ", "▄", "▀", "█"};
  // Numbers 231 and 16 are white and black in every theme, unlike the first sixteen.
  const bool is_explicit = colors == QrColors::kExplicit;
  const std::string_view before = is_explicit ? "\x1b[38;5;231;48;5;16m" : "";
  const std::string_view after = is_explicit ? "\x1b[0m\n" : "\n";
  std::string text;
  for (std::size_t row = 0; row < width_of(code); row += 2) {
    text += before;
    for (std::size_t column = 0; column < width_of(code); ++column) {
      const std::size_t upper = is_light(code, row, column) ? 2 : 0;
      const std::size_t lower = is_light(code, row + 1, column) ? 1 : 0;
      text += kBlocks[upper + lower];
    }
    text += after;
  }
  return text;
}

std::string draw_qr_within(const QrCode& code, QrColors colors, std::size_t columns,
                           std::size_t rows) {
  if (width_of(code) > columns || height_of(code) > rows) return {};
  return draw_qr(code, colors);
}

std::string qr_for_terminal(const std::string& url, int fd, const Settings& settings,
                            const Environment& environment) {
  if (settings.verbosity == Verbosity::kQuiet || ::isatty(fd) != 1) return {};
  if (value_of(environment, "TERM") == "dumb") return {};
  winsize size{};
  ::ioctl(fd, TIOCGWINSZ, &size);
  if (size.ws_col == 0) size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  const auto code = encode_qr(url);
  if (!code) return {};
  const bool colored = use_color(settings.color, environment, fd);
  return draw_qr_within(*code, colored ? QrColors::kExplicit : QrColors::kOfTerminal, size.ws_col,
                        size.ws_row);
}

}  // namespace tinyserve::cmd
