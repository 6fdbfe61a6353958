// address.h — an IP address with a port (ip(7), ipv6(7)). A value of 20 bytes: every connection
// keeps its peer's.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace tinyserve::net {

class Address {
 public:
  Address() = default;

  // The address that `text` spells ("127.0.0.1", "::1"; no brackets, no names), with `port`.
  [[nodiscard]] static std::optional<Address> parse(const std::string& text, std::uint16_t port);
  // From what the kernel filled in. An IPv4 address that an IPv6 socket has mapped (RFC 4291
  // §2.5.5.2) becomes itself again; an address of another family 0.0.0.0.
  [[nodiscard]] static Address from(const sockaddr_storage& storage);

  // For bind(2) and connect(2).
  struct SocketAddress {
    sockaddr_storage storage;
    socklen_t size;
  };
  [[nodiscard]] SocketAddress socket_address() const;

  [[nodiscard]] std::string host() const;       // "127.0.0.1", "::1"
  [[nodiscard]] std::string host_port() const;  // "127.0.0.1:8080", "[::1]:8080"
  // As on the wire; of an IPv4 address the first four.
  [[nodiscard]] const std::array<unsigned char, 16>& bytes() const { return bytes_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool is_ipv6() const { return ipv6_; }
  [[nodiscard]] bool is_unspecified() const;  // 0.0.0.0 or ::
  [[nodiscard]] bool is_loopback() const;     // 127.0.0.0/8 or ::1
  [[nodiscard]] Address with_port(std::uint16_t port) const;

 private:
  std::array<unsigned char, 16> bytes_{};  // the first four for IPv4
  std::uint16_t port_ = 0;
  bool ipv6_ = false;
};

}  // namespace tinyserve::net
