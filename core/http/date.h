// date.h — the dates of HTTP: written in one form, read in three (RFC 9110 §5.6.7).
//
// Pure: no clock, no time zone, no locale and none of libc's time functions. Seconds count from
// 1970-01-01T00:00:00Z and know no leap seconds, as the kernel's do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tinyserve::http {

// "Sun, 06 Nov 1994 08:49:37 GMT": IMF-fixdate, the only form that is sent. Without a terminator.
// What lies before the year 0 or after 9999 becomes the first or the last second that can be
// written.
[[nodiscard]] std::array<char, 29> format_date(std::int64_t seconds);

// Appends the same to `out`.
void append_date(std::string& out, std::int64_t seconds);

// The seconds that `text` names in any of the three forms, or nothing when it is no HTTP-date:
// names are case-sensitive, every field must be in its range (no 31 Feb, no hour 24; second 60 is a
// leap second and counts as the one after 59), but the day's name need not fit the date. The year
// of the rfc850 form has two digits: it is the latest that does not lie more than 50 years after
// `now_s`.
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text, std::int64_t now_s);

}  // namespace tinyserve::http
