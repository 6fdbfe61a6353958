// main.cpp — tinyserve: read the settings, open the server, say where it is, run it until it is
// told to stop.
//
// Exit codes: 0 stopped as asked, help, version; 1 could not start or go on; 2 wrong usage; 3
// --fail-on-404 found a broken link; 130 and 143 ended at once by a second signal; with a command,
// the command's.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "cmd/browser.h"
#include "cmd/confinement.h"
#include "cmd/diagnostics.h"
#include "cmd/generate.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/printable.h"
#include "cmd/qr_code.h"
#include "cmd/service_manager.h"
#include "cmd/settings.h"
#include "cmd/signals.h"
#include "cmd/startup.h"
#include "cmd/summary.h"
#include "cmd/supervisor.h"
#include "cmd/terminal.h"
#include "loop/server.h"

namespace tinyserve::cmd {
namespace {

int serve(Settings settings, std::vector<UniqueFd> sockets, const Environment& environment,
          const ReportUrl& report);
int refuse(const UsageError& error);
int report_broken_links(const log::Summary& summary, log::Diagnostics& diagnostics);
int print(const std::string& text);
int print_generated(std::span<const char* const> kinds);

int run(std::span<const char* const> arguments, const Environment& environment) {
  // For those who build and package: no row of the table, and only in front.
  if (!arguments.empty() && std::string_view(arguments[0]) == "--generate") {
    return print_generated(arguments.subspan(1));
  }
  const auto split = split_command_line(arguments);
  if (const auto* error = std::get_if<UsageError>(&split)) return refuse(*error);
  const auto& [own, command] = std::get<CommandLine>(split);
  const std::string_view question = find_question(own);
  if (question == "help") return print(help_text());
  if (question == "version") return print(version_text());

  auto read = read_settings(own, environment);
  if (const auto* error = std::get_if<UsageError>(&read)) return refuse(*error);
  auto& settings = std::get<Settings>(read);
  settings.runs_command = !command.empty();
  auto taken = take_sockets(environment, ::getpid());
  if (const auto* error = std::get_if<UsageError>(&taken)) return refuse(*error);
  auto& sockets = std::get<std::vector<UniqueFd>>(taken);
  if (const auto error = inherit(sockets, settings)) return refuse(*error);
  suit_log_to_its_place(settings, environment);
  const auto serve_here = [&](const ReportUrl& report) {
    return serve(settings, std::move(sockets), environment, report);
  };
  if (command.empty()) return serve_here([](std::string_view) {});
  return supervise(command, environment, serve_here);
}

int serve(Settings settings, std::vector<UniqueFd> sockets, const Environment& environment,
          const ReportUrl& report) {
  // Never destroyed: the log's thread, left behind in a write that does not end, may still report.
  static log::Diagnostics& diagnostics = *make_diagnostics(settings, environment).release();
  const ServiceManager manager(environment);
  const bool is_watched = settings.verbosity != Verbosity::kQuiet && ::isatty(STDERR_FILENO) == 1;
  settings.config.log.summary = is_watched || settings.fail_on_404;
  const Confinement confinement = plan_confinement(settings, environment);
  settings.config.files.is_pinned = confinement.root_is_pinned && settings.sandbox;
  auto opened = open_server(settings, diagnostics);
  sockets.clear();  // the server has its own; these would go on listening when it stops
  if (const auto* failure = std::get_if<loop::StartFailure>(&opened)) {
    diagnostics.report(log::Severity::kError, explain(*failure, settings));
    return 1;
  }
  auto& server = std::get<loop::Server>(opened);
  const SignalHandling signals(server, manager, settings);
  const Started started = describe(server, settings);
  // Made before the process is confined, which could not load the library then.
  std::string qr_code;
  if (!started.lan_urls.empty()) {
    qr_code = qr_for_terminal(started.lan_urls.front(), STDERR_FILENO, settings, environment);
  }
  const bool lacks_browser =
      settings.opens_browser && !open_browser(environment, server.urls().front());
  // Everything is open and nothing is started: from here on only what serving takes.
  const std::vector<Notice> of_sandbox = confine(confinement, settings);
  for (const auto& notices : {of_sandbox, announce(started, settings)}) {
    for (const Notice& notice : notices) diagnostics.report(notice.severity, notice.text);
  }
  std::fputs(qr_code.c_str(), stderr);
  if (lacks_browser) diagnostics.report(log::Severity::kWarning, kNoBrowser);
  manager.tell("READY=1");
  report(server.urls().front());
  // From here on running out of memory ends a connection.
  std::set_new_handler(nullptr);
  const Result<void> ended = server.run();
  if (!ended) {
    diagnostics.report(log::Severity::kError, "cannot go on: " + ended.error().message());
    return 1;
  }
  const log::Summary summary = server.summary();
  if (is_watched) std::fputs(summary_text(summary).c_str(), stderr);
  return settings.fail_on_404 ? report_broken_links(summary, diagnostics) : 0;
}

int report_broken_links(const log::Summary& summary, log::Diagnostics& diagnostics) {
  constexpr int kBrokenLinks = 3;
  for (const std::string& link : broken_links(summary.broken)) {
    diagnostics.report(log::Severity::kError, "broken link to " + link);
  }
  return summary.broken.total > 0 ? kBrokenLinks : 0;
}

int refuse(const UsageError& error) {
  complain(error.text);
  return 2;
}

int print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

int print_generated(std::span<const char* const> kinds) {
  const auto text = kinds.size() == 1 ? generate(kinds[0]) : std::nullopt;
  if (text) return print(*text);
  const std::string wanted(kGenerateKinds);
  std::fprintf(stderr, "tinyserve: --generate wants one of %s\n", wanted.c_str());
  return 2;
}

// Where there is too little memory even for an exception, throwing one ends in std::terminate.
[[noreturn]] void end_without_memory() {
  std::fputs("tinyserve: out of memory\n", stderr);
  std::_Exit(1);
}

// Before all objects that are made before main() is called.
[[gnu::constructor(101)]] void expect_no_memory() { std::set_new_handler(end_without_memory); }

}  // namespace
}  // namespace tinyserve::cmd

int main(int argc, char** argv) {
  using namespace tinyserve::cmd;
  try {
    const std::span<const char* const> all(argv, static_cast<std::size_t>(argc));
    return run(all.subspan(all.empty() ? 0 : 1), read_environment(environ));
  } catch (const std::bad_alloc&) {
    std::fputs("tinyserve: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tinyserve: internal error, please report it: %s\n", error.what());
  }
  return 1;
}
