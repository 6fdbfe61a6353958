#include "cmd/lan.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <memory>

namespace tinyserve::cmd {
namespace {

bool leads_to_others(const ifaddrs& interface) {
  constexpr unsigned kWanted = IFF_UP | IFF_RUNNING;
  return (interface.ifa_flags & kWanted) == kWanted && (interface.ifa_flags & IFF_LOOPBACK) == 0;
}

std::string text_of(const sockaddr_in& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &address.sin_addr, text.data(), text.size());
  return text.data();
}

std::string text_of(const sockaddr_in6& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &address.sin6_addr, text.data(), text.size());
  return text.data();
}

}  // namespace

std::vector<std::string> reachable_addresses(const ifaddrs* interfaces) {
  std::vector<std::string> addresses;
  std::vector<std::string> ipv6;
  for (; interfaces != nullptr; interfaces = interfaces->ifa_next) {
    const sockaddr* address = interfaces->ifa_addr;
    if (address == nullptr || !leads_to_others(*interfaces)) continue;
    if (address->sa_family == AF_INET) {
      addresses.push_back(text_of(*reinterpret_cast<const sockaddr_in*>(address)));
    } else if (address->sa_family == AF_INET6) {
      const auto& in6 = *reinterpret_cast<const sockaddr_in6*>(address);
      if (!IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr)) ipv6.push_back(text_of(in6));
    }
  }
  addresses.insert(addresses.end(), ipv6.begin(), ipv6.end());
  return addresses;
}

std::vector<std::string> reachable_addresses() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> interfaces(first, &::freeifaddrs);
  return reachable_addresses(interfaces.get());
}

}  // namespace tinyserve::cmd
