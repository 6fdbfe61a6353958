// lan.h — under which addresses other devices find this machine (getifaddrs(3)).
#pragma once

#include <ifaddrs.h>

#include <string>
#include <vector>

namespace tinyserve::cmd {

// The addresses in `interfaces` that other devices on a network can connect to, as text, IPv4
// first; within a family their order stays. Left out are those of interfaces that are down or have
// no carrier, loopback ones, and link-local ones of IPv6, which mean nothing in a URL.
[[nodiscard]] std::vector<std::string> reachable_addresses(const ifaddrs* interfaces);

// Those of this machine; none when the system doesn't tell.
[[nodiscard]] std::vector<std::string> reachable_addresses();

}  // namespace tinyserve::cmd
