#include "cmd/port_holder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace tinyserve::cmd {
namespace {

// As Linux writes them on a machine whose numbers begin with their lowest byte.
constexpr std::string_view kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode                                                     \n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "51200 1 0000000000000000 100 0 0 10 0                     \n"
    "   1: 0502A8C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 "
    "51201 1 0000000000000000 100 0 0 10 0                     \n"
    "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "51202 1 0000000000000000 100 0 0 10 0                     \n"
    "   3: 0100007F:2328 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 "
    "51203 1 0000000000000000 20 4 30 10 -1                    \n";

constexpr std::string_view kTcp6 =
    "  sl  local_address                         remote_address                        st tx_queue "
    "rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000  1000        0 61200 1 0000000000000000 100 0 0 10 0\n"
    "   1: 00000000000000000000000000000000:0BB8 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000  1001        0 61201 1 0000000000000000 100 0 0 10 0\n"
    "   2: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000  1002        0 61202 1 0000000000000000 100 0 0 10 0\n";

std::string inode_in(std::string_view table, const std::string& address, std::uint16_t port) {
  const auto socket = find_listening(table, address, port);
  return socket ? socket->inode : "none";
}

TEST(FindListening, FindsTheAddressAndItsOwner) {
  EXPECT_EQ(inode_in(kTcp, "127.0.0.1", 8080), "51200");
  EXPECT_EQ(inode_in(kTcp, "192.168.2.5", 8080), "51201");
  EXPECT_EQ(inode_in(kTcp6, "::1", 8080), "61200");
  EXPECT_EQ(find_listening(kTcp, "192.168.2.5", 8080)->owner, 33u);
}

TEST(FindListening, TakesAnUnspecifiedAddressForAll) {
  EXPECT_EQ(inode_in(kTcp, "127.0.0.1", 80), "51202");
  EXPECT_EQ(inode_in(kTcp, "0.0.0.0", 8080), "51200");
  EXPECT_EQ(inode_in(kTcp6, "fd00::2", 3000), "61201");
  EXPECT_EQ(inode_in(kTcp6, "::", 8080), "61200");
}

TEST(FindListening, KnowsThatAnIpv6SocketCanHoldAnIpv4Port) {
  EXPECT_EQ(inode_in(kTcp6, "127.0.0.1", 3000), "61201");
  EXPECT_EQ(inode_in(kTcp6, "127.0.0.1", 8081), "61202");
  EXPECT_EQ(inode_in(kTcp6, "127.0.0.2", 8081), "none");
  EXPECT_EQ(inode_in(kTcp6, "127.0.0.1", 8080), "none");
  EXPECT_EQ(inode_in(kTcp, "::1", 8080), "none");
}

TEST(FindListening, PassesOverOtherPortsAndConnections) {
  EXPECT_EQ(inode_in(kTcp, "127.0.0.1", 8081), "none");
  EXPECT_EQ(inode_in(kTcp, "127.0.0.3", 8080), "none");
  EXPECT_EQ(inode_in(kTcp, "127.0.0.1", 9000), "none");
}

TEST(FindListening, PassesOverWhatIsNoRow) {
  EXPECT_EQ(inode_in("", "127.0.0.1", 8080), "none");
  EXPECT_EQ(inode_in("   0: 0100007F:1F90 00000000:0000 0A\n\n:1F90\n", "127.0.0.1", 8080), "none");
  EXPECT_EQ(inode_in(kTcp, "no address", 80), "none");
}

TEST(DescribeHolder, NamesTheUserOfAHiddenProcess) {
  EXPECT_EQ(describe_holder({"no such inode", 0}), "a process of user root");
  EXPECT_EQ(describe_holder({"no such inode", 4'294'967'000}), "a process of user 4294967000");
}

TEST(PortHolder, IsTheProcessThatListens) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, plain, size), 0);
  ASSERT_EQ(::getsockname(listener, plain, &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  EXPECT_EQ(port_holder("127.0.0.1", port), "");
  ASSERT_EQ(::listen(listener, 1), 0);
  EXPECT_EQ(port_holder("127.0.0.1", port), "pid " + std::to_string(::getpid()) + " (unit_tests)");
  ::close(listener);
}

}  // namespace
}  // namespace tinyserve::cmd
