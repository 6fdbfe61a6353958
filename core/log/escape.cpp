#include "log/escape.h"

#include <algorithm>

#include "log/plain.h"

namespace tinyserve::log {
namespace {

// The general case: any bytes, and a cut.
void append_characters(Buffer& out, std::string_view text, std::size_t max_bytes) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  const std::size_t end = out.size() + max_bytes;
  while (!text.empty()) {
    const std::size_t plain = std::min(plain_prefix(text), end - out.size());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const auto byte = static_cast<unsigned char>(text.front());
    const char escape[] = {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 0xF]};
    if (is_plain(text.front()) || end - out.size() < sizeof escape) return out.append("...");
    out.append({escape, sizeof escape});
    text.remove_prefix(1);
  }
}

}  // namespace

void append_escaped(Buffer& out, std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return append_characters(out, text, max_bytes);
  char* const to = out.room(text.size());
  if (!copy_if_plain(to, text)) return append_characters(out, text, max_bytes);
  out.end_at(to + text.size());
}

}  // namespace tinyserve::log
