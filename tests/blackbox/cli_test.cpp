// One command serves; what is wrong is said in one line, with an exit code that tells whose fault
// it was.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using Arguments = std::vector<std::string>;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void expect_one_line(const Finished& run, int code) {
  EXPECT_EQ(run.code, code) << run.err;
  EXPECT_EQ(std::count(run.err.begin(), run.err.end(), '\n'), 1) << run.err;
  EXPECT_EQ(run.out, "");
}

// A port of the IPv4 loopback that is taken as long as the object lives.
struct TakenPort {
  explicit TakenPort(std::uint16_t wanted = 0)
      : fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(wanted);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    taken = ::bind(fd, plain, size) == 0 && ::listen(fd, 1) == 0;
    ::getsockname(fd, plain, &size);
    number = ntohs(address.sin_port);
  }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  ~TakenPort() { ::close(fd); }
  int fd;
  bool taken;
  std::uint16_t number;
};

// Starts the program with exactly `arguments` and returns its listening event; then stops it.
nlohmann::json listening_event(const Arguments& arguments, const Arguments& environment = {},
                               const std::string& directory = {}) {
  Arguments command{tinyserve_path()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  Program program{{command, environment, directory}};
  program.wait_until([&] { return !program.out_lines().empty(); });
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0) << program.err();
  if (program.out_lines().empty()) return {};
  return nlohmann::json::parse(program.out_lines().front());
}

TEST(Cli, TellsWhatIsWrongWithTheUsageInOneLine) {
  const TempTree site;
  for (const Arguments& arguments : {
           Arguments{"--no-such-flag"},
           Arguments{"--port"},
           Arguments{"--port", "http"},
           Arguments{"--port", "-1"},
           Arguments{"--port", "65536"},
           Arguments{"--port", "80x"},
           Arguments{"--port", ""},
           Arguments{"--header-timeout", "soon"},
           Arguments{"--header-timeout", "-1"},
           Arguments{"--keep-alive-timeout", "1h"},
           Arguments{"--max-connections", "0"},
           Arguments{"--max-connections", "many"},
           Arguments{"--max-body", "1X"},
           Arguments{"--max-body", "99999999999999999999G"},
           Arguments{"--log-format", "xml"},
           Arguments{"--color", "sometimes"},
           Arguments{"--bind", "nonsense!"},
           Arguments{"one", "two"},
           Arguments{"-x"},
       }) {
    SCOPED_TRACE(::testing::PrintToString(arguments));
    expect_one_line(run_tinyserve(arguments, {}, site.path()), 2);
  }
}

TEST(Cli, NamesTheFlagThatWasMeant) {
  const Finished run = run_tinyserve({"--prot", "8080"});
  expect_one_line(run, 2);
  EXPECT_TRUE(contains(run.err, "--port")) << run.err;
  EXPECT_TRUE(contains(run.err, "--prot")) << run.err;
}

TEST(Cli, TakesABareNumberForAPortThatWasMeant) {
  const TempTree site;
  const Finished run = run_tinyserve({"8080"}, {}, site.path());
  EXPECT_NE(run.code, 0);
  EXPECT_TRUE(contains(run.err, "--port 8080")) << run.err;
}

TEST(Cli, SaysWhichDirectoryIsMissing) {
  const TempTree site;
  const Finished run = run_tinyserve({site.path("nowhere"), "--port", "0"});
  expect_one_line(run, 1);
  EXPECT_TRUE(contains(run.err, site.path("nowhere"))) << run.err;
}

TEST(Cli, SaysWhoHasThePortThatWasAskedFor) {
  const TempTree site;
  const TakenPort busy;
  const Finished run = run_tinyserve({site.path(), "--port", std::to_string(busy.number)});
  expect_one_line(run, 1);
  EXPECT_TRUE(contains(run.err, "127.0.0.1:" + std::to_string(busy.number) + ": taken by pid " +
                                    std::to_string(::getpid()) + " ("))
      << run.err;
}

TEST(Cli, TakesTheNextPortWhereNoneWasAskedFor) {
  const TempTree site;
  // Whether we hold it or somebody else does: 8080 is taken.
  const TakenPort busy{8080};
  const nlohmann::json event = listening_event({site.path()});
  EXPECT_GT(event.at("port"), 8080);
  EXPECT_LT(event.at("port"), 9000);
}

TEST(Cli, SaysThatTheLogCannotBeWritten) {
  const TempTree site;
  const Finished run =
      run_tinyserve({site.path(), "--port", "0", "--log-file", site.path("no/such/dir/log")});
  expect_one_line(run, 1);
  EXPECT_TRUE(contains(run.err, "no/such/dir/log")) << run.err;
}

