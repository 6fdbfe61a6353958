#include "handlers/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tinyserve::handlers {

namespace {

constexpr std::size_t kIndent = 2;

// Whether it stands in JSON as it is.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

}  // namespace

JsonText& JsonText::begin(char open, char close) {
  before_value();
  text_ += open;
  open_ += close;
  is_first_ = true;
  return *this;
}

JsonText& JsonText::end() {
  const char close = open_.back();
  open_.pop_back();
  if (!is_first_) break_line();
  text_ += close;
  is_first_ = false;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  before_member();
  text_.append("\"").append(name).append(layout_ == Layout::kLines ? "\": " : "\":");
  is_named_ = true;
  return *this;
}

JsonText& JsonText::text(std::string_view value) {
  using Json = nlohmann::json;
  before_value();
  if (is_plain(value)) {
    text_.append("\"").append(value).append("\"");
  } else {
    text_ += Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return *this;
}

JsonText& JsonText::literal(std::string_view value) {
  before_value();
  text_ += value;
  return *this;
}

void JsonText::before_value() {
  if (std::exchange(is_named_, false) || open_.empty()) return;
  before_member();
}

void JsonText::before_member() {
  if (!std::exchange(is_first_, false)) text_ += ',';
  break_line();
}

void JsonText::break_line() {
  if (layout_ == Layout::kOneLine) return;
  text_ += '\n';
  text_.append(kIndent * open_.size(), ' ');
}

}  // namespace tinyserve::handlers
