// refusal.h — what the peer did wrong, as a value (RFC 9110 §15.5).
//
// It becomes the response that refuses the request; with a fault in syntax or framing the
// connection ends after it. What the machine refused is an Error (base/result.h) instead.
#pragma once

#include <string_view>

#include "http/status.h"

namespace tinyserve::http {

struct Refusal {
  Status status = Status::kBadRequest;
  std::string_view why;  // a literal: the rule in a few words, for the log's "why"
};

}  // namespace tinyserve::http
