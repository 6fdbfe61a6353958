#include "cmd/values.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/ascii.h"

namespace tinyserve::cmd {
namespace {

Complaint complain(std::string_view text, std::string_view what_is_right) {
  return {"'" + std::string(text) + "' is not " + std::string(what_is_right)};
}

// How far a unit shifts a number of bytes to the left.
std::optional<int> unit_shift(char unit) {
  switch (to_lower(unit)) {
    case 'k':
      return 10;
    case 'm':
      return 20;
    case 'g':
      return 30;
    default:
      return std::nullopt;
  }
}

// The thousandths that the digits behind a decimal point spell: "5" is 500, "0625" is 62.
std::optional<std::uint64_t> parse_thousandths(std::string_view digits) {
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  std::string padded(digits.substr(0, 3));
  padded.resize(3, '0');
  return parse_decimal(padded);
}

std::optional<std::int64_t> parse_milliseconds(std::string_view text) {
  constexpr std::uint64_t kMaxSeconds = 1'000'000'000;
  const std::size_t point = text.find('.');
  const bool has_fraction = point != std::string_view::npos;
  const auto whole = parse_decimal(text.substr(0, point));
  const auto fraction = has_fraction ? parse_thousandths(text.substr(point + 1)) : 0;
  if (!whole || !fraction || *whole > kMaxSeconds) return std::nullopt;
  return static_cast<std::int64_t>(*whole * 1000 + *fraction);
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower;
}

// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || kMarks.find(c) != kMarks.npos;
  });
}

// RFC 9110 §5.5.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

// `text` without ":80" at its end, with which only that port is meant.
std::string_view without_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != text.npos && text.find(']', colon) == text.npos &&
                        std::holds_alternative<std::uint16_t>(parse_port(text.substr(colon + 1)));
  return has_port ? text.substr(0, colon) : text;
}

bool is_host(std::string_view text) {
  const auto parsed = text.starts_with('[') ? parse_address(text) : parse_host(text);
  return text != "*" && std::holds_alternative<std::string>(parsed);
}

bool is_address(const std::string& text) {
  in6_addr buffer{};  // large enough for either family
  return ::inet_pton(AF_INET, text.c_str(), &buffer) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

}  // namespace

Parsed<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_decimal(text);
  if (!port || *port > UINT16_MAX) return complain(text, "a port (0 to 65535)");
  return static_cast<std::uint16_t>(*port);
}

Parsed<std::size_t> parse_count(std::string_view text) {
  const auto count = parse_decimal(text);
  if (!count || *count == 0) return complain(text, "a number from 1 up");
  return static_cast<std::size_t>(*count);
}

Parsed<std::size_t> parse_threads(std::string_view text) {
  constexpr std::uint64_t kMost = 256;
  const auto count = parse_decimal(text);
  if (!count || *count == 0 || *count > kMost) return complain(text, "a number from 1 to 256");
  return static_cast<std::size_t>(*count);
}

Parsed<std::uint64_t> parse_bytes(std::string_view text) {
  const auto shift = text.empty() ? std::nullopt : unit_shift(text.back());
  const auto count = parse_decimal(text.substr(0, text.size() - (shift ? 1 : 0)));
  if (!count || *count > (static_cast<std::uint64_t>(INT64_MAX) >> shift.value_or(0))) {
    return complain(text, "a number of bytes (such as 5000, 512K, 64M or 2G)");
  }
  return *count << shift.value_or(0);
}

Parsed<std::int64_t> parse_seconds(std::string_view text) {
  const auto milliseconds = parse_milliseconds(text);
  if (!milliseconds) return complain(text, "a number of seconds (such as 60 or 0.5)");
  return *milliseconds;
}

Parsed<std::int64_t> parse_positive_seconds(std::string_view text) {
  const auto milliseconds = parse_milliseconds(text);
  if (!milliseconds || *milliseconds == 0)
    return complain(text, "a number of seconds above 0 (such as 10 or 0.5)");
  return *milliseconds;
}

Parsed<std::string> parse_path(std::string_view text) {
  if (text.empty()) return complain(text, "a path");
  return std::string(text);
}

Parsed<std::string> parse_pattern(std::string_view text) {
  if (text.empty()) return complain(text, "a pattern (such as /assets/* or *.map)");
  return std::string(text);
}

Parsed<std::string> parse_file_name(std::string_view text) {
  if (text.empty() || text == "." || text == ".." || text.find('/') != std::string_view::npos) {
    return complain(text, "a file name (such as index.html, without a slash)");
  }
  return std::string(text);
}

