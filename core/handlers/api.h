// api.h — the endpoints under /api/, as one table: names, what stands behind them, methods.
//
// A greeting and an echo; a reflection of the request; answers made to order. All are bounded, data
// and never pages, and tell nothing of the machine. Allow, 405, 404 and OPTIONS follow from the
// table.
#pragma once

#include <string_view>

#include "handlers/answer.h"
#include "handlers/ask.h"
#include "handlers/caller.h"
#include "http/request.h"
#include "http/target.h"

namespace tinyserve::handlers {

// Whether `path` belongs to the API.
[[nodiscard]] bool is_api(const http::Path& path);
// What `path`, which is_api(), allows, as a value of the field Allow.
[[nodiscard]] std::string_view api_methods(const http::Path& path);
// Whether a request for `path` is answered from its content, so that the content has to be kept.
[[nodiscard]] bool api_wants_content(const http::Request& request, const http::Path& path);

// The path of `ask` is_api(); the content of its request is complete where it is wanted.
[[nodiscard]] Answer api_answer(const Ask& ask, const Caller& caller);

}  // namespace tinyserve::handlers
