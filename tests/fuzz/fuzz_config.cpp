// The text of a configuration file, whatever it is: either it is read, and then says of settings
// that there are what the JSON says, or the error names a line of it. What is read can be written
// down again.
//
// The input is the text.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ascii.h"
#include "cmd/config_file.h"
#include "cmd/flags.h"
#include "cmd/printable.h"
#include "cmd/settings.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"

using namespace tinyserve;
using cmd::Flag;
using cmd::RawOptions;
using cmd::RawValues;
using cmd::UsageError;
using nlohmann::json;

namespace {

using Outcome = std::variant<RawOptions, UsageError>;

const std::string kPath = "dir/c.json";

std::size_t lines_in(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// A message that begins with the file and a line, taken apart.
struct Placed {
  std::size_t line = 0;
  std::string rest;

  bool operator==(const Placed&) const = default;
};

Placed taken_apart(std::string_view text) {
  DEMAND(text.starts_with(kPath + ':'));
  text.remove_prefix(kPath.size() + 1);
  const std::size_t colon = text.find(": ");
  DEMAND(colon != text.npos);
  const auto line = parse_decimal(text.substr(0, colon));
  DEMAND(line.has_value());
  return {static_cast<std::size_t>(*line), std::string(text.substr(colon + 2))};
}

// The line of the error in `text`; nothing where there is none.
std::optional<Placed> error_in(const std::string& text) {
  const Outcome outcome = cmd::parse_config(text, kPath);
  const auto* const error = std::get_if<UsageError>(&outcome);
  if (error == nullptr) return std::nullopt;
  const Placed placed = taken_apart(error->text);
  DEMAND(placed.line >= 1 && placed.line <= lines_in(text));
  DEMAND(!placed.rest.empty() && cmd::printable(error->text).find('\n') == std::string::npos);
  return placed;
}

// Whether `written` is what `text` was made from.
bool is_value(const json& written, const std::string& text) {
  if (written.is_string()) return written.get<std::string>() == text;
  return written.is_number() && json::parse(text) == written;
}

void check_values(const Flag& flag, const RawValues& values, const json& written) {
  const auto& texts = values.texts;
  if (cmd::is_switch(flag)) {
    DEMAND(written.is_boolean() && texts.size() == 1);
    DEMAND(texts[0] == (written.get<bool>() ? "1" : "0"));
  } else if (written.is_boolean()) {
    DEMAND(cmd::value_is_optional(flag));
    DEMAND(texts.size() == (written.get<bool>() ? 1U : 0U));
    if (!texts.empty()) DEMAND(texts[0] == flag.implied);
  } else if (written.is_array()) {
    DEMAND(flag.repeatable && texts.size() == written.size());
    for (std::size_t i = 0; i < texts.size(); ++i) DEMAND(is_value(written[i], texts[i]));
  } else {
    DEMAND(texts.size() == 1 && is_value(written, texts[0]));
  }
}

// What was read, against the same text as a document.
void check_read(const RawOptions& options, const std::string& text) {
  constexpr bool kNoExceptions = false;
  constexpr bool kWithComments = true;
  const json document = json::parse(text, nullptr, kNoExceptions, kWithComments);
  DEMAND(document.is_object() && document.size() == options.size());
  for (const auto& [name, values] : options) {
    const Flag* const flag = cmd::find_flag(name);
    DEMAND(flag != nullptr && flag->role == cmd::Role::kSetting && name != "config");
    DEMAND(values.layer == cmd::Layer::kConfigFile);
    const Placed source = taken_apart(values.source);
    DEMAND(source.line >= 1 && source.line <= lines_in(text));
    DEMAND(source.rest == cmd::in_quotes(name));
    DEMAND(document.contains(name));
    check_values(*flag, values, document[std::string(name)]);
  }
}

// The same settings, as a person would write them who has no numbers.
std::string written_down(const RawOptions& options) {
  json document = json::object();
  for (const auto& [name, values] : options) {
    const Flag& flag = *cmd::find_flag(name);
    json& value = document[std::string(name)];
    if (cmd::is_switch(flag)) {
      value = values.texts[0] == "1";
    } else if (values.texts.size() == 1) {
      value = values.texts[0];
    } else if (flag.repeatable) {
      value = values.texts;
    } else {
      value = false;
    }
  }
  return document.dump();
}

using Texts = std::vector<std::pair<std::string, std::vector<std::string>>>;

Texts texts_of(const Outcome& outcome) {
  const auto* const options = std::get_if<RawOptions>(&outcome);
  DEMAND(options != nullptr);
  Texts texts;
  for (const auto& [name, values] : *options) texts.emplace_back(name, values.texts);
  return texts;
}

// The parser counts what stands before a token as a part of it.
std::string without_token(const std::string& message) {
  return message.substr(0, message.find(", near "));
}

// What stands around the text decides nothing but the number of the line, or makes it no JSON.
void check_surroundings(const std::string& text, const Outcome& outcome) {
  const auto error = error_in(text);
  const bool has_mark = text.starts_with('\xef');  // which has to stand at the very front
  if (error) {
    const auto lower = has_mark ? error : error_in("\n // a comment\n" + text);
    DEMAND(lower && without_token(lower->rest) == without_token(error->rest));
    if (!has_mark) DEMAND(lower->line == error->line + 2);
    return;
  }
  const std::string before = has_mark ? "" : "/* a\ncomment */ ";
  DEMAND(texts_of(cmd::parse_config(before + text + "\n\t // the end", kPath)) ==
         texts_of(outcome));
  for (const std::string junk : {"x", "{}", ",", "\"port\"", "]", "}", "0"}) {
    const auto behind = error_in(text + '\n' + junk);
    DEMAND(behind && behind->line == lines_in(text) + 1);
  }
}

// Settings are interpreted, too, or the line of a wrong one is named.
void check_interpreted(const RawOptions& options, const std::string& text) {
  const auto settings = cmd::interpret(options);
  const auto* const error = std::get_if<UsageError>(&settings);
  if (error == nullptr) return;
  DEMAND(!error->text.empty());
  if (error->text.starts_with(kPath + ':')) {
    const std::size_t line = taken_apart(error->text).line;
    DEMAND(line >= 1 && line <= lines_in(text));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const Outcome outcome = cmd::parse_config(text, kPath);
  check_surroundings(text, outcome);
  const auto* const options = std::get_if<RawOptions>(&outcome);
  if (options == nullptr) return 0;
  check_read(*options, text);
  check_interpreted(*options, text);
  DEMAND(texts_of(cmd::parse_config(written_down(*options), kPath)) == texts_of(outcome));
  return 0;
}
