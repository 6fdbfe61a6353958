// host_policy.h — whom a request must be addressed to: the defence against DNS rebinding.
//
// A page of another site can make its own name resolve to 127.0.0.1 and then reads what is served
// here as its own origin. It can't make the browser send another Host, so a Host that nobody here
// goes by is refused.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/host.h"

namespace tinyserve::handlers {

class HostPolicy {
 public:
  // `allowed` are further names (Options::allowed_hosts); `own_name` is this machine's host name,
  // possibly empty. Its first part with .local (RFC 6762 §3), as neighbours know it, counts, too.
  HostPolicy(const std::vector<std::string>& allowed, const std::string& own_name);

  // Accepts localhost and what ends in .localhost, IP addresses other than the unspecified ones
  // (which browsers reach without saying where they come from), and the names it was made with;
  // also a request that names no host, which only HTTP/1.0 can be.
  [[nodiscard]] bool accepts(const std::optional<http::Host>& host) const;
  // The same, but "*" does not count: with it a page of any site could become our own origin.
  [[nodiscard]] bool knows(const std::optional<http::Host>& host) const;

 private:
  [[nodiscard]] bool is_known(const http::Host& host) const;

  std::vector<std::string> names_;
  mutable std::string last_known_;  // the name that was known last: clients rarely use two
  bool accepts_all_ = false;
};

}  // namespace tinyserve::handlers
