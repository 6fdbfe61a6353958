// listing_json.h — the entries of a directory for programs: the listing's other form.
#pragma once

#include <vector>

#include "files/listing.h"
#include "http/response.h"

namespace tinyserve::handlers {

// An array of {"name","type","size","modified","href"}: type is "file" or "directory", size is in
// bytes (null for a directory), modified is UTC in RFC 3339's form, href is relative and
// percent-encoded. A name that is no UTF-8 has U+FFFD in it; its href still leads to it.
[[nodiscard]] http::Response listing_data(const std::vector<files::ListedEntry>& entries);

}  // namespace tinyserve::handlers
