// file_answer.h — step 5 for one regular file: which representation, which status, which bytes.
#pragma once

#include <string>

#include "base/clock.h"
#include "files/root.h"
#include "handlers/answer.h"
#include "http/request.h"

namespace tinyserve::handlers {

// The answer to a GET or HEAD of the regular file `entry`, found at `path`: the file itself or a
// precompressed sibling, under the request's preconditions and ranges. `via` says how the file was
// chosen, where the answer is not one of its own (304, 206, 412, 416).
[[nodiscard]] Answer file_answer(const http::Request& request, const files::Root& root,
                                 const std::string& path, files::Entry entry, http::Via via,
                                 Instant now);

// The answer when looking a path up or reading what it leads to failed with `error`.
[[nodiscard]] Answer failed_answer(const http::Request& request, const Error& error);

// A page about `status` that leaves the connection open.
[[nodiscard]] Answer error_answer(const http::Request& request, http::Status status,
                                  std::string_view detail, http::Via via = http::Via::kErrorPage);

}  // namespace tinyserve::handlers
