#include "cmd/generate.h"

#include "cmd/quoting.h"

namespace tinyserve::cmd {
namespace {

// Inside a table even a code span ends at a bar.
std::string in_code(std::string_view text) { return "`" + backslashed(text, "|") + "`"; }

std::string in_markdown(std::string_view text) { return backslashed(text, "\\`*_[]<>|"); }

std::string names_in_code(const Flag& flag) {
  std::string names;
  if (flag.short_name != '\0') names = in_code(std::string{'-', flag.short_name}) + ", ";
  std::string long_one = "--" + std::string(flag.name);
  if (value_is_optional(flag)) {
    long_one += "[=" + std::string(flag.metavar) + "]";
  } else if (!is_switch(flag)) {
    long_one += ' ';
    long_one += flag.kind == ValueKind::kChoice ? flag.choices : flag.metavar;
  }
  return names + in_code(long_one);
}

}  // namespace

std::string readme_table(std::span<const Flag> flags) {
  std::string text = "| flag | default | meaning |\n|---|---|---|\n";
  for (const Flag& flag : flags) {
    text += "| " + names_in_code(flag) + " | " + in_markdown(flag.default_text);
    text += flag.default_text.empty() ? "| " : " | ";
    text += in_markdown(flag.brief) + (flag.repeatable ? "; repeatable |\n" : " |\n");
  }
  return text;
}

std::optional<std::string> generate(std::string_view kind) {
  if (kind == "bash") return bash_completion(kFlags);
  if (kind == "zsh") return zsh_completion(kFlags);
  if (kind == "fish") return fish_completion(kFlags);
  if (kind == "man") return manual_page(kFlags);
  if (kind == "readme") return readme_table(kFlags);
  return std::nullopt;
}

}  // namespace tinyserve::cmd
