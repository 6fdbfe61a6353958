#include "support/server_process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

namespace tinyserve::test {
namespace {

using nlohmann::json;

Program::Options command_line(const std::string& root, const ServerProcess::Options& options) {
  Program::Options result{
      options.wrapper, options.environment, {}, options.output, options.sockets};
  std::vector<std::string>& command = result.command;
  command.push_back(options.program.empty() ? tinyserve_path() : options.program);
  command.push_back(root);
  if (options.sockets.empty()) command.insert(command.end(), {"--port", "0"});
  command.insert(command.end(), options.arguments.begin(), options.arguments.end());
  return result;
}

// The port of the first URL in `text`, once that is complete.
std::optional<std::uint16_t> port_in_banner(const std::string& text) {
  const std::size_t url = text.find("http://");
  if (url == std::string::npos) return std::nullopt;
  const std::size_t end = text.find('/', url + 7);
  if (end == std::string::npos) return std::nullopt;
  const std::size_t colon = text.rfind(':', end);
  return static_cast<std::uint16_t>(std::stoul(text.substr(colon + 1, end - colon - 1)));
}

std::optional<std::uint16_t> port_in_log(const std::vector<std::string>& lines) {
  if (lines.empty()) return std::nullopt;
  return json::parse(lines.front()).at("port").get<std::uint16_t>();
}

}  // namespace

ServerProcess::ServerProcess(const std::string& root, const Options& options)
    : output_(options.output), program_(command_line(root, options)) {
  bool log_on_stdout = output_ == Program::Output::kCollect;
  for (const std::string& argument : options.arguments) {
    if (argument == "none" || argument.starts_with("--log-file")) log_on_stdout = false;
  }
  std::optional<std::uint16_t> port;
  const bool listening = program_.wait_until([&] {
    port = log_on_stdout ? port_in_log(program_.out_lines()) : port_in_banner(said());
    return port.has_value();
  });
  if (!listening) throw std::runtime_error("the server did not start:\n" + program_.err());
  port_ = *port;
}

ServerProcess::~ServerProcess() {
  try {
    if (is_running()) program_.signal(SIGTERM);
    // A server that has died by itself fails the test here as well.
    if (!end_is_expected_) {
      EXPECT_EQ(program_.wait(), 0) << "the server did not end well:\n" << program_.err();
    }
    if (output_ == Program::Output::kTerminal) return;
    for (const std::string& line : log_lines()) {
      EXPECT_TRUE(json::accept(line)) << "no JSON on standard output: " << line;
    }
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the server did not stop: " << error.what();
  }
}

std::size_t ServerProcess::bytes_read() const {
  std::ifstream io("/proc/" + std::to_string(pid()) + "/io");
  std::string key;
  std::size_t bytes = 0;
  if (!(io >> key >> bytes) || key != "rchar:")
    throw std::runtime_error("nothing tells what the server reads");
  return bytes;
}

void ServerProcess::wait_until_said(const std::string& text) {
  const bool said_it = program_.wait_until([&] { return said().find(text) != std::string::npos; });
  if (!said_it) throw std::runtime_error("the server ended without saying: " + text);
}

int ServerProcess::wait() {
  end_is_expected_ = true;
  return program_.wait();
}

void ServerProcess::read_log() const {
  const std::string log = program_.out();
  for (std::size_t end; (end = log.find('\n', log_read_)) != std::string::npos;) {
    json value = json::parse(log.substr(log_read_, end - log_read_));
    (value.contains("event") ? events_ : records_).push_back(std::move(value));
    log_read_ = end + 1;
  }
}

std::vector<json> ServerProcess::records() const {
  read_log();
  return records_;
}

std::vector<json> ServerProcess::events() const {
  read_log();
  return events_;
}

json ServerProcess::wait_for_record(const std::function<bool(const json&)>& holds,
                                    std::size_t skip) {
  std::optional<json> found;
  program_.wait_until([&] {
    read_log();
    for (; skip < records_.size() && !found; ++skip) {
      if (holds(records_[skip])) found = records_[skip];
    }
    return found.has_value();
  });
  if (!found) throw std::runtime_error("the server ended without such a record");
  return *found;
}

std::vector<json> ServerProcess::wait_for_records(std::size_t count) {
  program_.wait_until([&] {
    read_log();
    return records_.size() >= count;
  });
  return records();
}

}  // namespace tinyserve::test
