// reflection.h — /api/request: a request as JSON, the way it arrived.
//
// It holds what the client itself has sent and where it sent it from, nothing of the server. What
// browsers keep from scripts (RFC 6265 §4.1.2.6, Fetch §2.2.2) is kept from them here, too: to a
// page, the values of Cookie and Authorization are null.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "handlers/answer.h"
#include "handlers/ask.h"
#include "handlers/caller.h"
#include "http/request.h"
#include "http/target.h"

namespace tinyserve::handlers {

// More content than this is not reflected, only its size.
inline constexpr std::uint64_t kMostReflected = 1024 * 1024;

// {"method", "target", "path", "query", "version", "fields", "content", "connection", "timing"}.
// `path` is that of the request's target; `now` is when all of the request was there. Its content
// comes as text where it is UTF-8 without control characters but tab and line ends, and in base64
// otherwise. Bytes elsewhere that are no UTF-8 become U+FFFD, and a field value that has any comes
// in base64 as well.
[[nodiscard]] std::string reflection(const http::Request& request, const http::Path& path,
                                     const Caller& caller, Instant now);

// The answer with it; a job where there is much content.
[[nodiscard]] Answer reflect(const Ask& ask, const Caller& caller);

}  // namespace tinyserve::handlers
