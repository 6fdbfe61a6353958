// diagnostics.h — a word for the person at the terminal (log; a public header).
//
// The library never prints. What a person should know (a connection limit reached, a log that
// cannot be written) goes through this interface; the program puts spdlog behind it.
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyserve::log {

enum class Severity : std::uint8_t { kDebug, kInfo, kWarning, kError };

class Diagnostics {
 public:
  Diagnostics() = default;
  Diagnostics(const Diagnostics&) = delete;
  Diagnostics& operator=(const Diagnostics&) = delete;
  virtual ~Diagnostics() = default;

  // One line, without a line break. Called from the threads of the loops and from the log writer's,
  // from several at once; keeps no reference.
  virtual void report(Severity severity, std::string_view text) = 0;
};

}  // namespace tinyserve::log
