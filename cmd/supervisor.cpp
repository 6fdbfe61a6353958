#include "cmd/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "cmd/printable.h"

namespace tinyserve::cmd {
namespace {

constexpr int kNotFound = 127;  // as shells say it
constexpr int kNotRunnable = 126;

int exit_code(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) TS_CHECK(errno == EINTR);
  return exit_code(status);
}

// The signals that are waited for, blocked for as long as this object lives.
class Signals {
 public:
  Signals() {
    ::sigemptyset(&watched_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD}) {
      ::sigaddset(&watched_, number);
    }
    TS_CHECK(::sigprocmask(SIG_BLOCK, &watched_, &before_) == 0);
    fd_ = UniqueFd(::signalfd(-1, &watched_, SFD_CLOEXEC));
    TS_CHECK(fd_.get() >= 0);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals() { restore(); }

  void restore() const { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  [[nodiscard]] const sigset_t& before() const { return before_; }
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Waits for the next one.
  [[nodiscard]] signalfd_siginfo next() const {
    signalfd_siginfo info{};
    ssize_t size = 0;
    do {
      size = ::read(fd_.get(), &info, sizeof info);
    } while (size < 0 && errno == EINTR);
    TS_CHECK(size == sizeof info);
    return info;
  }

 private:
  sigset_t watched_{};
  sigset_t before_{};
  UniqueFd fd_;
};

// A child that serves, and the pipe through which its URL comes.
struct ServerChild {
  pid_t pid;
  UniqueFd url;
};

[[noreturn]] void be_the_server(const Signals& signals, UniqueFd to_parent, pid_t parent,
                                const std::function<int(const ReportUrl&)>& serve) {
  // Without its parent nobody would ever stop it.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  ::setpgid(0, 0);
  signals.restore();
  const auto report = [&to_parent](std::string_view url) {
    const std::string line = std::string(url) + "\n";
    // A parent that is gone has nobody to tell.
    [[maybe_unused]] const ssize_t size = ::write(to_parent.get(), line.data(), line.size());
    to_parent.reset();
  };
  std::exit(serve(report));
}

ServerChild start_server(const Signals& signals,
                         const std::function<int(const ReportUrl&)>& serve) {
  std::array<int, 2> ends{};
  TS_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) {
    read_end.reset();
    be_the_server(signals, std::move(write_end), parent, serve);
  }
  TS_CHECK(child > 0);
  ::setpgid(child, child);  // in both processes: whichever comes first
  return {child, std::move(read_end)};
}

// Waits until the server has told its URL. Nothing: it ended before, or a signal told us to end.
std::optional<std::string> wait_for_url(const ServerChild& server, const Signals& signals) {
  std::string line;
  while (!line.ends_with('\n')) {
    std::array<pollfd, 2> sources{{{server.url.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    if (::poll(sources.data(), sources.size(), -1) < 0) continue;
    if (sources[0].revents != 0) {
      std::array<char, 512> chunk;
      const ssize_t size = ::read(server.url.get(), chunk.data(), chunk.size());
      if (size <= 0) return std::nullopt;
      line.append(chunk.data(), static_cast<std::size_t>(size));
    } else {
      const int number = static_cast<int>(signals.next().ssi_signo);
      if (number == SIGCHLD) continue;  // the pipe tells
      ::kill(server.pid, number);
    }
  }
  line.pop_back();
  return line;
}

Result<pid_t> spawn(std::span<const char* const> command, std::vector<std::string> environment,
                    const Signals& signals) {
  std::vector<std::string> words(command.begin(), command.end());
  const std::vector<char*> arguments = pointers_to(words);
  const std::vector<char*> entries = pointers_to(environment);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigmask(&attributes, &signals.before());
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, command[0], nullptr, &attributes, arguments.data(), entries.data());
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return fail("posix_spawnp", error);
  return pid;
}

struct Ended {
  int code;  // the command's
  bool server_lives;
};

// Passes signals on until the command has ended. A server that ends meanwhile takes it along.
Ended watch(pid_t command, pid_t server, const Signals& signals) {
  for (bool server_lives = true;;) {
    const signalfd_siginfo info = signals.next();
    const int number = static_cast<int>(info.ssi_signo);
    if (number != SIGCHLD) {
      // The terminal tells all of its foreground group, the command among them.
      if (info.ssi_code != SI_KERNEL) ::kill(command, number);
      continue;
    }
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (ended == command) return {exit_code(status), server_lives};
      if (ended != server) continue;
      server_lives = false;
      complain(kServerHasEnded);
      ::kill(command, SIGTERM);
    }
  }
}

}  // namespace

std::string explain_unrunnable(std::string_view command, int error) {
  return "cannot run " + in_quotes(command) + ": " + std::generic_category().message(error);
}

int supervise(std::span<const char* const> command, const Environment& environment,
              const std::function<int(const ReportUrl&)>& serve) {
  const Signals signals;
  ServerChild server = start_server(signals, serve);
  const auto url = wait_for_url(server, signals);
  if (!url) return wait_for(server.pid);

  std::vector<std::string> entries = entries_for_others(environment);
  entries.push_back("TINYSERVE_URL=" + *url);
  const Result<pid_t> pid = spawn(command, std::move(entries), signals);
  Ended ended{kNotRunnable, true};
  if (pid) {
    ended = watch(*pid, server.pid, signals);
  } else {
    if (pid.error().is(ENOENT)) ended.code = kNotFound;
    complain(explain_unrunnable(command[0], pid.error().code.value()));
  }
  if (!ended.server_lives) return ended.code != 0 ? ended.code : 1;
  ::kill(server.pid, SIGTERM);
  const int server_code = wait_for(server.pid);
  return ended.code != 0 ? ended.code : server_code;
}

}  // namespace tinyserve::cmd
