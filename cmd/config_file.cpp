#include "cmd/config_file.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <vector>

#include "cmd/flags.h"
#include "cmd/nearest.h"
#include "cmd/printable.h"

namespace tinyserve::cmd {
namespace {

using nlohmann::json;

// Goes through the text and counts its lines, so that an error can name one: the parser tells no
// position with what it finds.
class CountingIterator {
 public:
  // NOLINTBEGIN(readability-identifier-naming): the standard library looks for these names
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  // NOLINTEND(readability-identifier-naming)

  CountingIterator(const char* at, std::size_t& lines) : at_(at), lines_(&lines) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (*at_ == '\n') ++*lines_;
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    const CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& a, const CountingIterator& b) {
    return a.at_ == b.at_;
  }

 private:
  const char* at_;
  std::size_t* lines_;
};

std::string kind_of_value(const Flag& flag) {
  if (is_switch(flag)) return "true or false";
  std::string kind = flag.kind == ValueKind::kNumber ? "a number or a text" : "a text";
  if (value_is_optional(flag)) kind += ", true or false";
  return flag.repeatable ? kind + ", or a list of such" : kind;
}

// Takes the parser's events and collects values; false stops the parser.
class Collector : public nlohmann::json_sax<json> {
 public:
  Collector(const std::string& path, const std::size_t& line) : path_(path), line_(line) {}

  bool key(string_t& name) override {
    flag_ = find_flag(name);
    if (flag_ == nullptr || flag_->role == Role::kQuestion || name == "config") {
      return fail(unknown(name));
    }
    if (options_.contains(flag_->name)) return fail(in_quotes(name) + " stands there twice");
    options_[flag_->name] = {Layer::kConfigFile, {}, here() + in_quotes(name)};
    return true;
  }
  bool boolean(bool value) override {
    if (flag_ == nullptr) return no_object();
    if (in_list_ || (!is_switch(*flag_) && !value_is_optional(*flag_))) return wrong_kind();
    if (is_switch(*flag_)) return add(value ? "1" : "0");
    return value ? add(std::string(flag_->implied)) : true;
  }
  bool string(string_t& value) override {
    if (flag_ == nullptr) return no_object();
    return is_switch(*flag_) ? wrong_kind() : add(value);
  }
  bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return number(text);
  }
  bool start_array(std::size_t /*size*/) override {
    if (flag_ == nullptr) return no_object();
    if (!flag_->repeatable || in_list_) return wrong_kind();
    in_list_ = true;
    return true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }
  bool start_object(std::size_t /*size*/) override {
    if (flag_ != nullptr) return wrong_kind();
    return true;
  }
  bool end_object() override { return true; }
  bool null() override { return flag_ == nullptr ? no_object() : wrong_kind(); }
  bool binary(json::binary_t& /*value*/) override { return wrong_kind(); }
  bool parse_error(std::size_t /*position*/, const std::string& token,
                   const nlohmann::detail::exception& /*error*/) override {
    return fail(token.empty() ? "this is no JSON" : "this is no JSON, near " + in_quotes(token));
  }

  [[nodiscard]] const std::optional<UsageError>& error() const { return error_; }
  [[nodiscard]] const RawOptions& options() const { return options_; }

 private:
  [[nodiscard]] std::string here() const { return path_ + ":" + std::to_string(line_) + ": "; }
  bool fail(const std::string& text) {
    error_ = UsageError{here() + text};
    return false;
  }
  bool wrong_kind() { return fail(in_quotes(flag_->name) + " wants " + kind_of_value(*flag_)); }
  bool no_object() { return fail("a configuration is an object: { \"port\": 9000 }"); }
  bool number(const std::string& text) {
    if (flag_ == nullptr) return no_object();
    const bool fits = flag_->kind == ValueKind::kNumber || flag_->kind == ValueKind::kWord;
    return fits ? add(text) : wrong_kind();
  }
  bool add(const std::string& text) {
    options_[flag_->name].texts.push_back(text);
    return true;
  }
  [[nodiscard]] static std::string unknown(const std::string& name) {
    std::vector<std::string> known;
    for (const Flag& flag : kFlags) {
      if (flag.role == Role::kSetting && flag.name != "config") known.emplace_back(flag.name);
    }
    const std::string meant = nearest(name, known);
    const std::string text = in_quotes(name) + " is no setting";
    return meant.empty() ? text + "; 'tinyserve --help' names them all"
                         : text + "; did you mean " + in_quotes(meant) + "?";
  }

  const std::string& path_;
  const std::size_t& line_;
  const Flag* flag_ = nullptr;  // whose value comes next
  bool in_list_ = false;
  RawOptions options_;
  std::optional<UsageError> error_;
};

}  // namespace

std::variant<RawOptions, UsageError> parse_config(std::string_view text, const std::string& path) {
  std::size_t line = 1;
  // The parser would take it for the end, and what comes behind it would not count.
  if (const std::size_t zero = text.find('\0'); zero != text.npos) {
    line += static_cast<std::size_t>(std::count(text.begin(), text.begin() + zero, '\n'));
    return UsageError{path + ":" + std::to_string(line) + ": this is no JSON, it has a zero byte"};
  }
  Collector collector(path, line);
  constexpr bool kWholeText = true;
  constexpr bool kWithComments = true;
  json::sax_parse(CountingIterator(text.data(), line),
                  CountingIterator(text.data() + text.size(), line), &collector,
                  json::input_format_t::json, kWholeText, kWithComments);
  if (collector.error()) return *collector.error();
  return collector.options();
}

std::variant<RawOptions, UsageError> read_config(const std::string& path) {
  std::error_code ignored;  // what cannot be looked at cannot be opened either
  const bool is_directory = std::filesystem::is_directory(path, ignored);
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file || is_directory) {
    const int error = is_directory ? EISDIR : errno;
    return UsageError{"cannot read the configuration " + in_quotes(path) + ": " +
                      std::generic_category().message(error)};
  }
  const std::string text(std::istreambuf_iterator<char>(file), {});
  return parse_config(text, path);
}

std::string find_user_config(const Environment& environment) {
  std::filesystem::path base(value_of(environment, "XDG_CONFIG_HOME"));
  // A relative one is to be ignored, says the specification.
  if (!base.is_absolute()) {
    base = value_of(environment, "HOME");
    if (!base.is_absolute()) return {};
    base /= ".config";
  }
  const std::filesystem::path path = base / "tinyserve" / "config.json";
  std::error_code error;
  const bool is_there = std::filesystem::exists(path, error);
  return is_there || error ? path.string() : std::string();
}

}  // namespace tinyserve::cmd
