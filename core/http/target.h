// target.h — the request target: its forms (RFC 9112 §3.2), and its path as a path of files (RFC
// 3986 §2, §6.2.2).
//
// Pure. parse_target() takes the target apart and checks its characters; decode_path() decides once
// and for all what the path means. Nothing after it decodes or normalises again, and the kernel
// confines what it names (files/root.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/method.h"

namespace tinyserve::http {

struct Target {
  enum class Form : std::uint8_t { kOrigin, kAbsolute, kAsterisk } form;
  std::string_view text;       // all of it, as sent
  std::string_view authority;  // kAbsolute only
  std::string_view path;  // as sent; begins with a slash ("/" for an empty one, "*" for kAsterisk)
  std::optional<std::string_view> query;  // as sent, without the question mark
};

// Takes `text` apart. Nothing when it is not a target for `method`: a form that is none, an
// asterisk without OPTIONS, a scheme other than http, user information, a byte that may not stand
// there raw, a % without two hexadecimal digits.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text, Method method);

struct Path {
  std::string
      text;  // decoded and normalised, relative to the root: "a/b.css", "" for the root itself
  bool wants_directory = true;  // it ended with a slash (or a dot segment)
  bool hidden = false;          // a segment begins with a dot, apart from a leading `.well-known`
};

// Decodes the path of an origin or absolute form, once, and resolves `.` and `..` and empty
// segments on the decoded bytes. Nothing when it has a control byte, or climbs above the root.
[[nodiscard]] std::optional<Path> decode_path(std::string_view encoded);

// `bytes` as a path in a URL: everything but unreserved characters and slashes is percent-encoded.
// For Location and links.
[[nodiscard]] std::string encode_path(std::string_view bytes);

}  // namespace tinyserve::http
