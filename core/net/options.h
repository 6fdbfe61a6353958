// options.h — where the server listens (net options; a public header).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tinyserve::net {

struct Options {
  // IP addresses as text ("127.0.0.1", "::1", "0.0.0.0"). Empty: both loopback addresses, of which
  // the IPv6 one may be missing. All of them share one port.
  std::vector<std::string> addresses;
  std::uint16_t port = 8080;  // 0: any free one
};

}  // namespace tinyserve::net
