#include "cmd/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "cmd/nearest.h"

namespace tinyserve::cmd {
namespace {

std::string long_form(const Flag& flag) { return "--" + std::string(flag.name); }

UsageError needs_value(const Flag& flag) {
  return {long_form(flag) + " needs a value: " + long_form(flag) + " " + std::string(flag.metavar)};
}

bool is_named_by(const Flag& flag, std::string_view argument) {
  if (argument.starts_with("--")) return argument.substr(2) == flag.name;
  return argument.size() == 2 && argument[0] == '-' && argument[1] == flag.short_name;
}

// The flag that `argument` is, without a value in the same argument; or null.
const Flag* flag_named_by(std::string_view argument) {
  for (const Flag& flag : kFlags) {
    if (is_named_by(flag, argument)) return &flag;
  }
  return nullptr;
}

// The question that one of several switches in an argument such as "-qh" asks.
std::string_view question_in_cluster(std::string_view argument) {
  if (argument.size() < 2 || argument[0] != '-' || argument[1] == '-') return {};
  for (const char letter : argument.substr(1)) {
    const Flag* flag = flag_named_by(std::string{'-', letter});
    if (flag == nullptr || !is_switch(*flag)) return {};
    if (flag->role == Role::kQuestion) return flag->name;
  }
  return {};
}

// What shells and CLI11 call a switch: it never takes the argument that follows.
bool stands_alone(const Flag& flag) { return is_switch(flag) || value_is_optional(flag); }

// CLI11 takes "--port=" for "--port" and would swallow the next argument as its value.
std::optional<UsageError> find_empty_value(std::span<const char* const> arguments) {
  for (const std::string_view argument : arguments) {
    if (!argument.starts_with("--") || argument.find('=') != argument.size() - 1) continue;
    const Flag* flag = flag_named_by(argument.substr(0, argument.size() - 1));
    if (flag != nullptr && !is_switch(*flag)) return needs_value(*flag);
  }
  return std::nullopt;
}

// CLI11 refuses one thing only, the way it is set up here: a last flag without its value, be it
// "--port" or "-qp".
UsageError explain_refusal(std::string_view last_argument) {
  const Flag* flag = flag_named_by(last_argument);
  if (flag == nullptr && !last_argument.empty())
    flag = flag_named_by(std::string{'-', last_argument.back()});
  return flag != nullptr ? needs_value(*flag)
                         : UsageError{"'" + std::string(last_argument) + "' needs a value"};
}

UsageError explain_unknown(std::string_view argument) {
  const std::string_view given = argument.substr(0, argument.find('='));
  const std::string_view name = given.substr(std::min(given.find_first_not_of('-'), given.size()));
  std::vector<std::string> known;
  known.reserve(std::size(kFlags));
  for (const Flag& flag : kFlags) known.emplace_back(flag.name);
  const std::string meant = nearest(name, known);
  return {
      "unknown flag '" + std::string(given) + "'; " +
      (meant.empty() ? "'tinyserve --help' names them all" : "did you mean '--" + meant + "'?")};
}

// Whether `argument` may name `flag`, be it before a value or beside other letters; whether it does
// is for CLI11 to say.
bool may_be_named_by(const Flag& flag, std::string_view argument) {
  if (argument.starts_with("--")) return argument.substr(2).starts_with(flag.name);
  return argument.starts_with('-') && argument.find(flag.short_name) != argument.npos;
}

// A row of the table, and where CLI11 puts what it finds for it.
struct Declared {
  const Flag& flag;
  const CLI::Option& option;
};

// Declares to CLI11, which is to collect texts and to judge nothing, the rows of the table that
// `arguments` may name. It compares each with those before it: all of them would be nearly half of
// what is computed before the first answer.
std::vector<Declared> declare(CLI::App& app, std::span<const char* const> arguments) {
  std::vector<Declared> declared;
  app.set_help_flag();
  // ROOT is no declared positional: CLI11 would read a directory called "[id]" as a list.
  app.allow_extras();
  for (const Flag& flag : kFlags) {
    const auto may_name = [&flag](const char* text) { return may_be_named_by(flag, text); };
    if (std::none_of(arguments.begin(), arguments.end(), may_name)) continue;
    std::string names = long_form(flag);
    if (flag.short_name != '\0') names += std::string(",-") + flag.short_name;
    if (value_is_optional(flag)) names += "{" + std::string(flag.implied) + "}";
    CLI::Option* option = stands_alone(flag) ? app.add_flag(names) : app.add_option(names);
    option->take_all();
    option->allow_extra_args(false);
    declared.push_back({flag, *option});
  }
  return declared;
}

// What CLI11 left over: the first unknown flag is an error, the rest is ROOT.
std::variant<std::vector<std::string>, UsageError> positionals_of(
    std::vector<std::string> leftover) {
  const auto unknown = std::find_if(
      leftover.begin(), leftover.end(),
      [](const std::string& argument) { return argument.size() > 1 && argument[0] == '-'; });
  if (unknown != leftover.end()) return explain_unknown(*unknown);
  return leftover;
}

std::optional<UsageError> check_values(const Flag& flag, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (is_switch(flag)) {
      if (text != "true") return UsageError{long_form(flag) + " takes no value"};
    } else if (!stands_alone(flag) && flag_named_by(text) != nullptr) {
      return UsageError{needs_value(flag).text + " ('" + text + "' follows)"};
    }
  }
  return std::nullopt;
}

// For who has written a value behind a flag that takes it with "=" only.
std::string value_hint(const RawOptions& options) {
  for (const auto& [name, values] : options) {
    const Flag& flag = *find_flag(name);
    if (!value_is_optional(flag) || values.texts.back() != flag.implied) continue;
    return "; the value of " + long_form(flag) + " is written " + long_form(flag) + "=" +
           std::string(flag.metavar);
  }
  return {};
}

std::optional<UsageError> add_root(RawOptions& options,
                                   const std::vector<std::string>& positionals) {
  if (positionals.empty()) return std::nullopt;
  if (positionals.size() > 1) {
    return UsageError{"only one ROOT can be served, but '" + positionals[0] + "' and '" +
                      positionals[1] + "' were given" + value_hint(options)};
  }
  RawValues& root = options["root"];
  if (!root.texts.empty() && root.texts.back() != positionals[0]) {
    return UsageError{"ROOT is given twice, as '" + positionals[0] + "' and as --root '" +
                      root.texts.back() + "'; leave one out"};
  }
  root = {Layer::kCommandLine, positionals, "--root"};
  return std::nullopt;
}

std::variant<RawOptions, UsageError> read_command_line(std::span<const char* const> arguments) {
  if (const auto error = find_empty_value(arguments)) return *error;
  CLI::App app;
  const auto declared = declare(app, arguments);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError&) {
    return explain_refusal(arguments.empty() ? std::string_view{} : arguments.back());
  }
  auto positionals = positionals_of(app.remaining());
  if (const auto* error = std::get_if<UsageError>(&positionals)) return *error;

