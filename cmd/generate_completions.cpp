// The scripts that complete the command line, for three shells.
#include <array>

#include "cmd/generate.h"
#include "cmd/quoting.h"

namespace tinyserve::cmd {
namespace {

// Without colons, at which bash would break the word.
constexpr std::string_view kAddresses = "localhost 127.0.0.1 0.0.0.0";

std::string choices_as_words(const Flag& flag) { return with_replaced(flag.choices, "|", " "); }

std::string all_names(const Flag& flag, std::string_view separator) {
  std::string names;
  if (flag.short_name != '\0') names = std::string{'-', flag.short_name} + std::string(separator);
  return names + "--" + std::string(flag.name);
}

// --- bash ---------------------------------------------------------------------------------------

// What completes the value of `flag`. Paths are left to bash itself, which knows about quotes,
// tilde and spaces: it takes over where the function offers nothing.
std::string bash_value(const Flag& flag) {
  const auto words = [](std::string_view list) {
    return "mapfile -t COMPREPLY < <(compgen -W " + shell_quoted(list) + " -- \"$cur\")";
  };
  switch (flag.kind) {
    case ValueKind::kDirectory:
      return "compopt -o dirnames";
    case ValueKind::kFile:
      return "compopt -o default";
    case ValueKind::kChoice:
    case ValueKind::kWord:
      return words(choices_as_words(flag));
    case ValueKind::kAddress:
      return words(kAddresses);
    case ValueKind::kHost:
      return "mapfile -t COMPREPLY < <(compgen -A hostname -- \"$cur\")";
    case ValueKind::kNumber:
    case ValueKind::kNone:
      break;
  }
  return {};
}

std::string bash_case(const Flag& flag) {
  const std::string value = bash_value(flag);
  if (value_is_optional(flag)) {
    return "    " + all_names(flag, "|") + ")\n      if [[ $equals ]]; then\n" +
           (value.empty() ? "" : "        " + value + "\n") + "        return\n      fi ;;\n";
  }
  return "    " + all_names(flag, "|") + ")\n" + (value.empty() ? "" : "      " + value + "\n") +
         "      return ;;\n";
}

constexpr std::string_view kBashBegin = R"(# bash completion for tinyserve(1)
# Made by: tinyserve --generate bash

_tinyserve() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} equals= word
  COMPREPLY=()
  # "--flag=value" arrives as three words.
  if [[ $cur == = ]]; then
    cur= equals=1
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]} equals=1
  fi
  # Behind "--" stands a command.
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -- ]] || continue
    if [[ $prev == -- ]]; then
      mapfile -t COMPREPLY < <(compgen -c -- "$cur")
    else
      compopt -o default
    fi
    return
  done

  case $prev in
)";

constexpr std::string_view kBashEnd = R"( -- "$cur")
    return
  fi
  compopt -o dirnames
} && complete -F _tinyserve tinyserve
)";

// --- zsh ----------------------------------------------------------------------------------------

std::string zsh_action(const Flag& flag) {
  switch (flag.kind) {
    case ValueKind::kDirectory:
      return "_files -/";
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kChoice:
    case ValueKind::kWord:
      return "(" + choices_as_words(flag) + ")";
    case ValueKind::kAddress:
      return "(" + std::string(kAddresses) + ")";
    case ValueKind::kHost:
      return "_hosts";
    case ValueKind::kNumber:
    case ValueKind::kNone:
      break;
  }
  return " ";
}

// What a flag rules out: a question every other argument, a flag that counts once itself.
std::string zsh_exclusions(const Flag& flag) {
  if (flag.role == Role::kQuestion) return "'(- *)'";
  if (flag.repeatable) return "'*'";
  return "'(" + all_names(flag, " ") + ")'";
}

std::string zsh_names(const Flag& flag) {
  std::string long_one = "--" + std::string(flag.name);
  if (!is_switch(flag)) long_one += value_is_optional(flag) ? "=-" : "=";
  if (flag.short_name == '\0') return long_one;
  const std::string short_one = std::string{'-', flag.short_name} + (is_switch(flag) ? "" : "+");
  return "{" + short_one + "," + long_one + "}";
}

