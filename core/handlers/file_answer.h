// file_answer.h — step 5 for one regular file: which representation, which status, which bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "files/content.h"
#include "files/root.h"
#include "handlers/answer.h"
#include "handlers/ask.h"
#include "handlers/options.h"
#include "handlers/representation.h"
#include "http/request.h"

namespace tinyserve::handlers {

// The file that was chosen for a request.
struct ChosenFile {
  std::string path;    // in the root
  files::Entry entry;  // a regular file
  http::Via via;       // how it was chosen, where the answer is not one of its own (304, 206, 412)
  bool by_accept = false;  // another Accept field would have led elsewhere
  // What had to be missing for it to be chosen. Nothing: that was not all.
  std::optional<std::vector<std::string>> missing{std::in_place};
};

// The answer to a GET or HEAD of `file`, or a job for it where reading it would wait for a disk:
// itself or a precompressed sibling, under the request's preconditions and ranges.
[[nodiscard]] Answer file_answer(const Ask& ask, const Served& served, const ChosenFile& file);

// The answer to a GET or HEAD of a file that was looked up for an earlier request and was still the
// same a moment ago: `content` is the whole of `chosen`. Nothing where it has been written to
// since.
[[nodiscard]] std::optional<Answer> kept_answer(const Ask& ask, const Representation& chosen,
                                                http::Body content);

// The answer where the request's preconditions (RFC 9110 §13) make one without content; else
// nothing.
[[nodiscard]] std::optional<Answer> precondition_answer(const Ask& ask,
                                                        const Representation& chosen);

// A response with the whole of `file` and another status than 200: a site's own error page. Fails
// as files::content_of() does.
[[nodiscard]] Result<http::Response> error_page_of_file(const ChosenFile& file,
                                                        const Options& options, http::Status status,
                                                        files::Wait wait);

// The answer when looking a path up or reading what it leads to failed with `error`.
[[nodiscard]] Answer failed_answer(const http::Request& request, const Error& error);

// The answer when no worker has time for what would block the loop's thread.
[[nodiscard]] Answer busy_answer(const http::Request& request);

// A page about `status` that leaves the connection open.
[[nodiscard]] Answer error_answer(const http::Request& request, http::Status status,
                                  std::string_view detail, http::Via via = http::Via::kErrorPage);

}  // namespace tinyserve::handlers
