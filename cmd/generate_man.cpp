// The manual page in mdoc(7). New sentences begin on new lines there.
#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "cmd/generate.h"
#include "cmd/options.h"
#include "cmd/quoting.h"

namespace tinyserve::cmd {
namespace {

#include "share/manual.inc"

constexpr std::size_t kColumns = 80;

// Text as lines that do not grow too long; each sentence begins one. None may look like a request,
// and a backslash begins an escape.
std::string sentences(std::string_view text) {
  std::string lines;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string word = with_replaced(text.substr(0, end), "\\", "\\e");
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && (line.ends_with('.') || line.size() + 1 + word.size() > kColumns)) {
      lines += line + "\n";
      line.clear();
    }
    if (line.empty() && word.find_first_of(".'") == 0) line = "\\&";
    line += (line.empty() || line == "\\&" ? "" : " ") + word;
  }
  return lines + line + "\n";
}

// One argument of a macro, which could otherwise be taken for a macro or for several arguments.
std::string argument(std::string_view text) {
  return "\"\\&" + with_replaced(with_replaced(text, "\\", "\\e"), "\"", "\\(dq") + "\"";
}

std::string brief_sentence(const Flag& flag) {
  std::string text(flag.brief);
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return sentences(text + ".");
}

std::string value_of_flag(const Flag& flag) {
  if (is_switch(flag)) return {};
  if (value_is_optional(flag)) return " Ns Oo = Ns Ar " + std::string(flag.metavar) + " Oc";
  if (flag.kind != ValueKind::kChoice) return " Ns = Ns Ar " + std::string(flag.metavar);
  return " Ns = Ns Cm " + with_replaced(flag.choices, "|", " | ");
}

// A default of signs alone would drown in the sentence.
std::string default_sentence(std::string_view text) {
  if (is_alpha(text[0]) || is_digit(text[0])) {
    return sentences("The default is " + std::string(text) + ".");
  }
  return "The default is\n.Ql " + argument(text) + " .\n";
}

std::string option_row(const Flag& flag) {
  std::string row = ".It ";
  if (flag.short_name != '\0') row += std::string("Fl ") + flag.short_name + " , ";
  row += "Fl Fl " + std::string(flag.name) + value_of_flag(flag) + "\n" + brief_sentence(flag);
  if (!flag.details.empty()) row += sentences(flag.details);
  if (flag.repeatable) row += "It may be given several times.\n";
  if (!flag.default_text.empty()) row += default_sentence(flag.default_text);
  return row;
}

std::string environment_row(const Flag& flag) {
  std::string row = ".It Ev " + variable_of(flag) + "\n";
  row += ".Fl Fl " + std::string(flag.name);
  if (is_switch(flag)) return row + " ,\nwhen it is 1.\n";
  if (value_is_optional(flag)) row += " ;\n1 stands for the flag without a value";
  if (!flag.repeatable) return row + (value_is_optional(flag) ? ".\n" : " .\n");
  row += value_is_optional(flag) ? ",\n" : " ,\n";
  return row + (flag.separator == ',' ? "several of them with commas between.\n"
                                      : "several of them in lines of their own.\n");
}

}  // namespace

std::string manual_options(std::span<const Flag> flags) {
  std::string text = ".Bl -tag -width Ds\n";
  for (const Flag& flag : flags) text += option_row(flag);
  return text + ".El\n";
}

std::string manual_environment(std::span<const Flag> flags) {
  std::string text;
  for (const Flag& flag : flags) {
    if (flag.role == Role::kSetting) text += environment_row(flag);
  }
  return text;
}

std::string manual_page(std::span<const Flag> flags) {
  const std::string page = with_replaced(kManual, ".\\\" hole: options\n", manual_options(flags));
  return with_replaced(page, ".\\\" hole: environment\n", manual_environment(flags));
}

}  // namespace tinyserve::cmd
