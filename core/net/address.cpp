#include "net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace tinyserve::net {

std::optional<Address> Address::parse(const std::string& text, std::uint16_t port) {
  Address address;
  address.port_ = port;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes_.data()) == 1) return address;
  address.ipv6_ = true;
  if (::inet_pton(AF_INET6, text.c_str(), address.bytes_.data()) == 1) return address;
  return std::nullopt;
}

Address Address::from(const sockaddr_storage& storage) {
  Address address;
  if (storage.ss_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &storage, sizeof in);
    std::memcpy(address.bytes_.data(), &in.sin_addr, sizeof in.sin_addr);
    address.port_ = ntohs(in.sin_port);
  } else if (storage.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof in);
    address.port_ = ntohs(in.sin6_port);
    address.ipv6_ = !IN6_IS_ADDR_V4MAPPED(&in.sin6_addr);
    const unsigned char* bytes = in.sin6_addr.s6_addr;
    if (address.ipv6_) {
      std::copy_n(bytes, 16, address.bytes_.begin());
    } else {
      std::copy_n(bytes + 12, 4, address.bytes_.begin());
    }
  }
  return address;
}

Address::SocketAddress Address::socket_address() const {
  SocketAddress result{};
  if (ipv6_) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port_);
    std::memcpy(&in.sin6_addr, bytes_.data(), sizeof in.sin6_addr);
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port_);
    std::memcpy(&in.sin_addr, bytes_.data(), sizeof in.sin_addr);
    std::memcpy(&result.storage, &in, sizeof in);
    result.size = sizeof in;
  }
  return result;
}

std::string Address::host() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(ipv6_ ? AF_INET6 : AF_INET, bytes_.data(), text.data(), text.size());
  return text.data();
}

std::string Address::host_port() const {
  const std::string name = ipv6_ ? "[" + host() + "]" : host();
  return name + ":" + std::to_string(port_);
}

bool Address::is_unspecified() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](unsigned char byte) { return byte == 0; });
}

bool Address::is_loopback() const {
  if (!ipv6_) return bytes_[0] == 127;
  return bytes_.back() == 1 && std::all_of(bytes_.begin(), bytes_.end() - 1,
                                           [](unsigned char byte) { return byte == 0; });
}

Address Address::with_port(std::uint16_t port) const {
  Address address = *this;
  address.port_ = port;
  return address;
}

}  // namespace tinyserve::net