Parsed<std::string> parse_path_in_root(std::string_view text) {
  std::filesystem::path path(text);
  path = path.lexically_normal();
  const bool is_inside = path.is_relative() && path.has_filename() && path.filename() != "." &&
                         path.filename() != ".." && *path.begin() != "..";
  if (!is_inside) return complain(text, "the path of a file in ROOT (such as index.html)");
  return path.string();
}

Parsed<handlers::MediaType> parse_media_type(std::string_view text) {
  const std::size_t equals = text.find('=');
  std::string extension = in_lower_case(text.substr(0, equals));
  if (extension.starts_with('.')) extension.erase(0, 1);
  std::string type(equals == text.npos ? "" : text.substr(equals + 1));
  const std::string_view essence = std::string_view(type).substr(0, type.find(';'));
  const std::size_t slash = essence.find('/');
  const bool is_right = !extension.empty() && extension.find_first_of("./") == extension.npos &&
                        slash != essence.npos && is_token(essence.substr(0, slash)) &&
                        is_token(essence.substr(slash + 1)) && is_field_value(type);
  if (!is_right)
    return complain(text, "an extension with its media type (such as glsl=text/plain)");
  if (type.starts_with("text/") && type.find(';') == type.npos) type += "; charset=utf-8";
  return handlers::MediaType{extension, type};
}

Parsed<std::string> parse_cache(std::string_view text) {
  if (text == "no-cache" || text == "no-store") return std::string(text);
  if (text == "immutable") return std::string("public, max-age=31536000, immutable");
  if (parse_decimal(text)) return "max-age=" + std::string(text);
  return complain(text, "no-cache, no-store, immutable or a number of seconds");
}

Parsed<handlers::Header> parse_header(std::string_view text) {
  constexpr std::string_view kOwn[] = {"Connection",
                                       "Content-Encoding",
                                       "Content-Length",
                                       "Content-Range",
                                       "Content-Type",
                                       "Date",
                                       "Keep-Alive",
                                       "Server",
                                       "TE",
                                       "Trailer",
                                       "Transfer-Encoding",
                                       "Upgrade"};
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const std::string_view value = colon == text.npos ? "" : trim_ows(text.substr(colon + 1));
  if (colon == text.npos || !is_token(name) || !is_field_value(value)) {
    return complain(text, "a field (such as 'X-Frame-Options: DENY')");
  }
  const bool is_own = std::any_of(std::begin(kOwn), std::end(kOwn),
                                  [name](std::string_view own) { return iequals(own, name); });
  if (is_own && iequals(name, "Content-Type")) {
    return Complaint{"Content-Type depends on the file; set it with --mime EXT=TYPE"};
  }
  if (is_own) return Complaint{std::string(name) + " is set by the server itself"};
  return handlers::Header{std::string(name), std::string(value)};
}

Parsed<std::string> parse_origin(std::string_view text) {
  if (text == "*") return std::string(text);
  const std::string origin = in_lower_case(text);
  const std::size_t scheme_size = origin.starts_with("http://")    ? 7
                                  : origin.starts_with("https://") ? 8
                                                                   : 0;
  const std::string_view authority = std::string_view(origin).substr(scheme_size);
  const std::string_view host = without_port(authority);
  if (scheme_size == 0 || !is_host(host)) {
    return complain(text, "an origin (such as http://localhost:3000, without a path; or *)");
  }
  const std::string_view own_port = scheme_size == 7 ? ":80" : ":443";
  const bool says_own_port = authority.substr(host.size()) == own_port;
  return origin.substr(0, origin.size() - (says_own_port ? own_port.size() : 0));
}

Parsed<std::string> parse_host(std::string_view text) {
  const auto is_host_byte = [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  };
  const bool is_name = !text.empty() && text.front() != '-' && text.front() != '.' &&
                       std::all_of(text.begin(), text.end(), is_host_byte);
  if (!is_name && text != "*")
    return complain(text, "a host name (such as preview.test, without a port; or *)");
  return std::string(text);
}

Parsed<std::string> parse_address(std::string_view text) {
  std::string address(text);
  const bool has_brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (has_brackets) address = address.substr(1, address.size() - 2);
  const bool is_right = has_brackets ? is_address(address) && address.find(':') != std::string::npos
                                     : is_address(address) || address == "localhost";
  if (!is_right)
    return complain(text, "an address (such as 127.0.0.1, 0.0.0.0 or ::1; or localhost)");
  return address;
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24) == IN_LOOPBACKNET;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace tinyserve::cmd