  RawOptions options;
  for (const auto& [flag, option] : declared) {
    const std::vector<std::string>& texts = option.results();
    if (texts.empty()) continue;
    if (const auto error = check_values(flag, texts)) return *error;
    options[flag.name] = {Layer::kCommandLine,
                          is_switch(flag) ? std::vector<std::string>{"1"} : texts, long_form(flag)};
  }
  if (const auto error = add_root(options, std::get<0>(positionals))) return *error;
  return options;
}

std::vector<std::string> split(std::string_view list, char separator) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    const std::string_view part = trim_ows(list.substr(0, end));
    if (!part.empty()) parts.emplace_back(part);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return parts;
}

std::optional<UsageError> add_from_environment(RawOptions& options, const Flag& flag,
                                               const Environment& environment) {
  const std::string variable = variable_of(flag);
  std::string_view value = value_of(environment, variable);
  if (value.empty() || options.contains(flag.name)) return std::nullopt;
  if (is_switch(flag) && value != "1" && value != "0") {
    return UsageError{variable + ": '" + std::string(value) + "' is neither 1 nor 0"};
  }
  if (value_is_optional(flag)) {
    if (value == "0") {
      options[flag.name] = {Layer::kEnvironment, {}, variable};
      return std::nullopt;
    }
    if (value == "1") value = flag.implied;
  }
  options[flag.name] = {
      Layer::kEnvironment,
      flag.repeatable ? split(value, flag.separator) : std::vector<std::string>{std::string(value)},
      variable};
  return std::nullopt;
}

}  // namespace

std::string variable_of(const Flag& flag) {
  std::string name = "TINYSERVE_";
  for (const char c : flag.name)
    name += c == '-' ? '_' : static_cast<char>(is_alpha(c) ? c - 'a' + 'A' : c);
  return name;
}

std::variant<CommandLine, UsageError> split_command_line(std::span<const char* const> arguments) {
  const auto separator = std::find(arguments.begin(), arguments.end(), std::string_view("--"));
  const auto size = static_cast<std::size_t>(separator - arguments.begin());
  if (size == arguments.size()) return CommandLine{arguments, {}};
  const CommandLine line{arguments.first(size), arguments.subspan(size + 1)};
  if (line.command.empty()) {
    return UsageError{
        "no command follows the two dashes; for a ROOT that begins with one write "
        "--root=ROOT"};
  }
  return line;
}

std::variant<RawOptions, UsageError> read_options(std::span<const char* const> arguments,
                                                  const Environment& environment) {
  auto read = read_command_line(arguments);
  auto* options = std::get_if<RawOptions>(&read);
  if (options == nullptr) return read;
  for (const Flag& flag : kFlags) {
    if (flag.role == Role::kQuestion) continue;
    if (const auto error = add_from_environment(*options, flag, environment)) return *error;
  }
  return read;
}

std::string_view find_question(std::span<const char* const> arguments) {
  for (const std::string_view argument : arguments) {
    const Flag* flag = flag_named_by(argument);
    if (flag != nullptr && flag->role == Role::kQuestion) return flag->name;
    const std::string_view question = question_in_cluster(argument);
    if (!question.empty()) return question;
  }
  return {};
}

}  // namespace tinyserve::cmd