TEST(Cli, SaysThatAnAddressIsNotOurs) {
  const TempTree site;
  const Finished run = run_tinyserve({site.path(), "--port", "0", "--bind", "192.0.2.1"});
  expect_one_line(run, 1);
  EXPECT_TRUE(contains(run.err, "192.0.2.1")) << run.err;
}

TEST(Cli, PrintsHelpAndVersionOnStandardOutput) {
  for (const char* flag : {"--help", "-h"}) {
    const Finished run = run_tinyserve({flag});
    EXPECT_EQ(run.code, 0);
    EXPECT_EQ(run.err, "");
    for (const char* named : {"--root",
                              "--port",
                              "--bind",
                              "--allow-host",
                              "--keep-alive-timeout",
                              "--header-timeout",
                              "--max-connections",
                              "--max-body",
                              "--log-format",
                              "--log-file",
                              "--no-listing",
                              "--index",
                              "--dotfiles",
                              "--follow-symlinks",
                              "--no-api",
                              "--color",
                              "--quiet",
                              "--verbose",
                              "--help",
                              "--version"}) {
      EXPECT_TRUE(contains(run.out, named)) << named;
    }
  }
  for (const char* flag : {"--version", "-V"}) {
    const Finished run = run_tinyserve({flag});
    EXPECT_EQ(run.code, 0);
    EXPECT_EQ(run.err, "");
    EXPECT_EQ(run.out, "tinyserve " TINYSERVE_VERSION "\n");
  }
}

TEST(Cli, HelpsEvenWhereTheRestIsWrong) {
  EXPECT_EQ(run_tinyserve({"/no/such/dir", "--help"}).code, 0);
  EXPECT_EQ(run_tinyserve({"--version", "/no/such/dir"}).code, 0);
}

TEST(Cli, ServesTheCurrentDirectoryByDefault) {
  const TempTree site;
  EXPECT_EQ(listening_event({"--port", "0"}, {}, site.path()).at("root"), site.path());
}

TEST(Cli, TakesTheRootEitherWay) {
  const TempTree tree{{"site/x", "x"}};
  EXPECT_EQ(listening_event({"--root", tree.path("site"), "-p", "0"}).at("root"),
            tree.path("site"));
  EXPECT_EQ(listening_event({"-p0", "--root=" + tree.path("site")}).at("root"), tree.path("site"));
  EXPECT_EQ(listening_event({"site", "-p", "0"}, {}, tree.path()).at("root"), tree.path("site"));
}

TEST(Cli, GreetsWithTheUrlAndHowToStop) {
  const TempTree site;
  const ServerProcess server{site.path()};
  EXPECT_TRUE(contains(server.err(), "http://localhost:" + std::to_string(server.port()) + "/"));
  EXPECT_TRUE(contains(server.err(), site.path())) << server.err();
  EXPECT_TRUE(contains(server.err(), "Ctrl")) << server.err();
  EXPECT_FALSE(contains(server.err(), "\x1b")) << "colours without a terminal";
}

TEST(Cli, IsQuietWhenToldTo) {
  const TempTree site;
  for (const char* flag : {"--quiet", "-q"}) {
    ServerProcess server{site.path(), {flag}};
    server.signal(SIGTERM);
    EXPECT_EQ(server.wait(), 0);
    EXPECT_EQ(server.err(), "");
  }
}

TEST(Cli, UsesColourOnlyWhenToldToWithoutATerminal) {
  const TempTree site;
  const ServerProcess plain{site.path(), {"--color", "never"}};
  EXPECT_FALSE(contains(plain.err(), "\x1b"));
  const ServerProcess coloured{site.path(), {"--color", "always"}};
  EXPECT_TRUE(contains(coloured.err(), "\x1b")) << coloured.err();
}

TEST(Cli, ReadsTheEnvironment) {
  const TempTree site{{"sub/x", "x"}, {".env", "shown"}};
  const ServerProcess::Options options{
      .environment = {"TINYSERVE_NO_LISTING=1", "TINYSERVE_DOTFILES=1", "TINYSERVE_NO_API=0",
                      "TINYSERVE_ALLOW_HOST=one.test,two.test", "TINYSERVE_MAX_BODY="}};
  const ServerProcess server{site.path(), options};
  EXPECT_EQ(get(server.address(), "/sub/").status, 404);
  EXPECT_EQ(get(server.address(), "/.env").body, "shown");
  EXPECT_EQ(get(server.address(), "/api/").body, "Hello");
  for (const char* host : {"one.test", "two.test"}) {
    const std::string request = "GET /.env HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
    EXPECT_EQ(ask(server.address(), request).status, 200) << host;
  }
}

