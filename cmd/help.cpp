#include "cmd/help.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cmd/flags.h"

namespace tinyserve::cmd {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kBriefColumn = 33;

constexpr std::string_view kIntroduction =
    "Usage: tinyserve [FLAGS] [ROOT] [-- COMMAND...]\n"
    "\n"
    "  tinyserve                        this directory at http://localhost:8080/\n"
    "  tinyserve ./site --port 3000     another directory, another port\n"
    "  tinyserve ./site --lan           let other devices see it, too\n";

constexpr std::string_view kEnding =
    "\n"
    "... may be repeated, [...] is what holds without. COMMAND runs while ROOT is\n"
    "served at $TINYSERVE_URL; its exit code is ours. Flags outvote the environment:\n"
    "TINYSERVE_PORT=3000, TINYSERVE_NO_API=1. man tinyserve tells more.\n";

constexpr std::array<std::pair<Group, std::string_view>, 6> kHeadings{{
    {Group::kServing, "What is served"},
    {Group::kAnswers, "What answers say"},
    {Group::kListening, "Where"},
    {Group::kLimits, "Limits"},
    {Group::kLog, "Log"},
    {Group::kProgram, "Program"},
}};

// "  -p, --port N", or "      --root DIR".
std::string left_side(const Flag& flag) {
  std::string text =
      flag.short_name == '\0' ? "      --" : std::string("  -") + flag.short_name + ", --";
  text += flag.name;
  if (is_switch(flag)) return text;
  const bool names_choices =
      flag.kind == ValueKind::kChoice && text.size() + 1 + flag.choices.size() < kBriefColumn;
  const std::string value(names_choices ? flag.choices : flag.metavar);
  text += value_is_optional(flag) ? "[=" + value + "]" : " " + value;
  return text + (flag.repeatable ? "..." : "");
}

// The brief, and in brackets what holds without the flag or without its value.
std::string right_side(const Flag& flag) {
  const std::string_view unsaid = value_is_optional(flag) ? flag.implied : flag.default_text;
  const std::string text(flag.brief);
  return unsaid.empty() ? text : text + " [" + std::string(unsaid) + "]";
}

// `left`, and `right` beside it, broken between words where the line would grow too long.
std::string two_columns(std::string line, std::string_view right) {
  std::string text;
  line.resize(kBriefColumn, ' ');
  while (!right.empty()) {
    const std::size_t end = std::min(right.find(' '), right.size());
    const bool begins_line = line.size() == kBriefColumn;
    if (!begins_line && line.size() + 1 + end > kColumns) {
      text += line + '\n';
      line.assign(kBriefColumn, ' ');
      continue;
    }
    if (!begins_line) line += ' ';
    line += right.substr(0, end);
    right.remove_prefix(std::min(end + 1, right.size()));
  }
  return text + line + '\n';
}

}  // namespace

std::string help_text() {
  std::string text(kIntroduction);
  for (const auto& [group, heading] : kHeadings) {
    text += '\n' + std::string(heading) + ":\n";
    for (const Flag& flag : kFlags) {
      if (flag.group == group) text += two_columns(left_side(flag), right_side(flag));
    }
  }
  return text + std::string(kEnding);
}

std::string version_text() { return "tinyserve " TINYSERVE_VERSION "\n"; }

}  // namespace tinyserve::cmd
