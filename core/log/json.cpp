#include "log/json.h"

#include <algorithm>

#include "base/digits.h"
#include "base/utf8.h"
#include "log/plain.h"

namespace tinyserve::log {
namespace {

char* put_escape(char* out, unsigned code_point) {
  constexpr char kDigits[] = "0123456789abcdef";
  const char escape[] = {'\\',
                         'u',
                         kDigits[code_point >> 12 & 0xF],
                         kDigits[code_point >> 8 & 0xF],
                         kDigits[code_point >> 4 & 0xF],
                         kDigits[code_point & 0xF]};
  return put_text(out, {escape, sizeof escape});
}

char* put_ascii(char* out, char c) {
  switch (c) {
    case '"':
      return put_text(out, "\\\"");
    case '\\':
      return put_text(out, "\\\\");
    case '\n':
      return put_text(out, "\\n");
    case '\r':
      return put_text(out, "\\r");
    case '\t':
      return put_text(out, "\\t");
    default:
      return put_escape(out, static_cast<unsigned char>(c));
  }
}

// Whether a terminal may show what follows in another order: U+202A to U+202E, U+2066 to U+2069.
bool turns_text_around(std::string_view sequence) {
  return (sequence >= "\u202A" && sequence <= "\u202E") ||
         (sequence >= "\u2066" && sequence <= "\u2069");
}

// One character that is not plain: `sequence` is well-formed UTF-8.
char* put_character(char* out, std::string_view sequence) {
  if (sequence.size() == 1) return put_ascii(out, sequence.front());
  const unsigned last = static_cast<unsigned char>(sequence.back());
  if (sequence.size() == 2 && sequence.front() == '\xC2' && last < 0xA0) {
    return put_escape(out, last);  // C1: the second byte is the code point
  }
  const bool is_separator = sequence == "\u2028" || sequence == "\u2029";
  if (is_separator || turns_text_around(sequence)) {
    const unsigned middle = static_cast<unsigned char>(sequence[1]);
    return put_escape(out, 0x2000 | (middle & 0x3F) << 6 | (last & 0x3F));
  }
  return put_text(out, sequence);
}

// The general case: any bytes, and a cut. Apart, so that the usual one stays small.
[[gnu::noinline]] char* put_characters(char* out, std::string_view text, std::size_t max_bytes) {
  const std::size_t end = std::min(text.size(), max_bytes);
  std::size_t at = 0;
  while (at < end) {
    const std::size_t plain = plain_prefix(text.substr(at, end - at));
    out = put_text(out, text.substr(at, plain));
    at += plain;
    if (at == end) break;
    const std::size_t size = utf8_sequence_size(text.substr(at));
    if (size > end - at) break;
    out = size == 0 ? put_text(out, kReplacementCharacter)
                    : put_character(out, text.substr(at, size));
    at += std::max<std::size_t>(size, 1);
  }
  return at < text.size() ? put_text(out, "…") : out;
}

}  // namespace

char* put_json_string(char* out, std::string_view text, std::size_t max_bytes) {
  *out++ = '"';
  // Nearly every text of nearly every request is plain.
  const bool is_done = text.size() <= max_bytes && copy_if_plain(out, text);
  out = is_done ? out + text.size() : put_characters(out, text, max_bytes);
  *out++ = '"';
  return out;
}

}  // namespace tinyserve::log
