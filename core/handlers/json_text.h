// json_text.h — step 5: JSON, written from its beginning to its end (RFC 8259).
//
// There is no tree: taking one apart needs memory, in a destructor, where running out of it is the
// end of the process. Keys and brackets come in the order in which they are to stand, which is not
// checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tinyserve::handlers {

class JsonText {
 public:
  enum class Layout : std::uint8_t { kLines, kOneLine };
  explicit JsonText(Layout layout = Layout::kLines) : layout_(layout) {}

  JsonText& begin_object() { return begin('{', '}'); }
  JsonText& begin_array() { return begin('[', ']'); }
  // Of what was begun last.
  JsonText& end();

  // The name, which needs no escapes, of the value that comes next.
  JsonText& key(std::string_view name);

  // What is no UTF-8 is replaced.
  JsonText& text(std::string_view value);
  JsonText& number(std::uint64_t value) { return literal(std::to_string(value)); }
  JsonText& duration(std::int64_t value) { return literal(std::to_string(value)); }
  // true, false or null.
  JsonText& literal(std::string_view value);

  // All of it, once.
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  JsonText& begin(char open, char close);
  void before_value();
  void before_member();
  void break_line();

  Layout layout_;
  bool is_named_ = false;  // a key stands in front of the next value
  bool is_first_ = true;   // nothing stands in what was begun last
  std::string open_;       // the brackets that are still to come, the last one first
  std::string text_;
};

}  // namespace tinyserve::handlers
