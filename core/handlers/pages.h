// pages.h — the pages that we write ourselves: errors, and the listing of a directory.
//
// Their text is constant but for names of files, which are escaped; nothing of the request is
// repeated. Each comes with a Content-Security-Policy that allows its own style block and nothing
// else.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "files/listing.h"
#include "http/fields.h"
#include "http/response.h"

namespace tinyserve::handlers {

// A small page about `status`: HTML for a client that asks for HTML by name, one line of plain text
// for any other. `detail` is a literal: what was wrong, and what would be right.
[[nodiscard]] http::Response error_page(http::Status status, std::string_view detail,
                                        const http::Fields& request_fields);

// The same, and an HTML page loads itself again after a second: for what will be over soon.
[[nodiscard]] http::Response waiting_page(http::Status status, std::string_view detail,
                                          const http::Fields& request_fields);

// The entries of the directory at `path` (relative to the root, "" for the root itself).
[[nodiscard]] http::Response listing_page(std::string_view path,
                                          const std::vector<files::ListedEntry>& entries);

// `text` for HTML, as text or within an attribute's quotes: the five special characters escaped,
// control bytes and bytes that are no UTF-8 shown as U+FFFD.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace tinyserve::handlers
