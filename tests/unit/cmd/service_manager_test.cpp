#include "cmd/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <variant>
#include <vector>

namespace tinyserve::cmd {
namespace {

using Sockets = std::vector<UniqueFd>;

// --- sockets
// --------------------------------------------------------------------------------------

// How many sockets process 42 takes. (Those that it would take are closed with the answer, which is
// why the real ones are tested with the real program, in tests/blackbox/service_test.cpp.)
std::string taken(const Environment& environment) {
  const auto outcome = take_sockets(environment, 42);
  if (const auto* error = std::get_if<UsageError>(&outcome)) return error->text;
  return std::to_string(std::get<Sockets>(outcome).size());
}

TEST(TakeSockets, TakesNoneThatAreNotThere) {
  EXPECT_EQ(taken({}), "0");
  EXPECT_EQ(taken({{"LISTEN_PID", "42"}, {"LISTEN_FDS", "0"}}), "0");
}

TEST(TakeSockets, TakesNoneThatAreForSomebodyElse) {
  EXPECT_EQ(taken({{"LISTEN_PID", "43"}, {"LISTEN_FDS", "1"}}), "0");
  EXPECT_EQ(taken({{"LISTEN_PID", ""}, {"LISTEN_FDS", "1"}}), "0");
  EXPECT_EQ(taken({{"LISTEN_PID", "42x"}, {"LISTEN_FDS", "1"}}), "0");
  EXPECT_EQ(taken({{"LISTEN_PID", "-42"}, {"LISTEN_FDS", "1"}}), "0");
  EXPECT_EQ(taken({{"LISTEN_FDS", "1"}}), "0");
}

TEST(TakeSockets, WantsANumberOfThem) {
  EXPECT_EQ(taken({{"LISTEN_PID", "42"}}), "LISTEN_FDS: '' is not a number of sockets");
  EXPECT_EQ(taken({{"LISTEN_PID", "42"}, {"LISTEN_FDS", "one"}}),
            "LISTEN_FDS: 'one' is not a number of sockets");
  EXPECT_EQ(taken({{"LISTEN_PID", "42"}, {"LISTEN_FDS", "-1"}}),
            "LISTEN_FDS: '-1' is not a number of sockets");
}

Sockets one_socket() {
  Sockets sockets;
  sockets.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return sockets;
}

TEST(Inherit, PutsTheSocketsIntoTheSettings) {
  const Sockets sockets = one_socket();
  Settings settings;
  EXPECT_FALSE(inherit(sockets, settings).has_value());
  EXPECT_EQ(settings.config.net.inherited, std::vector<int>{sockets[0].get()});
}

TEST(Inherit, RefusesSettingsThatSayWhereToListen) {
  Settings settings;
  settings.place_asked_by = "--port";
  const auto error = inherit(one_socket(), settings);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->text,
            "--port contradicts the sockets that a service manager has passed (LISTEN_FDS); leave "
            "one out");
  EXPECT_FALSE(inherit({}, settings).has_value());
}

// --- telling
// --------------------------------------------------------------------------------------

// The manager's end, with an abstract name of `size` bytes.
class Manager {
 public:
  explicit Manager(std::size_t size)
      : name_("tinyserve-test-" + std::to_string(::getpid())),
        socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    name_.resize(size, 'x');
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path + 1, name_.data(), name_.size());
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name_.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  }

  [[nodiscard]] Environment environment() const { return {{"NOTIFY_SOCKET", "@" + name_}}; }
  // The oldest message; empty when there is none.
  [[nodiscard]] std::string heard() const {
    std::array<char, 64> text{};
    const ssize_t size = ::recv(socket_.get(), text.data(), text.size(), 0);
    return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
  }

 private:
  std::string name_;
  UniqueFd socket_;
};

TEST(ServiceManager, HearsEachStateInAMessageOfItsOwn) {
  const Manager manager{40};
  const ServiceManager told{manager.environment()};
  told.tell("READY=1");
  told.tell("STOPPING=1");
  EXPECT_EQ(manager.heard(), "READY=1");
  EXPECT_EQ(manager.heard(), "STOPPING=1");
  EXPECT_EQ(manager.heard(), "");
}

TEST(ServiceManager, MayHaveTheLongestName) {
  const Manager manager{sizeof(sockaddr_un::sun_path) - 2};
  ServiceManager{manager.environment()}.tell("READY=1");
  EXPECT_EQ(manager.heard(), "READY=1");
}

TEST(ServiceManager, IsNotMissed) {
  const std::string too_long = "/" + std::string(sizeof(sockaddr_un::sun_path), 'x');
  for (const std::string& name :
       {std::string(), std::string("relative"), std::string("/no/such/socket"),
        std::string("@no-such-socket-of-tinyserve"), too_long, "@" + too_long}) {
    ServiceManager{{{"NOTIFY_SOCKET", name}}}.tell("READY=1");
  }
  ServiceManager{{}}.tell("READY=1");
}

}  // namespace
}  // namespace tinyserve::cmd
