#include "net/address.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace tinyserve::net {
namespace {

Address parsed(const std::string& text, std::uint16_t port = 0) {
  const auto address = Address::parse(text, port);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(Address());
}

TEST(Address, SpellsWhatItRead) {
  EXPECT_EQ(parsed("127.0.0.1", 8080).host(), "127.0.0.1");
  EXPECT_EQ(parsed("127.0.0.1", 8080).host_port(), "127.0.0.1:8080");
  EXPECT_EQ(parsed("::1", 8080).host(), "::1");
  EXPECT_EQ(parsed("0:0:0:0:0:0:0:1", 80).host_port(), "[::1]:80");
  EXPECT_EQ(parsed("2001:db8::42", 65535).port(), 65535);
}

TEST(Address, HasTheBytesOfItsFamily) {
  EXPECT_EQ(parsed("127.0.0.2").bytes(), (std::array<unsigned char, 16>{127, 0, 0, 2}));
  EXPECT_EQ(parsed("2001:db8::1").bytes(),
            (std::array<unsigned char, 16>{0x20, 1, 13, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
}

TEST(Address, IsOfOneFamily) {
  EXPECT_FALSE(parsed("127.0.0.1").is_ipv6());
  EXPECT_TRUE(parsed("::1").is_ipv6());
}

TEST(Address, IsNothingElseThanAnIpAddress) {
  for (const char* text : {"", "localhost", "127.0.0.1:80", "[::1]", "127.0.0", "127.0.0.256",
                           "1.2.3.4.5", " 127.0.0.1", "::1 ", "::g", "0x7f.1", "fe80::1%lo"}) {
    EXPECT_FALSE(Address::parse(text, 0).has_value()) << text;
  }
}

TEST(Address, KnowsWhatIsUnspecified) {
  EXPECT_TRUE(parsed("0.0.0.0").is_unspecified());
  EXPECT_TRUE(parsed("::").is_unspecified());
  EXPECT_FALSE(parsed("0.0.0.1").is_unspecified());
  EXPECT_FALSE(parsed("::1").is_unspecified());
}

TEST(Address, KnowsWhatIsLoopback) {
  EXPECT_TRUE(parsed("127.0.0.1").is_loopback());
  EXPECT_TRUE(parsed("127.9.9.9").is_loopback());
  EXPECT_TRUE(parsed("::1").is_loopback());
  for (const char* text : {"0.0.0.0", "128.0.0.1", "::", "::2", "1::1", "::1:1"}) {
    EXPECT_FALSE(parsed(text).is_loopback()) << text;
  }
}

TEST(Address, ChangesNothingButThePort) {
  const Address address = parsed("::1", 1).with_port(2);
  EXPECT_EQ(address.host_port(), "[::1]:2");
  EXPECT_TRUE(address.is_ipv6());
}

TEST(Address, SurvivesTheWayThroughTheKernelsForm) {
  for (const char* text : {"127.0.0.1", "::1", "2001:db8::1", "255.255.255.255"}) {
    const auto form = parsed(text, 4711).socket_address();
    EXPECT_EQ(Address::from(form.storage).host_port(), parsed(text, 4711).host_port());
  }
  EXPECT_EQ(parsed("127.0.0.1").socket_address().size, sizeof(sockaddr_in));
  EXPECT_EQ(parsed("::1").socket_address().size, sizeof(sockaddr_in6));
}

TEST(Address, ThatIsMappedIntoIpv6IsTheIpv4One) {
  const auto mapped = parsed("::ffff:192.0.2.7", 80).socket_address();
  EXPECT_EQ(Address::from(mapped.storage).host_port(), "192.0.2.7:80");
  const auto compatible = parsed("::192.0.2.7", 80).socket_address();
  EXPECT_TRUE(Address::from(compatible.storage).is_ipv6());
}

TEST(Address, OfAnotherFamilyIsZero) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  std::memset(reinterpret_cast<char*>(&storage) + sizeof storage.ss_family, 'x', 20);
  EXPECT_EQ(Address::from(storage).host_port(), "0.0.0.0:0");
}

}  // namespace
}  // namespace tinyserve::net
