#include "cmd/diagnostics.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "cmd/printable.h"

namespace tinyserve::cmd {
namespace {

spdlog::level::level_enum least_level(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::kQuiet:
      return spdlog::level::err;
    case Verbosity::kVerbose:
      return spdlog::level::debug;
    case Verbosity::kNormal:
      break;
  }
  return spdlog::level::info;
}

spdlog::level::level_enum level_of(log::Severity severity) {
  switch (severity) {
    case log::Severity::kDebug:
      return spdlog::level::debug;
    case log::Severity::kWarning:
      return spdlog::level::warn;
    case log::Severity::kError:
      return spdlog::level::err;
    case log::Severity::kInfo:
      break;
  }
  return spdlog::level::info;
}

// The logger is ours alone and not in spdlog's registry; its sink has the lock that makes report()
// thread-safe.
class StderrDiagnostics final : public log::Diagnostics {
 public:
  StderrDiagnostics(Verbosity verbosity, spdlog::color_mode color_mode) {
    // spdlog's own choice of colour knows nothing of NO_COLOR: it is told.
    auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(color_mode);
    sink->set_color(spdlog::level::info, sink->bold);
    sink->set_pattern("%^tinyserve:%$ %v");
    logger_ = std::make_unique<spdlog::logger>("tinyserve", std::move(sink));
    logger_->set_level(least_level(verbosity));
  }

  void report(log::Severity severity, std::string_view text) override {
    const char* label = severity == log::Severity::kWarning ? "warning: " : "";
    logger_->log(level_of(severity), label + printable(text));
  }

 private:
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace

bool use_color(Color color, const Environment& environment, int fd) {
  if (color != Color::kAuto) return color == Color::kAlways;
  if (!value_of(environment, "NO_COLOR").empty()) return false;
  const std::string_view force = value_of(environment, "CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return value_of(environment, "TERM") != "dumb" && ::isatty(fd) == 1;
}

std::unique_ptr<log::Diagnostics> make_diagnostics(const Settings& settings,
                                                   const Environment& environment) {
  const bool colored = use_color(settings.color, environment, STDERR_FILENO);
  return std::make_unique<StderrDiagnostics>(
      settings.verbosity, colored ? spdlog::color_mode::always : spdlog::color_mode::never);
}

}  // namespace tinyserve::cmd
