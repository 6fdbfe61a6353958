#include "log/json.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace tinyserve::log {
namespace {

constexpr std::uint64_t kEachByte = 0x0101010101010101;

// Characters that stand for themselves in a JSON string and are one byte long.
constexpr bool is_plain(char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; }

// Whether all eight bytes are plain, by arithmetic on all of them at once. Each term raises the top
// bit of a byte that is not; a carry or borrow may raise one more beside it, never hide one.
bool are_plain(const char* eight) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  const std::uint64_t control = word - kEachByte * ' ';
  const std::uint64_t beyond = word + kEachByte;  // DEL becomes 0x80
  const std::uint64_t quote = (word ^ (kEachByte * '"')) - kEachByte;
  const std::uint64_t backslash = (word ^ (kEachByte * '\\')) - kEachByte;
  return ((word | control | beyond | quote | backslash) & (kEachByte * 0x80)) == 0;
}

// How many plain characters `text` begins with.
std::size_t plain_prefix(std::string_view text) {
  std::size_t size = 0;
  while (text.size() - size >= 8 && are_plain(text.data() + size)) size += 8;
  // What is left of a text that was plain so far: its last eight bytes, some for the second time.
  const bool is_near_end = size > 0 && text.size() - size < 8;
  if (is_near_end && are_plain(text.data() + text.size() - 8)) return text.size();
  while (size < text.size() && is_plain(text[size])) ++size;
  return size;
}

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

// One character that is not plain: `sequence` is well-formed UTF-8.
void append_character(std::string& out, std::string_view sequence) {
  if (sequence.size() == 1) return append_ascii(out, sequence.front());
  const unsigned last = static_cast<unsigned char>(sequence.back());
  if (sequence.size() == 2 && sequence.front() == '\xC2' && last < 0xA0) {
    return append_escape(out, last);  // C1: the second byte is the code point
  }
  if (sequence == "\u2028" || sequence == "\u2029")
    return append_escape(out, 0x2000 + (last & 0x3F));
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
