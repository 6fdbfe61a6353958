// With --lan other devices can connect, and see how: every URL that is printed leads here, and a
// terminal shows a code to scan.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

// The URLs in a banner, as addresses to connect to.
std::vector<Address> addresses_in(const std::string& banner) {
  constexpr std::string_view kScheme = "http://";
  std::vector<Address> addresses;
  for (std::size_t at = 0; (at = banner.find(kScheme, at)) != std::string::npos;) {
    at += kScheme.size();
    const std::size_t end = banner.find("/\n", at);
    const std::size_t colon = banner.rfind(':', end);
    std::string host = banner.substr(at, colon - at);
    if (host.front() == '[') host = host.substr(1, host.size() - 2);
    const auto port = static_cast<std::uint16_t>(std::stoi(banner.substr(colon + 1)));
    addresses.push_back({host, port});
  }
  return addresses;
}

std::string host_field(const Address& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

constexpr const char* kNoNetwork =
    "warning: no other device can connect: this machine is on no network\n";

TEST(Lan, PrintsUrlsThatLeadHere) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--lan"}};
  std::vector<Address> addresses = addresses_in(server.err());
  ASSERT_FALSE(addresses.empty()) << server.err();
  EXPECT_EQ(addresses[0].host, "localhost");
  addresses.erase(addresses.begin());
  for (const Address& address : addresses) {
    EXPECT_EQ(address.port, server.port());
    const std::string request = "GET /x HTTP/1.1\r\nHost: " + host_field(address) + "\r\n\r\n";
    EXPECT_EQ(ask(address, request).body, "content") << address.host;
  }
  const bool is_warned = server.err().find(kNoNetwork) != std::string::npos;
  EXPECT_EQ(is_warned, addresses.empty()) << server.err();
}

TEST(Lan, ListensOnEveryAddressAndSaysSo) {
  const TempTree site{{"x", "content"}};
  ServerProcess server{site.path(), {"--lan"}};
  EXPECT_EQ(get({"127.0.0.3", server.port()}, "/x").body, "content");
  EXPECT_EQ(get(server.address6(), "/x").body, "content");
  server.wait_until_said("warning: listening on 0.0.0.0");
}

TEST(Lan, AnswersToTheNameOfTheMachine) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--lan"}};
  std::array<char, 256> name{};
  ASSERT_EQ(::gethostname(name.data(), name.size() - 1), 0);
  const std::string own(name.data());
  const std::string first = own.substr(0, own.find('.'));
  for (const std::string& host : {own, first + ".local"}) {
    const std::string request = "GET /x HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    EXPECT_EQ(ask(server.address(), request).body, "content") << host;
  }
}

TEST(Lan, DoesWithoutIpv6) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{
      site.path(),
      ServerProcess::Options{
          .arguments = {"--lan"},
          .environment = {"ASAN_OPTIONS=detect_leaks=0"},  // it can't look while strace does
          .wrapper = {"strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=socket", "-e",
                      "inject=socket:error=EAFNOSUPPORT:when=2"}}};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
}

TEST(Lan, ContradictsBind) {
  const TempTree site;
  const Finished run = run_tinyserve({site.path(), "--lan", "--bind", "127.0.0.1"});
  EXPECT_EQ(run.code, 2);
  EXPECT_EQ(run.err, "tinyserve: --lan contradicts --bind; leave one out\n");
}

TEST(Lan, IsSilentWhenToldTo) {
  const TempTree site;
  const ServerProcess server{site.path(), {"--lan", "--quiet"}};
  EXPECT_EQ(server.err(), "");
}

// --- in a terminal
// --------------------------------------------------------------------------------

// What the program shows from its start to its end in a terminal of that size.
std::string shown(const std::vector<std::string>& arguments, unsigned short columns) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0)
    throw std::system_error(errno, std::generic_category(), "posix_openpt");
  const winsize size{.ws_row = 40, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(master, TIOCSWINSZ, &size);
  const TempTree site;
  {
    const std::string terminal = ::ptsname(master);
    const ServerProcess server{
        site.path(),
        ServerProcess::Options{.arguments = arguments,
                               .environment = {"TERM=xterm", "NO_COLOR="},
                               .wrapper = {"sh", "-c", "exec \"$@\" 2>" + terminal, "sh"}}};
  }
  std::string text;
  std::array<char, 4096> buffer{};
  // It ends with EIO: nobody has the other side open any more.
  for (ssize_t got; (got = ::read(master, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ::close(master);
  return text;
}

constexpr std::string_view kFullLine = "█████████████████████████████████";  // 33

TEST(LanInATerminal, ShowsACodeWhereThereIsANetwork) {
  const std::string text = shown({"--lan"}, 80);
  EXPECT_NE(text.find("http://localhost:"), std::string::npos) << text;
  const bool has_network = text.find("no other device") == std::string::npos;
  EXPECT_EQ(text.find(kFullLine) != std::string::npos, has_network) << text;
  EXPECT_EQ(text.find("\x1b[38;5;231;48;5;16m█") != std::string::npos, has_network) << text;
}

TEST(LanInATerminal, ShowsNoCodeThatDoesNotFit) {
  EXPECT_EQ(shown({"--lan"}, 32).find(kFullLine), std::string::npos);
}

TEST(LanInATerminal, ShowsNoCodeOfWhatIsOnlyForThisMachine) {
  EXPECT_EQ(shown({}, 80).find(kFullLine), std::string::npos);
}

TEST(LanInATerminal, ShowsACodeWithoutColours) {
  const std::string text = shown({"--lan", "--color", "never"}, 80);
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  const bool has_network = text.find("no other device") == std::string::npos;
  EXPECT_EQ(text.find(kFullLine) != std::string::npos, has_network) << text;
}

}  // namespace
}  // namespace tinyserve::test
