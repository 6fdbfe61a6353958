#include "cmd/lan.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <net/if.h>

#include <deque>
#include <string>
#include <vector>

namespace tinyserve::cmd {
namespace {

using Texts = std::vector<std::string>;

constexpr unsigned kOn = IFF_UP | IFF_RUNNING;

// A list as getifaddrs(3) makes it.
class Interfaces {
 public:
  void add(unsigned flags, const std::string& address) {
    sockaddr_in6& room = addresses_.emplace_back();
    sockaddr_in in{};
    in.sin_family = AF_INET;
    if (::inet_pton(AF_INET, address.c_str(), &in.sin_addr) == 1) {
      reinterpret_cast<sockaddr_in&>(room) = in;
    } else {
      room.sin6_family = AF_INET6;
      ASSERT_EQ(::inet_pton(AF_INET6, address.c_str(), &room.sin6_addr), 1) << address;
    }
    add_entry(flags, reinterpret_cast<sockaddr*>(&room));
  }
  // As of an interface that has no address.
  void add_without_address() { add_entry(kOn, nullptr); }

  [[nodiscard]] const ifaddrs* first() const { return entries_.empty() ? nullptr : &entries_[0]; }

 private:
  void add_entry(unsigned flags, sockaddr* address) {
    ifaddrs entry{};
    entry.ifa_flags = flags;
    entry.ifa_addr = address;
    entries_.push_back(entry);
    if (entries_.size() > 1) entries_[entries_.size() - 2].ifa_next = &entries_.back();
  }

  std::deque<sockaddr_in6> addresses_;  // where they are, they stay
  std::deque<ifaddrs> entries_;
};

TEST(ReachableAddresses, NameIpv4First) {
  Interfaces interfaces;
  interfaces.add(kOn, "2001:db8::5");
  interfaces.add(kOn, "192.168.1.20");
  interfaces.add(kOn, "fd00::2");
  interfaces.add(kOn, "10.0.0.7");
  EXPECT_EQ(reachable_addresses(interfaces.first()),
            (Texts{"192.168.1.20", "10.0.0.7", "2001:db8::5", "fd00::2"}));
}

TEST(ReachableAddresses, LeaveOutWhatOthersCannotReach) {
  Interfaces interfaces;
  interfaces.add(kOn | IFF_LOOPBACK, "127.0.0.1");
  interfaces.add(kOn | IFF_LOOPBACK, "::1");
  interfaces.add(kOn, "fe80::1");
  interfaces.add(0, "10.0.0.1");
  interfaces.add(IFF_UP, "172.17.0.1");
  interfaces.add_without_address();
  interfaces.add(kOn, "192.168.1.20");
  EXPECT_EQ(reachable_addresses(interfaces.first()), Texts{"192.168.1.20"});
}

TEST(ReachableAddresses, CanBeNone) { EXPECT_EQ(reachable_addresses(nullptr), Texts{}); }

}  // namespace
}  // namespace tinyserve::cmd
