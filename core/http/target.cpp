#include "http/target.h"

#include <algorithm>

#include "http/grammar.h"
#include "http/host.h"

namespace tinyserve::http {

namespace {

constexpr std::string_view kScheme = "http://";

// Fills in path and query from what follows the authority.
bool split_query(Target& target, std::string_view rest) {
  if (!rest.empty() && count_leading<is_plain_path_char>(rest) == rest.size()) {
    target.path = rest;
    return true;
  }
  const std::size_t mark = rest.find('?');
  target.path = rest.substr(0, mark);
  if (mark != rest.npos) target.query = rest.substr(mark + 1);
  if (target.path.empty()) target.path = "/";
  return std::all_of(target.path.begin(), target.path.end(), is_path_char) &&
         escapes_are_whole(target.path) &&
         (!target.query || std::all_of(target.query->begin(), target.query->end(), is_query_char));
}

// `path` with its escapes undone; nothing when a control byte came out. Escapes are whole:
// parse_target() saw to it.
std::optional<std::string> undo_escapes(std::string_view path) {
  std::string decoded;
  decoded.reserve(path.size());
  for (std::size_t at = 0; at < path.size(); ++at) {
    char c = path[at];
    if (c == '%' && at + 2 < path.size()) {
      c = static_cast<char>(hex_value(path[at + 1]) * 16 + hex_value(path[at + 2]));
      at += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

// Whether `path` means what it says, letter by letter: it has no escape, no empty segment, and none
// that begins with a dot.
bool is_literal(std::string_view path) {
  if (!path.starts_with('/')) return false;
  bool is_begun = false;  // the segment
  for (const char c : path.substr(1)) {
    if (!is_plain_path_char(c) || (!is_begun && (c == '/' || c == '.'))) return false;
    is_begun = c != '/';
  }
  return true;
}

// Whether a segment begins with a dot. Only at the very front `.well-known` is none of the hidden
// ones (RFC 8615).
bool has_hidden_segment(std::string_view normalised) {
  constexpr std::string_view kWellKnown = ".well-known";
  if (normalised == kWellKnown || normalised.starts_with(".well-known/")) {
    normalised.remove_prefix(kWellKnown.size());
  }
  return normalised.starts_with('.') || normalised.find("/.") != normalised.npos;
}

}  // namespace

std::optional<Target> parse_target(std::string_view text, Method method) {
  Target target{};
  target.text = text;
  if (text == "*" && method == Method::kOptions) {
    target.form = Target::Form::kAsterisk;
    target.path = text;
    return target;
  }
  if (text.starts_with('/')) {
    target.form = Target::Form::kOrigin;
    if (!split_query(target, text)) return std::nullopt;
    return target;
  }
  if (!iequals(text.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  target.form = Target::Form::kAbsolute;
  text.remove_prefix(kScheme.size());
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  target.authority = text.substr(0, end);
  if (!parse_host(target.authority)) return std::nullopt;
  if (!split_query(target, text.substr(end))) return std::nullopt;
  return target;
}

std::optional<Path> decode_path(std::string_view encoded) {
  Path path;
  if (is_literal(encoded)) {
    path.wants_directory = encoded.ends_with('/');
    if (path.wants_directory) encoded.remove_suffix(1);
    if (!encoded.empty()) path.text = encoded.substr(1);
    return path;
  }
  const auto decoded = undo_escapes(encoded);
  if (!decoded) return std::nullopt;
  path.text.reserve(decoded->size());
  std::string_view rest = *decoded;
  while (!rest.empty()) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    path.wants_directory = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      if (path.text.empty()) return std::nullopt;
      const std::size_t slash = path.text.rfind('/');
      path.text.resize(slash == std::string::npos ? 0 : slash);
    } else if (!path.wants_directory) {
      if (!path.text.empty()) path.text += '/';
      path.text += segment;
    }
  }
  if (decoded->ends_with('/')) path.wants_directory = true;
  path.hidden = has_hidden_segment(path.text);
  return path;
}

std::string encode_path(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_unreserved_char(c) || c == '/') {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += kHex[byte >> 4];
      encoded += kHex[byte & 15];
    }
  }
  return encoded;
}

}  // namespace tinyserve::http
