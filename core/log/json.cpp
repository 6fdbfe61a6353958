#include "log/json.h"

#include <algorithm>

#include "base/utf8.h"
#include "log/plain.h"

namespace tinyserve::log {
namespace {

void append_escape(std::string& out, unsigned code_point) {
  constexpr char kDigits[] = "0123456789abcdef";
  const char escape[] = {'\\',
                         'u',
                         kDigits[code_point >> 12 & 0xF],
                         kDigits[code_point >> 8 & 0xF],
                         kDigits[code_point >> 4 & 0xF],
                         kDigits[code_point & 0xF]};
  out.append(escape, sizeof escape);
}

void append_ascii(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      append_escape(out, static_cast<unsigned char>(c));
  }
}

// Whether a terminal may show what follows in another order: U+202A to U+202E, U+2066 to U+2069.
bool turns_text_around(std::string_view sequence) {
  return (sequence >= "\u202A" && sequence <= "\u202E") ||
         (sequence >= "\u2066" && sequence <= "\u2069");
}

// One character that is not plain: `sequence` is well-formed UTF-8.
void append_character(std::string& out, std::string_view sequence) {
  if (sequence.size() == 1) return append_ascii(out, sequence.front());
  const unsigned last = static_cast<unsigned char>(sequence.back());
  if (sequence.size() == 2 && sequence.front() == '\xC2' && last < 0xA0) {
    return append_escape(out, last);  // C1: the second byte is the code point
  }
  const bool is_separator = sequence == "\u2028" || sequence == "\u2029";
  if (is_separator || turns_text_around(sequence)) {
    const unsigned middle = static_cast<unsigned char>(sequence[1]);
    return append_escape(out, 0x2000 | (middle & 0x3F) << 6 | (last & 0x3F));
  }
  out.append(sequence);
}

// The general case: any bytes, and a cut at `end`.
void append_characters(std::string& out, std::string_view text, std::size_t end) {
  std::size_t at = 0;
  while (at < end) {
    const std::size_t plain = plain_prefix(text.substr(at, end - at));
    out.append(text, at, plain);
    at += plain;
    if (at == end) break;
    const std::size_t size = utf8_sequence_size(text.substr(at));
    if (size > end - at) break;
    if (size == 0) {
      out.append(kReplacementCharacter);
    } else {
      append_character(out, text.substr(at, size));
    }
    at += std::max<std::size_t>(size, 1);
  }
  if (at < text.size()) out += "…";
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t max_bytes) {
  out += '"';
  if (text.size() <= max_bytes && plain_prefix(text) == text.size()) {
    out.append(text);  // nearly every text of nearly every request
  } else {
    append_characters(out, text, std::min(text.size(), max_bytes));
  }
  out += '"';
}

}  // namespace tinyserve::log
