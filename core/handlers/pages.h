// pages.h — the pages that we write ourselves: errors, and the listing of a directory.
//
// Their text is constant but for names of files, which are escaped; nothing of the request is
// repeated. Each comes with a Content-Security-Policy that allows its own style and script and
// nothing else.
#pragma once

#include <string_view>
#include <vector>

#include "files/listing.h"
#include "http/fields.h"
#include "http/response.h"

namespace tinyserve::handlers {

// A small page about `status`: HTML for a client that asks for HTML by name, one line of plain text
// for any other. `detail` says what was wrong, and what would be right. `parent` is where
// a person might go on, "/" or a relative reference; without it the page leads nowhere.
[[nodiscard]] http::Response error_page(http::Status status, std::string_view detail,
                                        const http::Fields& request_fields,
                                        std::string_view parent = {});

// The same, and an HTML page loads itself again after a second: for what will be over soon.
[[nodiscard]] http::Response waiting_page(http::Status status, std::string_view detail,
                                          const http::Fields& request_fields);

// The entries of the directory at `path` (relative to the root, "" for the root itself).
[[nodiscard]] http::Response listing_page(std::string_view path,
                                          const std::vector<files::ListedEntry>& entries);

}  // namespace tinyserve::handlers
