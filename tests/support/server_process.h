// server_process.h — the real program, serving on a free port for one test (tests).
//
// The port is learnt from the listening event, or from the banner where standard output carries no
// log. When the object goes, the server is asked to stop and must do so with exit code 0 (a
// sanitizer's report changes the code, and fails the test here), and every line it wrote on
// standard output must be JSON, unless that is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"

namespace tinyserve::test {

class ServerProcess {
 public:
  struct Options {
    std::vector<std::string> arguments{};  // besides the root and --port 0
    std::vector<int> sockets{};  // handed over (Program::Options); then there is no --port 0
    std::vector<std::string> environment{};  // "NAME=value"
    std::vector<std::string> wrapper{};      // a command in front of the program
    std::string program{};                   // another copy of it; empty: the one under test
    Program::Output output = Program::Output::kCollect;
  };

  // Starts it with `root` and waits until it listens. Throws std::runtime_error when it does not.
  explicit ServerProcess(const std::string& root) : ServerProcess(root, Options{}) {}
  ServerProcess(const std::string& root, std::vector<std::string> arguments)
      : ServerProcess(root, Options{.arguments = std::move(arguments)}) {}
  ServerProcess(const std::string& root, const Options& options);
  ~ServerProcess();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] Address address() const { return {"127.0.0.1", port_}; }
  [[nodiscard]] Address address6() const { return {"::1", port_}; }
  [[nodiscard]] pid_t pid() const { return program_.pid(); }
  // How much it has read from files so far, in bytes.
  [[nodiscard]] std::size_t bytes_read() const;
  [[nodiscard]] std::string err() const { return program_.err(); }
  // What a person saw: standard error, or all that a terminal was sent.
  [[nodiscard]] std::string said() const {
    return output_ == Program::Output::kTerminal ? program_.out() : program_.err();
  }
  // Waits until that holds `text`.
  void wait_until_said(const std::string& text);

  // Lines on standard output so far; the records of requests among them; the event lines.
  [[nodiscard]] std::vector<std::string> log_lines() const { return program_.out_lines(); }
  [[nodiscard]] std::vector<nlohmann::json> records() const;
  [[nodiscard]] std::vector<nlohmann::json> events() const;
  // Waits for a record of which `holds` is true, and passes over the first `skip`.
  nlohmann::json wait_for_record(const std::function<bool(const nlohmann::json&)>& holds,
                                 std::size_t skip = 0);
  // Waits until there are so many records, and returns them.
  std::vector<nlohmann::json> wait_for_records(std::size_t count);

  void signal(int number) const { program_.signal(number); }
  // Waits for its end: the exit code, or 128 + a signal's number. Without a complaint of its own.
  int wait();
  [[nodiscard]] bool is_running() { return !program_.ended(); }
  void resume_reading() { program_.resume_reading(); }

 private:
  void read_log() const;  // what came since the last time, each line once

  Program::Output output_;
  Program program_;
  mutable std::size_t log_read_ = 0;  // bytes
  mutable std::vector<nlohmann::json> records_;
  mutable std::vector<nlohmann::json> events_;
  std::uint16_t port_ = 0;
  bool end_is_expected_ = false;
};

}  // namespace tinyserve::test
