#include "cmd/help.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cmd/flags.h"

namespace tinyserve::cmd {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kBriefColumn = 36;

constexpr std::string_view kIntroduction =
    "Usage: tinyserve [FLAGS] [ROOT]\n"
    "\n"
    "  tinyserve                         this directory at http://localhost:8080/\n"
    "  tinyserve ./site --port 3000      another directory, another port\n"
    "  tinyserve ./site --bind 0.0.0.0   let other devices see it, too\n";

constexpr std::string_view kEnding =
    "\n"
    "Every setting can also come from the environment: TINYSERVE_PORT=3000,\n"
    "TINYSERVE_NO_API=1, TINYSERVE_INDEX=a.html,b.html. A flag has the last word.\n";

constexpr std::array<std::pair<Group, std::string_view>, 5> kHeadings{{
    {Group::kServing, "What is served"},
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
  text += ' ';
  text += flag.kind == ValueKind::kChoice ? flag.choices : flag.metavar;
  return text;
}

// The brief, and in brackets whether the flag can be repeated and what holds without it.
std::string right_side(const Flag& flag) {
  std::string text(flag.brief);
  std::string notes = flag.repeatable ? "repeatable" : "";
  if (!flag.default_text.empty()) {
    notes += notes.empty() ? "default " : "; default ";
    notes += flag.default_text;
  }
  return notes.empty() ? text : text + " (" + notes + ")";
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
