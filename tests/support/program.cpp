#include "support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace tinyserve::test {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  int read;
  int write;
};

Pipe open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
  return {ends[0], ends[1]};
}

// A terminal that hands every byte on as it is.
Pipe open_terminal() {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) fail("posix_openpt");
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (slave < 0) fail("open a terminal");
  termios settings{};
  ::tcgetattr(slave, &settings);
  ::cfmakeraw(&settings);
  ::tcsetattr(slave, TCSANOW, &settings);
  const winsize size{.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(slave, TIOCSWINSZ, &size);
  return {master, slave};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// Our own environment without what would set flags of the program under test, or what a service
// manager has meant for us.
std::vector<std::string> clean_environment(const std::vector<std::string>& more) {
  std::vector<std::string> result = more;  // the first of two with the same name counts
  result.emplace_back("XDG_CONFIG_HOME=/nonexistent");
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const auto begins = [entry](std::string_view start) {
      return std::string_view(*entry).starts_with(start);
    };
    if (!begins("TINYSERVE_") && !begins("LISTEN_") && !begins("NOTIFY_")) {
      result.emplace_back(*entry);
    }
  }
  return result;
}

struct Child {
  const char* directory;
  int out;  // -1: closed
  int err;
  char** argv;
  char** envp;
  const std::vector<int>& sockets;
  char* own_id;  // where LISTEN_PID wants it, with room for any; null without sockets
};

constexpr std::string_view kRoomForId = "0000000000";

void hand_over(const Child& child) {
  constexpr int kOutOfTheWay = 64;
  constexpr int kFirst = 3;
  std::array<int, 8> moved{};
  const std::size_t count = std::min(child.sockets.size(), moved.size());
  for (std::size_t i = 0; i < count; ++i)
    moved[i] = ::fcntl(child.sockets[i], F_DUPFD_CLOEXEC, kOutOfTheWay);
  for (std::size_t i = 0; i < count; ++i) ::dup2(moved[i], kFirst + static_cast<int>(i));
  *std::to_chars(child.own_id, child.own_id + kRoomForId.size(), ::getpid()).ptr = '\0';
}

// Between fork and exec of a program with threads: async-signal-safe calls only.
[[noreturn]] void become(const Child& child) {
  // A test that is killed takes its server along.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGPIPE, SIG_DFL);
  ::signal(SIGHUP, SIG_DFL);
  ::setpgid(0, 0);
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(child.err, STDERR_FILENO);
  if (child.out >= 0) {
    ::dup2(child.out, STDOUT_FILENO);
  } else {
    ::close(STDOUT_FILENO);
  }
  if (!child.sockets.empty()) hand_over(child);
  if (*child.directory != '\0' && ::chdir(child.directory) != 0) ::_exit(126);
  ::execvpe(child.argv[0], child.argv, child.envp);
  ::_exit(127);
}

}  // namespace

// What the readers' threads and the test share.
struct Program::Streams {
  std::mutex mutex;
  std::condition_variable changed;
  std::string out;
  std::string err;
  int open = 0;  // streams that have not ended
  int unread = -1;
  int stop = ::eventfd(0, EFD_CLOEXEC);
  std::vector<std::thread> readers;

  void read_all(int fd, std::string& into) {
    ++open;
    readers.emplace_back([this, fd, &into] { drain(fd, into); });
  }

  void drain(int fd, std::string& into) {
    std::vector<char> buffer(64 * 1024);
    for (;;) {
      std::array<pollfd, 2> events{pollfd{fd, POLLIN, 0}, pollfd{stop, POLLIN, 0}};
      if (::poll(events.data(), events.size(), -1) < 0 && errno == EINTR) continue;
      if (events[0].revents == 0) break;
      const ssize_t count = ::read(fd, buffer.data(), buffer.size());
      if (count <= 0) break;
      const std::lock_guard lock(mutex);
      into.append(buffer.data(), static_cast<std::size_t>(count));
      changed.notify_all();
    }
    ::close(fd);
    const std::lock_guard lock(mutex);
    --open;
    changed.notify_all();
  }

