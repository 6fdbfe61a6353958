// host.h — the value of a Host field, or the authority of a target (RFC 9110 §7.2, RFC 3986 §3.2).
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tinyserve::http {

struct Host {
  enum class Kind : std::uint8_t { kName, kIpv4, kIpv6 } kind;
  std::string_view name;              // without port, and without the brackets of an IPv6 address
  std::optional<std::uint16_t> port;  // absent: none, or an empty one
};

// Takes `uri-host [ ":" port ]` apart. Nothing when it is not one: an empty name, user information,
// a port above 65535, brackets around something else than an IPv6 address, any byte that a host
// can't have.
[[nodiscard]] std::optional<Host> parse_host(std::string_view value);

}  // namespace tinyserve::http
