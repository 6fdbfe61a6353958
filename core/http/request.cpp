#include "http/request.h"

#include "base/ascii.h"
#include "http/list.h"

namespace tinyserve::http {

namespace {

// RFC 9112 §3.2: one Host field, required since HTTP/1.1, valid even where the target's authority
// overrides it.
std::variant<std::optional<Host>, Refusal> read_host(const RequestHead& head) {
  const auto value = head.fields.find(FieldName::kHost);
  if (!value) {
    if (head.minor_version == 0) return std::nullopt;
    return Refusal{Status::kBadRequest, "no Host"};
  }
  if (head.fields.repeats(FieldName::kHost)) return Refusal{Status::kBadRequest, "Host twice"};
  const auto host = parse_host(*value);
  if (!host) return Refusal{Status::kBadRequest, "malformed Host"};
  return host;
}

// RFC 9112 §9.3: `close` wins; HTTP/1.0 persists only when asked to.
bool wants_keep_alive(const RequestHead& head) {
  bool close = false;
  bool keep_alive = false;
  head.fields.for_each(FieldName::kConnection, [&](std::string_view value) {
    // Nearly always it is all that the list has.
    const bool is_keep_alive = iequals(value, "keep-alive");
    close = close || (!is_keep_alive && has_token(value, "close"));
    keep_alive = keep_alive || is_keep_alive || has_token(value, "keep-alive");
  });
  return !close && (head.minor_version >= 1 || keep_alive);
}

enum class Expectation { kNone, kContinue, kUnknown };

// RFC 9110 §10.1.1: 100-continue is the only expectation there is; an empty list expects nothing.
Expectation read_expectation(const Fields& fields) {
  Expectation found = Expectation::kNone;
  fields.for_each(FieldName::kExpect, [&found](std::string_view value) {
    ListElements elements(value);
    while (const auto element = elements.next()) {
      if (!iequals(*element, "100-continue")) found = Expectation::kUnknown;
      if (found == Expectation::kNone) found = Expectation::kContinue;
    }
  });
  return found;
}

}  // namespace

std::optional<Refusal> Request::read(const RequestHead& head, const Limits& limits) {
  head_text = head.text;
  method = parse_method(head.method);
  minor_version = head.minor_version;
  fields = head.fields;
  const auto own_host = read_host(head);
  if (const auto* refusal = std::get_if<Refusal>(&own_host)) return *refusal;
  if (method == Method::kConnect) {
    return Refusal{Status::kNotImplemented, "CONNECT"};  // its target has a form of its own
  }
  const auto asked = parse_target(head.target, method);
  if (!asked) return Refusal{Status::kBadRequest, "malformed target"};
  target = *asked;
  const auto decided = decide_framing(head, limits);
  if (const auto* refusal = std::get_if<Refusal>(&decided)) return *refusal;
  framing = *std::get_if<Framing>(&decided);
  const Expectation expectation = read_expectation(head.fields);
  if (expectation == Expectation::kUnknown) {
    return Refusal{Status::kExpectationFailed, "unknown expectation"};
  }
  host = target.form == Target::Form::kAbsolute ? parse_host(target.authority)
                                                : *std::get_if<std::optional<Host>>(&own_host);
  keep_alive = wants_keep_alive(head);
  expects_continue = expectation == Expectation::kContinue && head.minor_version >= 1 &&
                     framing.kind != Framing::Kind::kNone;
  return std::nullopt;
}

std::variant<Request, Refusal> interpret(const RequestHead& head, const Limits& limits) {
  Request request;
  if (const auto refusal = request.read(head, limits)) return *refusal;
  return request;
}

}  // namespace tinyserve::http
