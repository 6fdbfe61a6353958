// options.h — what the access log looks like and where it goes (log options; a public header).
#pragma once

#include <cstdint>
#include <string>

namespace tinyserve::log {

enum class Format : std::uint8_t { kJson, kNone };

struct Options {
  Format format = Format::kJson;
  std::string path;  // appended to, reopened on request; empty: standard output
};

}  // namespace tinyserve::log
