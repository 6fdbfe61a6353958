// settings.h — what the program is to do: the raw values interpreted, the library's defaults where
// nothing was said.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "cmd/environment.h"
#include "cmd/options.h"
#include "loop/config.h"

namespace tinyserve::cmd {

enum class Color : std::uint8_t { kAuto, kAlways, kNever };
enum class Verbosity : std::uint8_t { kQuiet, kNormal, kVerbose };

struct Settings {
  loop::Config config;
  Color color = Color::kAuto;
  Verbosity verbosity = Verbosity::kNormal;
  // Whether it was somebody's wish and not our default.
  bool asks_for_connections = false;
  bool asks_for_port = false;
  bool lan = false;  // every address is listened on, and other devices are told which URLs to use
  bool opens_browser = false;
  // Whether a command runs beside the server, which then ends it.
  bool runs_command = false;
  // Who asks for a port or an address: "--port", "TINYSERVE_BIND"; empty: nobody.
  std::string place_asked_by;
  bool sandbox = true;       // the process gives up what it does not need, once it listens
  bool fail_on_404 = false;  // exit code 3 where one of the site's own links was broken
};

// Interprets `raw`. The only look at the machine: a ROOT that is a bare number and does not exist
// was meant as a port.
[[nodiscard]] std::variant<Settings, UsageError> interpret(const RawOptions& raw);

// Reads all three layers, the configuration file among them, and interprets them.
[[nodiscard]] std::variant<Settings, UsageError> read_settings(
    std::span<const char* const> arguments, const Environment& environment);

}  // namespace tinyserve::cmd
