#include "handlers/host_policy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace tinyserve::handlers {

namespace {

// 0.0.0.0, and :: in any spelling, also as an IPv4-mapped address.
bool is_unspecified(const http::Host& host) {
  const std::string text(host.name);
  if (host.kind == http::Host::Kind::kIpv4) {
    in_addr address{};
    return ::inet_pton(AF_INET, text.c_str(), &address) == 1 && address.s_addr == INADDR_ANY;
  }
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return true;
  if (IN6_IS_ADDR_UNSPECIFIED(&address)) return true;
  const auto* const last = address.s6_addr + 12;
  return IN6_IS_ADDR_V4MAPPED(&address) &&
         std::all_of(last, last + 4, [](auto b) { return b == 0; });
}

}  // namespace

HostPolicy::HostPolicy(const std::vector<std::string>& allowed, const std::string& own_name) {
  for (const std::string& name : allowed) {
    if (name == "*") {
      accepts_all_ = true;
    } else {
      names_.push_back(name);
    }
  }
  if (own_name.empty()) return;
  names_.push_back(own_name);
  names_.push_back(own_name.substr(0, own_name.find('.')) + ".local");
}

bool HostPolicy::accepts(const std::optional<http::Host>& host) const {
  return accepts_all_ || knows(host);
}

bool HostPolicy::knows(const std::optional<http::Host>& host) const {
  if (!host || host->name == last_known_) return true;
  if (!is_known(*host)) return false;
  last_known_ = host->name;
  return true;
}

bool HostPolicy::is_known(const http::Host& host) const {
  if (host.kind != http::Host::Kind::kName) return !is_unspecified(host);
  std::string_view name = host.name;
  if (name.ends_with('.')) name.remove_suffix(1);  // the absolute form of the same name
  constexpr std::string_view kLocal = "localhost";
  if (iequals(name, kLocal)) return true;
  if (name.size() > kLocal.size() + 1 &&
      iequals(name.substr(name.size() - kLocal.size() - 1), ".localhost")) {
    return true;
  }
  return std::any_of(names_.begin(), names_.end(),
                     [name](const std::string& known) { return iequals(known, name); });
}

}  // namespace tinyserve::handlers
