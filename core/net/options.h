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
  // TCP sockets that listen already, such as a service manager hands over. Where there are any,
  // nothing is bound: `addresses` and `port` do not count. Borrowed until the server is open, which
  // then has duplicates; whoever keeps these open keeps them listening when the server has stopped.
  std::vector<int> inherited;
};

}  // namespace tinyserve::net
