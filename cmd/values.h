// values.h — single values of flags: text into numbers, times, sizes, names and addresses.
//
// Pure functions. A Complaint quotes the text and says what would be right; who prints it puts the
// flag or the variable in front: "--port: 'abc' is not a port (0 to 65535)".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "handlers/options.h"

namespace tinyserve::cmd {

struct Complaint {
  std::string text;
};

template <class T>
using Parsed = std::variant<T, Complaint>;

// 0 to 65535.
[[nodiscard]] Parsed<std::uint16_t> parse_port(std::string_view text);

// 1 or more.
[[nodiscard]] Parsed<std::size_t> parse_count(std::string_view text);
// 1 to 256.
[[nodiscard]] Parsed<std::size_t> parse_threads(std::string_view text);

// Bytes, with an optional K, M or G (powers of 1024, either case), up to 2^63 - 1.
[[nodiscard]] Parsed<std::uint64_t> parse_bytes(std::string_view text);

// Seconds as a decimal number ("60", "0.5") into milliseconds, what is finer being cut off; at most
// 10^9 seconds.
[[nodiscard]] Parsed<std::int64_t> parse_seconds(std::string_view text);
// The same, but a millisecond at least.
[[nodiscard]] Parsed<std::int64_t> parse_positive_seconds(std::string_view text);

// Any name that is not empty.
[[nodiscard]] Parsed<std::string> parse_path(std::string_view text);

// A name inside a directory.
[[nodiscard]] Parsed<std::string> parse_file_name(std::string_view text);

// A path of a file below the root: relative, without "..".
[[nodiscard]] Parsed<std::string> parse_path_in_root(std::string_view text);

// "EXT=TYPE" (RFC 9110 §8.3.1). The extension loses its dot and its capitals; a text type without a
// charset gets utf-8.
[[nodiscard]] Parsed<handlers::MediaType> parse_media_type(std::string_view text);

// no-cache, no-store, immutable or a number of seconds, as the value of Cache-Control (RFC 9111
// §5.2.2, RFC 8246).
[[nodiscard]] Parsed<std::string> parse_cache(std::string_view text);

// "Name: value" (RFC 9112 §5), save the fields that frame an answer or tell what its content is.
[[nodiscard]] Parsed<handlers::Header> parse_header(std::string_view text);

// The origin of a web page as browsers write it (RFC 6454 §6.2): in lower case, without the
// scheme's own port; or "*".
[[nodiscard]] Parsed<std::string> parse_origin(std::string_view text);

// Any pattern that is not empty.
[[nodiscard]] Parsed<std::string> parse_pattern(std::string_view text);

// A host name without a port, or "*".
[[nodiscard]] Parsed<std::string> parse_host(std::string_view text);

// An IPv4 or IPv6 address, without the brackets that it may stand in; or "localhost", as it is.
[[nodiscard]] Parsed<std::string> parse_address(std::string_view text);

// Whether only this machine can reach the address: 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(const std::string& address);

}  // namespace tinyserve::cmd
