// media_type.h — the media type of a file, by its name's extension (RFC 9110 §8.3.1). Pure.
#pragma once

#include <string_view>

namespace tinyserve::files {

// From the table in share/mime.types; the case of the extension does not count.
// `application/octet-stream` for a name without extension or with an unknown one. Text types come
// with `charset=utf-8`.
[[nodiscard]] std::string_view media_type(std::string_view name);

// What follows the last dot of `name`; empty without one.
[[nodiscard]] std::string_view extension(std::string_view name);

}  // namespace tinyserve::files
