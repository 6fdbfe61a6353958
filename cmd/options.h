// options.h — the raw values: what was written on the command line and in the environment, as text.
//
// Here flags are told from values and the two layers are merged: the command line wins over the
// environment, and what neither names is absent. What the texts mean is settled in settings.h. The
// only file that knows CLI11 is options.cpp; none of CLI11's own messages reaches the user.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cmd/environment.h"
#include "cmd/flags.h"

namespace tinyserve::cmd {

// Wrong usage: one line without a line break that says what was wrong and what would be right. Exit
// code 2.
struct UsageError {
  std::string text;
};

// In the order of their weight.
enum class Layer : std::uint8_t { kCommandLine, kEnvironment, kConfigFile };

// The variable that a flag reads: "TINYSERVE_PORT".
[[nodiscard]] std::string variable_of(const Flag& flag);

// All values of one flag, in the order given. A switch that is on has "1", one that is off has "0";
// a flag with an optional value that is off has none.
struct RawValues {
  Layer layer = Layer::kCommandLine;
  std::vector<std::string> texts;
  std::string source;  // where they were written, as a person would look for it
};

// By the flag's long name; the keys are those of the table. ROOT is the value of "root".
using RawOptions = std::map<std::string_view, RawValues>;

// The arguments of a command line, taken apart at the first "--".
struct CommandLine {
  std::span<const char* const> own;
  std::span<const char* const> command;  // what is to be run beside the server; empty: nothing
};

// Takes `arguments` (without the program's name) apart. An error when nothing follows the "--".
[[nodiscard]] std::variant<CommandLine, UsageError> split_command_line(
    std::span<const char* const> arguments);

// Reads our own `arguments` and `environment`.
[[nodiscard]] std::variant<RawOptions, UsageError> read_options(
    std::span<const char* const> arguments, const Environment& environment);

// The long name of the first flag in `arguments` that is a question (--help, --version), so that it
// can be answered whatever else is wrong with them; empty when nothing is asked.
[[nodiscard]] std::string_view find_question(std::span<const char* const> arguments);

}  // namespace tinyserve::cmd
