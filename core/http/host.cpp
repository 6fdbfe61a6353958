#include "http/host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "http/grammar.h"

namespace tinyserve::http {

namespace {

// inet_pton wants a terminated string, and would not see what stands behind a NUL; nothing longer
// than INET6_ADDRSTRLEN is an address.
bool is_address(int family, std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  std::array<unsigned char, sizeof(in6_addr)> address{};
  if (text.size() >= terminated.size() || text.find('\0') != text.npos) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  return ::inet_pton(family, terminated.data(), address.data()) == 1;
}

}  // namespace

std::optional<Host> parse_host(std::string_view value) {
  Host host{};
  std::string_view port;
  if (value.starts_with('[')) {
    const std::size_t close = value.find(']');
    if (close == value.npos) return std::nullopt;
    host.kind = Host::Kind::kIpv6;
    host.name = value.substr(1, close - 1);
    port = value.substr(close + 1);
    if (!is_address(AF_INET6, host.name)) return std::nullopt;
  } else {
    host.name = value.substr(0, count_leading<is_reg_name_char>(value));
    port = value.substr(host.name.size());
    if (host.name.empty() || !escapes_are_whole(host.name)) return std::nullopt;
    const bool is_ipv4 = is_digit(host.name.front()) && is_address(AF_INET, host.name);
    host.kind = is_ipv4 ? Host::Kind::kIpv4 : Host::Kind::kName;
  }
  if (port.empty()) return host;
  if (!port.starts_with(':')) return std::nullopt;
  port.remove_prefix(1);
  if (port.empty()) return host;
  const auto number = parse_decimal(port);
  if (!number || *number > UINT16_MAX) return std::nullopt;
  host.port = static_cast<std::uint16_t>(*number);
  return host;
}

}  // namespace tinyserve::http
