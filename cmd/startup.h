// startup.h — what a person is told when the server starts, or why it does not.
//
// Prints nothing. Of the machine the texts look at the names beside a ROOT that is not there, and
// for a port that is taken at who has it and which other one is free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cmd/settings.h"
#include "log/diagnostics.h"
#include "loop/server.h"

namespace tinyserve::cmd {

// Opens the server; inherited sockets need not stay open afterwards. Where its port is taken and
// nobody asked for that one, the next that is free on every address is tried; --lan does without
// IPv6 where the machine has none. `settings` then says what it has come to.
[[nodiscard]] std::variant<loop::Server, loop::StartFailure> open_server(
    Settings& settings, log::Diagnostics& diagnostics);

// Why the server could not start and what to do about it, in one line.
[[nodiscard]] std::string explain(const loop::StartFailure& failure, const Settings& settings);

struct Notice {
  log::Severity severity;
  std::string text;
};

// What is told of a server that listens.
struct Started {
  std::string root;
  std::vector<std::string> addresses;  // that are listened on
  std::vector<std::string> urls;
  std::vector<std::string> lan_urls;  // for other devices, best first; with --lan only
  bool hides_own_api = false;
  std::uint16_t port = 0;
  loop::MemoryBound memory;
  bool is_single_file = false;
  std::size_t processors = 1;  // counted for several loops only
};
[[nodiscard]] Started describe(const loop::Server& server, const Settings& settings);

// The banner, in the order to be reported: what may surprise, then what is served, each URL alone
// on its line, and how to stop.
[[nodiscard]] std::vector<Notice> announce(const Started& started, const Settings& settings);

}  // namespace tinyserve::cmd
