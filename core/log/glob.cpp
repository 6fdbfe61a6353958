#include "log/glob.h"

#include <cstddef>

namespace tinyserve::log {
namespace {

// What the beginning of a pattern says of one byte: how much of the pattern that is, and whether
// the byte fits.
struct Verdict {
  std::size_t size;
  bool fits;
};

// `pattern` begins with the "[" of a set. Size 0 where nothing closes it.
Verdict look_into_set(std::string_view pattern, char c) {
  const bool negated = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^');
  const std::size_t first = negated ? 2 : 1;
  const auto byte = static_cast<unsigned char>(c);
  bool found = false;
  for (std::size_t at = first; at < pattern.size(); ++at) {
    if (pattern[at] == ']' && at > first) return {at + 1, found != negated};
    const auto low = static_cast<unsigned char>(pattern[at]);
    const bool is_range =
        at + 2 < pattern.size() && pattern[at + 1] == '-' && pattern[at + 2] != ']';
    if (is_range) at += 2;
    found = found || (low <= byte && byte <= static_cast<unsigned char>(pattern[at]));
  }
  return {0, false};
}

// `pattern` is not empty and begins with no star.
Verdict look(std::string_view pattern, char c) {
  if (pattern[0] == '?') return {1, true};
  if (pattern[0] == '[') {
    const Verdict verdict = look_into_set(pattern, c);
    if (verdict.size > 0) return verdict;
  }
  const std::size_t escape = pattern[0] == '\\' && pattern.size() > 1 ? 1 : 0;
  return {escape + 1, pattern[escape] == c};
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t at = 0;        // in the pattern
  std::size_t star = kNone;  // behind the last star that was met
  std::size_t resume = 0;    // where what follows that star is tried next
  std::size_t position = 0;  // in the text
  while (position < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = ++at;
      resume = position;
      continue;
    }
    const Verdict verdict =
        at < pattern.size() ? look(pattern.substr(at), text[position]) : Verdict{0, false};
    if (verdict.fits) {
      at += verdict.size;
      ++position;
    } else if (star == kNone) {
      return false;
    } else {
      // The last star takes one byte more. Those before it need not: what lies between has been
      // found at its first place.
      at = star;
      position = ++resume;
    }
  }
  return pattern.find_first_not_of('*', at) == kNone;
}

}  // namespace tinyserve::log
