#include "cmd/values.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
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

Parsed<std::string> parse_file_name(std::string_view text) {
  if (text.empty() || text == "." || text == ".." || text.find('/') != std::string_view::npos) {
    return complain(text, "a file name (such as index.html, without a slash)");
  }
  return std::string(text);
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
