#include "http/framing.h"

#include <algorithm>

#include "base/ascii.h"

namespace tinyserve::http {

namespace {

// RFC 9110 §8.6. A list of equal lengths may be merged by the letter of the RFC; nobody sends one
// in good faith.
std::variant<Framing, Refusal> read_length(const Fields& fields, const Limits& limits) {
  if (fields.count(FieldName::kContentLength) > 1) {
    return Refusal{Status::kBadRequest, "Content-Length twice"};
  }
  const std::string_view text = fields.find(FieldName::kContentLength).value_or("");
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) {
    return Refusal{Status::kBadRequest, "malformed Content-Length"};
  }
  const auto length = parse_decimal(text);  // nothing: more than 63 bits
  if (!length || *length > limits.max_content) {
    return Refusal{Status::kContentTooLarge, "content too large"};
  }
  return Framing{Framing::Kind::kLength, *length};
}

// RFC 9112 §6.1. A coding that is not ours is 501, even before `chunked`; it never falls back to
// Content-Length.
std::variant<Framing, Refusal> read_transfer_coding(const RequestHead& head) {
  if (head.minor_version == 0) return Refusal{Status::kBadRequest, "Transfer-Encoding in HTTP/1.0"};
  return Refusal{Status::kNotImplemented, "transfer coding"};
}

}  // namespace

std::variant<Framing, Refusal> decide_framing(const RequestHead& head, const Limits& limits) {
  const bool has_length = head.fields.has(FieldName::kContentLength);
  if (head.fields.has(FieldName::kTransferEncoding)) {
    if (has_length) return Refusal{Status::kBadRequest, "Content-Length with Transfer-Encoding"};
    return read_transfer_coding(head);
  }
  if (has_length) return read_length(head.fields, limits);
  return Framing{};
}

}  // namespace tinyserve::http
