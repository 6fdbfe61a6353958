#include "handlers/host_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace tinyserve::handlers {
namespace {

bool accepts(const HostPolicy& policy, std::string_view value) {
  const auto host = http::parse_host(value);
  EXPECT_TRUE(host.has_value()) << value;
  return host && policy.accepts(host);
}

TEST(HostPolicy, AcceptsLocalhostAndWhatIsBelowIt) {
  const HostPolicy policy({}, "");
  for (const std::string_view host : {"localhost", "localhost:8080", "LocalHost", "localhost.",
                                      "app.localhost", "a.b.LOCALHOST:80", "app.localhost."}) {
    EXPECT_TRUE(accepts(policy, host)) << host;
  }
}

TEST(HostPolicy, RefusesEveryOtherName) {
  const HostPolicy policy({}, "");
  for (const std::string_view host :
       {"example.com", "localhost.example.com", "notlocalhost", "xlocalhost", "localhost.evil",
        ".localhost", "localhosts", "rebind.network:8080"}) {
    EXPECT_FALSE(accepts(policy, host)) << host;
  }
}

TEST(HostPolicy, AcceptsAddresses) {
  const HostPolicy policy({}, "");
  for (const std::string_view host :
       {"127.0.0.1", "127.0.0.1:8080", "192.168.1.20", "[::1]", "[::1]:8080", "[fe80::1]"}) {
    EXPECT_TRUE(accepts(policy, host)) << host;
  }
}

TEST(HostPolicy, RefusesTheUnspecifiedAddressesInAnySpelling) {
  const HostPolicy policy({}, "");
  for (const std::string_view host : {"0.0.0.0", "0.0.0.0:8080", "[::]", "[::]:8080",
                                      "[0:0:0:0:0:0:0:0]", "[::ffff:0.0.0.0]", "[::ffff:0:0]"}) {
    EXPECT_FALSE(accepts(policy, host)) << host;
  }
}

TEST(HostPolicy, AcceptsTheNamesItWasMadeWith) {
  const HostPolicy policy({"dev.example.com"}, "workstation");
  EXPECT_TRUE(accepts(policy, "dev.example.com:3000"));
  EXPECT_TRUE(accepts(policy, "DEV.example.COM."));
  EXPECT_TRUE(accepts(policy, "Workstation"));
  EXPECT_FALSE(accepts(policy, "other.example.com"));
  EXPECT_FALSE(accepts(policy, "sub.dev.example.com"));
}

TEST(HostPolicy, AcceptsTheNameThatNeighboursCallThisMachine) {
  EXPECT_TRUE(accepts(HostPolicy({}, "workstation"), "workstation.local:8080"));
  EXPECT_TRUE(accepts(HostPolicy({}, "workstation.example.com"), "Workstation.local."));
  EXPECT_TRUE(accepts(HostPolicy({}, "workstation.local"), "workstation.local"));
  EXPECT_FALSE(accepts(HostPolicy({}, "workstation.example.com"), "workstation"));
  EXPECT_FALSE(accepts(HostPolicy({}, "workstation"), "other.local"));
  EXPECT_FALSE(accepts(HostPolicy({}, ""), ".local"));
}

TEST(HostPolicy, AcceptsEverythingWithAnAsterisk) {
  const HostPolicy policy({"*"}, "");
  EXPECT_TRUE(accepts(policy, "example.com"));
  EXPECT_TRUE(accepts(policy, "0.0.0.0"));
}

TEST(HostPolicy, KnowsNobodyByAnAsterisk) {
  const HostPolicy policy({"*", "dev.example"}, "");
  const auto knows = [&policy](std::string_view host) {
    return policy.knows(http::parse_host(host));
  };
  EXPECT_TRUE(knows("localhost:8080"));
  EXPECT_TRUE(knows("dev.example"));
  EXPECT_FALSE(knows("example.com"));
  EXPECT_FALSE(knows("0.0.0.0"));
  EXPECT_FALSE(knows("*"));
}

TEST(HostPolicy, AcceptsARequestThatNamesNoHost) {  // only HTTP/1.0 can be one
  EXPECT_TRUE(HostPolicy({}, "").accepts(std::nullopt));
}

}  // namespace
}  // namespace tinyserve::handlers
