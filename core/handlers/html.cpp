#include "handlers/html.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace tinyserve::handlers {

namespace {

// What stands around a character that is spelt.
struct Marks {
  std::string_view before;
  std::string_view after;
};

// `sequence` is well-formed UTF-8.
char32_t code_point(std::string_view sequence) {
  if (sequence.size() == 1) return static_cast<unsigned char>(sequence[0]);
  auto value = static_cast<char32_t>(static_cast<unsigned char>(sequence[0])) &
               (0xFFU >> (sequence.size() + 1));
  for (const char c : sequence.substr(1)) {
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3FU);
  }
  return value;
}

// Whether a character shows nothing, ends a line or turns the direction of what follows. Joiners
// stay: emoji and several scripts need them.
bool must_be_spelt(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x200B || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF;
}

std::string spell(char32_t c) {
  if (c == '\n') return "\\n";
  if (c == '\t') return "\\t";
  if (c == '\r') return "\\r";
  if (c < 0x80) return fmt::format("\\x{:02X}", static_cast<unsigned>(c));
  return fmt::format("\\u{:04X}", static_cast<unsigned>(c));
}

std::string_view escape_special(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

std::string escape(std::string_view text, const Marks& marks) {
  std::string escaped;
  escaped.reserve(text.size());
  const auto add_spelt = [&](std::string_view spelt) {
    escaped.append(marks.before).append(spelt).append(marks.after);
  };
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    const std::string_view sequence = text.substr(0, size == 0 ? 1 : size);
    if (size == 0) {
      add_spelt(fmt::format("\\x{:02X}", static_cast<unsigned char>(text.front())));
    } else if (must_be_spelt(code_point(sequence))) {
      add_spelt(spell(code_point(sequence)));
    } else {
      const std::string_view special = escape_special(text.front());
      escaped += special.empty() ? sequence : special;
    }
    text.remove_prefix(sequence.size());
  }
  return escaped;
}

}  // namespace

std::string escape_html(std::string_view text) { return escape(text, {}); }

std::string name_html(std::string_view name) {
  return "<bdi>" + escape(name, {"<i>", "</i>"}) + "</bdi>";
}

}  // namespace tinyserve::handlers
