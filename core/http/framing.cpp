#include "http/framing.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/grammar.h"

namespace tinyserve::http {

namespace {

// RFC 9110 §8.6. A list of equal lengths may be merged by the letter of the RFC; nobody sends one
// in good faith.
std::variant<Framing, Refusal> read_length(const Fields& fields, const Limits& limits) {
  if (fields.repeats(FieldName::kContentLength)) {
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

// RFC 9112 §6.1, §6.3. A coding that is not ours is 501, even before `chunked`: it never falls back
// to Content-Length. Anything about which two parsers could disagree is 400.
std::variant<Framing, Refusal> read_transfer_coding(const RequestHead& head) {
  constexpr Refusal kMalformed{Status::kBadRequest, "malformed Transfer-Encoding"};
  if (head.minor_version == 0) return Refusal{Status::kBadRequest, "Transfer-Encoding in HTTP/1.0"};
  if (head.fields.repeats(FieldName::kTransferEncoding)) {
    return Refusal{Status::kBadRequest, "Transfer-Encoding twice"};
  }
  std::string_view rest = *head.fields.find(FieldName::kTransferEncoding);
  std::size_t codings = 0;
  bool chunked = false;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view coding = trim_ows(rest.substr(0, comma));
    const bool token = !coding.empty() && std::all_of(coding.begin(), coding.end(), is_token_char);
    if (!token || chunked)
      return kMalformed;  // parameters, empty elements, something behind `chunked`
    ++codings;
    chunked = iequals(coding, "chunked");
    if (comma == rest.npos) break;
    rest.remove_prefix(comma + 1);
  }
  if (chunked && codings == 1) return Framing{Framing::Kind::kChunked, 0};
  if (chunked || codings == 1) return Refusal{Status::kNotImplemented, "transfer coding"};
  return kMalformed;
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
