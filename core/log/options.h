// options.h — what the access log looks like and where it goes (log options; a public header).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tinyserve::log {

enum class Format : std::uint8_t { kJson, kPretty, kCombined, kCommon, kNone };

struct Options {
  Format format = Format::kJson;
  std::string path{};  // appended to, reopened on request; empty: standard output
  // Patterns (log/glob.h) of paths: requests for these are not logged.
  std::vector<std::string> ignored{};
  std::size_t columns = 100;  // of a line, with kPretty
  bool colored = false;       // with kPretty
  bool summary = false;       // whether Server::summary() is to know more than the totals
};

}  // namespace tinyserve::log
