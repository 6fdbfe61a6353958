// api.h — the endpoints under /api/: a greeting, and an echo that gives back the bytes it was sent.
#pragma once

#include <string_view>

#include "handlers/answer.h"
#include "http/request.h"
#include "http/target.h"

namespace tinyserve::handlers {

// Whether `path` belongs to the API.
[[nodiscard]] bool is_api(const http::Path& path);
// Whether a request for `path` is answered from its content, so that the content has to be kept.
[[nodiscard]] bool api_wants_content(const http::Request& request, const http::Path& path);

// `path` is_api(); the content of the request is complete where it is wanted.
[[nodiscard]] Answer api_answer(const http::Request& request, const http::Path& path);

}  // namespace tinyserve::handlers