std::string zsh_argument(const Flag& flag) {
  std::string rest = "[" + backslashed(flag.brief, "[]:\\") + "]";
  if (!is_switch(flag)) {
    rest += value_is_optional(flag) ? "::" : ":";
    rest += backslashed(flag.metavar, ":\\") + ":" + zsh_action(flag);
  }
  return "  " + zsh_exclusions(flag) + zsh_names(flag) + shell_quoted(rest) + " \\\n";
}

// --- fish ---------------------------------------------------------------------------------------

std::string fish_quoted(std::string_view text) { return "'" + backslashed(text, "'\\") + "'"; }

constexpr std::string_view kFishDirectories = "'(__fish_complete_directories)'";

std::string fish_value(const Flag& flag) {
  switch (flag.kind) {
    case ValueKind::kDirectory:
      return " -x -a " + std::string(kFishDirectories);
    case ValueKind::kFile:
      return value_is_optional(flag) ? " -F" : " -r -F";
    case ValueKind::kChoice:
    case ValueKind::kWord:
      return " -x -a " + fish_quoted(choices_as_words(flag));
    case ValueKind::kAddress:
      return " -x -a " + fish_quoted(kAddresses);
    case ValueKind::kHost:
      return " -x -a '(__fish_print_hostnames)'";
    case ValueKind::kNumber:
    case ValueKind::kNone:
      break;
  }
  return is_switch(flag) || value_is_optional(flag) ? "" : " -x";
}

std::string fish_flag(const Flag& flag) {
  std::string line = "complete -c tinyserve";
  if (flag.short_name != '\0') line += std::string(" -s ") + flag.short_name;
  line += " -l " + std::string(flag.name) + fish_value(flag);
  return line + " -d " + fish_quoted(flag.brief) + "\n";
}

}  // namespace

std::string bash_completion(std::span<const Flag> flags) {
  std::string text(kBashBegin);
  std::string names;
  for (const Flag& flag : flags) {
    if (!is_switch(flag)) text += bash_case(flag);
    names += (names.empty() ? "" : " ") + all_names(flag, " ");
  }
  text += "  esac\n\n  if [[ $cur == -* ]]; then\n    mapfile -t COMPREPLY < <(compgen -W \\\n";
  return text + "      " + shell_quoted(names) + " \\\n     " + std::string(kBashEnd);
}

std::string zsh_completion(std::span<const Flag> flags) {
  std::string text =
      "#compdef tinyserve\n# Made by: tinyserve --generate zsh\n\n"
      "# Behind \"--\" stands a command.\n"
      "local -i separator=${words[(i)--]}\n"
      "if (( separator < CURRENT )); then\n"
      "  shift $separator words\n"
      "  (( CURRENT -= separator ))\n"
      "  _normal\n"
      "  return\n"
      "fi\n\n"
      "_arguments -s -S \\\n";
  for (const Flag& flag : flags) text += zsh_argument(flag);
  return text + "  '1:ROOT:_files -/'\n";
}

std::string fish_completion(std::span<const Flag> flags) {
  std::string text = "# fish completion for tinyserve(1)\n# Made by: tinyserve --generate fish\n\n";
  text +=
      "# What follows an equals sign is no ROOT; behind \"--\" stands a command.\n"
      "complete -c tinyserve -f\n"
      "complete -c tinyserve -n 'test (commandline -opc)[-1] = --' "
      "-a '(__fish_complete_command)'\n"
      "complete -c tinyserve -n 'contains -- -- (commandline -opc)[1..-2]' -F\n"
      "complete -c tinyserve -n 'not contains -- -- (commandline -opc); "
      "and not string match -q -- \"--*\" (commandline -ct)' -a " +
      std::string(kFishDirectories) + "\n";
  for (const Flag& flag : flags) text += fish_flag(flag);
  return text;
}

}  // namespace tinyserve::cmd
