#include "cmd/signals.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "base/check.h"

namespace tinyserve::cmd {
namespace {

// A handler gets nothing but the signal's number, hence globals; lock-free ones, because it may
// interrupt any thread.
std::atomic<loop::Server*> running_server{nullptr};
std::atomic<const ServiceManager*> told_manager{nullptr};
std::atomic<bool> is_stopping{false};
std::atomic<bool> says_stopping{false};
static_assert(std::atomic<loop::Server*>::is_always_lock_free &&
              std::atomic<bool>::is_always_lock_free);

void stop_or_quit(int signal_number) {
  if (is_stopping.exchange(true)) ::_exit(128 + signal_number);
  const int saved_errno = errno;
  if (loop::Server* server = running_server.load()) server->stop();
  if (const ServiceManager* manager = told_manager.load()) manager->tell("STOPPING=1");
  if (says_stopping.load()) {
    // The terminal has just shown "^C": the line begins over it.
    constexpr std::string_view kLine = "\rtinyserve: stopping; Ctrl-C again to quit now\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kLine.data(), kLine.size());
  }
  errno = saved_errno;
}

void reopen_log(int /*signal_number*/) {
  const int saved_errno = errno;
  if (loop::Server* server = running_server.load()) server->reopen_log();
  errno = saved_errno;
}

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  TS_CHECK(::sigaction(signal_number, &action, nullptr) == 0);
}

}  // namespace

SignalHandling::SignalHandling(loop::Server& server, const ServiceManager& manager,
                               const Settings& settings) {
  TS_CHECK(running_server.exchange(&server) == nullptr);
  told_manager = &manager;
  is_stopping = false;
  says_stopping = settings.verbosity != Verbosity::kQuiet && !settings.runs_command &&
                  ::isatty(STDERR_FILENO) == 1;
  handle(SIGINT, stop_or_quit);
  handle(SIGTERM, stop_or_quit);
  if (!settings.config.log.path.empty()) handle(SIGHUP, reopen_log);
}

SignalHandling::~SignalHandling() {
  running_server = nullptr;
  told_manager = nullptr;
}

}  // namespace tinyserve::cmd
