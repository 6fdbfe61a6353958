// program.h — a child process whose output is collected; it never outlives its test (tests).
//
// Its standard output and standard error are read by threads of their own, so it never blocks on a
// full pipe unless that is asked for. Every wait has a deadline; a deadline that passes throws
// std::runtime_error with what was collected so far.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tinyserve::test {

// Long enough for a loaded machine under a sanitizer: only a hang takes this long.
inline constexpr std::chrono::seconds kPatience{30};

class Program {
 public:
  enum class Output {
    kCollect,
    kUnread,      // a pipe that nobody reads until resume_reading()
    kReaderGone,  // a pipe whose reader has closed its end: EPIPE
    kClosed,      // no descriptor at all
    kTerminal,    // a terminal of 80 columns, shared with standard error; all of it is in out()
  };
  struct Options {
    std::vector<std::string> command;  // program and arguments
    std::vector<std::string>
        environment;                   // "NAME=value", added to our own without what would reach it
    std::string directory{};           // where it runs; empty: where we are
    Output output = Output::kCollect;  // of its standard output
    // Handed over as a service manager does it (sd_listen_fds(3)): from descriptor 3 up, counted in
    // LISTEN_FDS, with its own id as LISTEN_PID. Eight at most; borrowed.
    std::vector<int> sockets{};
  };

  // Starts it; throws std::system_error when that fails.
  explicit Program(const Options& options);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();  // kills it if it still runs

  [[nodiscard]] pid_t pid() const { return pid_; }
  void signal(int number) const;

  // Waits for its end: the exit code, or 128 + the number of the signal that ended it.
  int wait(std::chrono::milliseconds patience = kPatience);
  // The same, if it has ended already.
  [[nodiscard]] std::optional<int> ended();

  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  [[nodiscard]] std::vector<std::string> out_lines() const;  // complete lines, without line feeds

  // Waits until `holds` is true of what was collected, which is looked at whenever more comes.
  // After the end of both streams it returns whether `holds` is true then.
  bool wait_until(const std::function<bool()>& holds,
                  std::chrono::milliseconds patience = kPatience);

  void resume_reading();

 private:
  struct Streams;
  void reap(int status);
  std::string describe() const;

  pid_t pid_ = -1;
  std::optional<int> exit_code_;
  std::unique_ptr<Streams> streams_;
};

// Runs the program under test with `arguments` to its end.
struct Finished {
  int code;
  std::string out;
  std::string err;
};
Finished run_tinyserve(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment = {},
                       const std::string& directory = {});

// The path of the program under test: the one of the same build, unless the environment names
// another as TESTED_PROGRAM.
std::string tinyserve_path();

}  // namespace tinyserve::test