  ~Streams() {
    ::eventfd_write(stop, 1);
    for (std::thread& reader : readers) reader.join();
    ::close(stop);
    if (unread >= 0) ::close(unread);
  }
};

Program::Program(const Options& options) : streams_(std::make_unique<Streams>()) {
  std::vector<std::string> arguments = options.command;
  std::vector<std::string> environment = clean_environment(options.environment);
  char* own_id = nullptr;
  if (!options.sockets.empty()) {
    environment.push_back("LISTEN_FDS=" + std::to_string(options.sockets.size()));
    environment.push_back("LISTEN_PID=" + std::string(kRoomForId));
    own_id = environment.back().data() + std::string_view("LISTEN_PID=").size();
  }
  std::vector<char*> argv = pointers(arguments);
  std::vector<char*> envp = pointers(environment);
  const bool terminal = options.output == Output::kTerminal;
  const Pipe out = terminal ? open_terminal() : open_pipe();
  const Pipe err = open_pipe();
  const bool closed = options.output == Output::kClosed;
  const Child child{options.directory.c_str(),
                    closed ? -1 : out.write,
                    terminal ? out.write : err.write,
                    argv.data(),
                    envp.data(),
                    options.sockets,
                    own_id};
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) become(child);
  ::close(out.write);
  ::close(err.write);
  const std::lock_guard lock(streams_->mutex);
  streams_->read_all(err.read, streams_->err);
  if (options.output == Output::kCollect || terminal) {
    streams_->read_all(out.read, streams_->out);
  } else if (options.output == Output::kUnread) {
    streams_->unread = out.read;
  } else {
    ::close(out.read);
  }
}

Program::~Program() {
  if (exit_code_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const {
  if (!exit_code_) ::kill(pid_, number);
}

void Program::reap(int status) {
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::optional<int> Program::ended() {
  int status = 0;
  if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) reap(status);
  return exit_code_;
}

int Program::wait(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!ended()) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the program did not end in time\n" + describe());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  // What it wrote last may still be in the pipes.
  wait_until([] { return false; });
  return *exit_code_;
}

std::string Program::out() const {
  const std::lock_guard lock(streams_->mutex);
  return streams_->out;
}

std::string Program::err() const {
  const std::lock_guard lock(streams_->mutex);
  return streams_->err;
}

std::vector<std::string> Program::out_lines() const {
  const std::string text = out();
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

bool Program::wait_until(const std::function<bool()>& holds, std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::unique_lock lock(streams_->mutex);
    const std::size_t seen = streams_->out.size() + streams_->err.size();
    const bool all_ended = streams_->open == 0;
    lock.unlock();
    if (holds()) return true;
    if (all_ended) return false;
    lock.lock();
    const bool more = streams_->changed.wait_until(lock, deadline, [this, seen] {
      return streams_->out.size() + streams_->err.size() != seen || streams_->open == 0;
    });
    lock.unlock();
    if (!more) throw std::runtime_error("waited in vain for output\n" + describe());
  }
}

void Program::resume_reading() {
  const std::lock_guard lock(streams_->mutex);
  streams_->read_all(std::exchange(streams_->unread, -1), streams_->out);
}

std::string Program::describe() const {
  return "standard output:\n" + out() + "\nstandard error:\n" + err();
}

Finished run_tinyserve(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment, const std::string& directory) {
  std::vector<std::string> command{tinyserve_path()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Program program{{command, environment, directory}};
  const int code = program.wait();
  return {code, program.out(), program.err()};
}

std::string tinyserve_path() {
  const char* const another = std::getenv("TESTED_PROGRAM");
  return another != nullptr ? another : TINYSERVE_PROGRAM;
}

}  // namespace tinyserve::test
