// startup.h — what a person is told when the server starts, or why it does not.
//
// Makes texts and prints nothing. Of the machine it looks at the names beside a ROOT that is not
// there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/settings.h"
#include "log/diagnostics.h"
#include "loop/server.h"

namespace tinyserve::cmd {

// Why the server could not start and what to do about it, in one line.
[[nodiscard]] std::string explain(const loop::StartFailure& failure, const Settings& settings);

struct Notice {
  log::Severity severity;
  std::string text;
};

// What is told of a server that listens.
struct Started {
  std::string root;
  std::vector<std::string> urls;
  bool hides_own_api = false;
  std::size_t max_connections = 0;
};
[[nodiscard]] Started describe(const loop::Server& server);

// The banner, in the order to be reported: what may surprise, then what is served, each URL alone
// on its line, and how to stop.
[[nodiscard]] std::vector<Notice> announce(const Started& started, const Settings& settings);

}  // namespace tinyserve::cmd
