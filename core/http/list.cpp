#include "http/list.h"

#include <algorithm>

#include "base/ascii.h"

namespace tinyserve::http {

std::optional<std::string_view> ListElements::next() {
  while (!rest_.empty()) {
    const std::size_t size = find_unquoted(rest_, ',');
    const std::string_view element = trim_ows(rest_.substr(0, size));
    rest_.remove_prefix(std::min(size + 1, rest_.size()));
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

std::size_t find_unquoted(std::string_view text, char separator) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == separator && !quoted) break;
    if (c == '"') quoted = !quoted;
    if (c == '\\' && quoted) ++at;  // the byte after it is meant literally, a quote as well
  }
  return std::min(at, text.size());
}

bool has_token(std::string_view value, std::string_view token) {
  ListElements elements(value);
  while (const auto element = elements.next()) {
    if (iequals(*element, token)) return true;
  }
  return false;
}

}  // namespace tinyserve::http
