// list.h — the elements of a comma-separated field value (RFC 9110 §5.6.1).
//
// For lists of tokens, with or without parameters. Entity tags have a grammar of their own, in
// which a backslash escapes nothing: entity_tag.h reads those. Allocates nothing; views point into
// the value that was handed in.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tinyserve::http {

// Walks through one field value:
//
//   ListElements elements(value);
//   while (const auto element = elements.next()) use(*element);
//
// A comma within a quoted-string does not split (RFC 9110 §5.6.4); a string that is never closed
// reaches to the end of the value.
class ListElements {
 public:
  explicit ListElements(std::string_view value) : rest_(value) {}

  // The next element that is not empty, without the white space around it; nothing at the end.
  [[nodiscard]] std::optional<std::string_view> next();

 private:
  std::string_view rest_;
};

// The size of the longest front of `text` in which `separator` does not occur outside a
// quoted-string.
[[nodiscard]] std::size_t find_unquoted(std::string_view text, char separator);

// Whether one whole element of the list `value` is `token`, in any case: `closed` is not `close`.
[[nodiscard]] bool has_token(std::string_view value, std::string_view token);

}  // namespace tinyserve::http
