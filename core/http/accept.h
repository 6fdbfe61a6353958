// accept.h — step 5: what a client would rather have (RFC 9110 §12.5).
//
// Pure; keeps no view. The lines of a field are handed in in order; an empty span means that the
// request has no such field. An element with a malformed weight is as if it were not there.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tinyserve::http {

using FieldLines = std::span<const std::string_view>;

enum class Coding : std::uint8_t {
  kBr,
  kZstd,
  kGzip,
  kIdentity
};  // in the order of our preference

// Which codings a representation is at hand in, besides identity.
struct Codings {
  bool br = false;
  bool zstd = false;
  bool gzip = false;
};

// The name in Accept-Encoding and Content-Encoding: "br", "zstd", "gzip", "identity".
[[nodiscard]] std::string_view name(Coding coding);

// The coding to send, given the lines of Accept-Encoding (RFC 9110 §12.5.3): the heaviest of those
// offered, our preference between equals. Identity when none fits, even if the client refuses it:
// that serves it better than a 406. Also without the field, for who says nothing may know nothing.
[[nodiscard]] Coding choose_coding(FieldLines accept_encoding, Codings offered);

// Whether the client asks for HTML by name: text/html, text/* or application/xhtml+xml in Accept.
// `*/*` is no such name: command-line clients say that, and are better served with plain text.
[[nodiscard]] bool prefers_html(FieldLines accept);

// Whether the client asks for application/json by name, and rather than for text/html.
[[nodiscard]] bool prefers_json(FieldLines accept);

}  // namespace tinyserve::http