TEST(Cli, PrefersAFlagToTheEnvironment) {
  const TempTree site;
  EXPECT_NE(listening_event({site.path(), "--port", "0"}, {"TINYSERVE_PORT=1"}).at("port"), 1);
  EXPECT_EQ(
      listening_event({site.path()}, {"TINYSERVE_PORT=0", "TINYSERVE_ROOT=/no/such"}).at("root"),
      site.path());
}

TEST(Cli, RefusesABadValueInTheEnvironment) {
  const Finished run = run_tinyserve({}, {"TINYSERVE_PORT=http"});
  expect_one_line(run, 2);
  EXPECT_TRUE(contains(run.err, "TINYSERVE_PORT")) << run.err;
  expect_one_line(run_tinyserve({"--port", "0"}, {"TINYSERVE_DOTFILES=maybe"}), 2);
}

TEST(Cli, ListensOnBothLoopbackAddressesWithOnePort) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  EXPECT_EQ(get(server.address6(), "/x").body, "content");
}

TEST(Cli, ListensOnlyWhereItIsBound) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--bind", "127.0.0.1"}};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  EXPECT_THROW(RawClient{server.address6()}, std::system_error);
  const ServerProcess other{site.path(), {"--bind", "::1"}};
  EXPECT_EQ(get(other.address6(), "/x").body, "content");
  EXPECT_THROW(RawClient{other.address()}, std::system_error);
  EXPECT_EQ(other.events().at(0).at("urls").at(0),
            "http://[::1]:" + std::to_string(other.port()) + "/");
}

TEST(Cli, BindsSeveralAddresses) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--bind", "127.0.0.1", "--bind", "127.0.0.2"}};
  EXPECT_EQ(get(server.address(), "/x").body, "content");
  EXPECT_EQ(get({"127.0.0.2", server.port()}, "/x").body, "content");
  EXPECT_THROW(RawClient({"127.0.0.3", server.port()}), std::system_error);
}

TEST(Cli, RestartsOnThePortThatItJustUsed) {
  const TempTree site{{"x", "content"}};
  std::uint16_t port = 0;
  {
    const ServerProcess first{site.path()};
    port = first.port();
    // The server closes first, so the connection stays behind in TIME_WAIT.
    EXPECT_EQ(get(first.address(), "/x", "Connection: close\r\n").body, "content");
  }
  EXPECT_EQ(listening_event({site.path(), "--port", std::to_string(port)}).at("port"), port);
}

TEST(Cli, GeneratesForWhoeverPackagesIt) {
  const Finished page = run_tinyserve({"--generate", "man"});
  EXPECT_EQ(page.code, 0);
  EXPECT_TRUE(contains(page.out, ".Sh OPTIONS\n")) << page.out;
  EXPECT_EQ(page.err, "");
  for (const Arguments& arguments : {Arguments{"--generate"}, Arguments{"--generate", "pdf"},
                                     Arguments{"--generate", "man", "bash"}}) {
    const Finished run = run_tinyserve(arguments);
    expect_one_line(run, 2);
    EXPECT_TRUE(contains(run.err, "bash, zsh, fish, man or readme")) << run.err;
  }
}

TEST(Cli, PointsOutARootWithItsOwnApi) {
  const TempTree site{{"api/x", "x"}};
  const ServerProcess server{site.path()};
  EXPECT_TRUE(contains(server.err(), "--no-api")) << server.err();
}

TEST(Cli, ReadsTheUsersConfigurationButNoneFromTheSite) {
  const TempTree tree{{"home/tinyserve/config.json", "{\"header\": \"X-Mine: yes\"}"},
                      {"site/config.json", "{\"header\": \"X-Theirs: yes\"}"},
                      {"site/tinyserve/config.json", "{\"header\": \"X-Theirs: yes\"}"},
                      {"site/.config/tinyserve/config.json", "{\"header\": \"X-Theirs: yes\"}"}};
  const ServerProcess server{
      tree.path("site"),
      ServerProcess::Options{.environment = {"XDG_CONFIG_HOME=" + tree.path("home")}}};
  const Response response = get(server.address(), "/");
  EXPECT_EQ(response.field("X-Mine"), "yes");
  EXPECT_FALSE(response.has("X-Theirs"));
}

TEST(Cli, RefusesAConfigurationWithAMistake) {
  const TempTree tree{{"c.json", "{\n  \"prot\": 1\n}"}};
  const Finished finished = run_tinyserve({"--config", tree.path("c.json")});
  EXPECT_EQ(finished.code, 2);
  EXPECT_EQ(finished.err, "tinyserve: " + tree.path("c.json") +
                              ":2: 'prot' is no setting; did you mean 'port'?\n");
}

}  // namespace
}  // namespace tinyserve::test
