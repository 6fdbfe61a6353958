// framing.h — how long the content of a request is (RFC 9112 §6). Pure, and the one place that
// decides it.
//
// Wherever two parsers could see different ends, the request is refused: that is how requests are
// smuggled.
#pragma once

#include <cstdint>
#include <variant>

#include "http/limits.h"
#include "http/refusal.h"
#include "http/request_parser.h"

namespace tinyserve::http {

struct Framing {
  enum class Kind : std::uint8_t { kNone, kLength, kChunked } kind = Kind::kNone;
  std::uint64_t length = 0;  // bytes; for kLength, where it may be 0
};

[[nodiscard]] std::variant<Framing, Refusal> decide_framing(const RequestHead& head,
                                                            const Limits& limits);

}  // namespace tinyserve::http
