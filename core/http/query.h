// query.h — the query of a target as a form writes it (WHATWG URL §5.1). Pure.
//
// Nothing that is served depends on it but the API: for files a query means nothing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tinyserve::http {

// The names and values of `query`, in order, decoded: a plus is a space, and a % that begins no
// escape is a %. They may hold any bytes.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

}  // namespace tinyserve::http
