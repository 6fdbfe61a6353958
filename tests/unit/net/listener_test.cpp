#include "net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tinyserve::net {
namespace {

using Listeners = std::vector<Listener>;

Listener loopback() { return *listen_on(*Address::parse("127.0.0.1", 0)); }

UniqueFd connect_to(const Address& address) {
  UniqueFd fd(::socket(address.is_ipv6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto where = address.socket_address();
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where.storage), where.size), 0);
  return fd;
}

int option_of(int fd, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(::getsockopt(fd, level, option, &value, &size), 0);
  return value;
}

// --- listening
// ------------------------------------------------------------------------------------

TEST(ListenOn, TellsThePortItReallyHas) {
  const Listener listener = loopback();
  EXPECT_NE(listener.address.port(), 0);
  EXPECT_EQ(listener.address.host(), "127.0.0.1");
  EXPECT_TRUE(connect_to(listener.address));
}

TEST(ListenOn, NeverBlocksAndIsNotInherited) {
  const Listener listener = loopback();
  EXPECT_NE(::fcntl(listener.fd.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(listener.fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(ListenOn, FailsWhereThePortIsTaken) {
  const Listener first = loopback();
  const auto second = listen_on(first.address);
  ASSERT_FALSE(second);
  EXPECT_TRUE(second.error().is(EADDRINUSE));
}

TEST(ListenOn, FailsWhereTheAddressIsNotOurs) {
  const auto listener = listen_on(*Address::parse("192.0.2.1", 0));  // RFC 5737: nobody's
  ASSERT_FALSE(listener);
  EXPECT_TRUE(listener.error().is(EADDRNOTAVAIL));
}

TEST(ListenOn, TakesAPortAgainWhoseOldConnectionsLinger) {
  Address address;
  {
    Listener listener = loopback();
    address = listener.address;
    const UniqueFd client = connect_to(address);
    // The server's side closes first, which leaves it in TIME_WAIT.
    (*accept_one(listener.fd.get())).reset();
  }
  EXPECT_TRUE(listen_on(address));
}

TEST(ListenBeside, SharesTheConnectionsOfAnAddress) {
  const Listener first = loopback();
  const auto second = listen_beside(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->address.host_port(), first.address.host_port());
  EXPECT_NE(::fcntl(second->fd.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(second->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  constexpr int kClients = 64;
  std::vector<UniqueFd> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(connect_to(first.address));
  const auto accepted = [](const Listener& listener) {
    int count = 0;
    for (auto next = accept_one(listener.fd.get()); next && *next;
         next = accept_one(listener.fd.get())) {
      EXPECT_EQ(option_of((*next)->fd.get(), IPPROTO_TCP, TCP_NODELAY), 1);
      ++count;
    }
    return count;
  };
  const int of_first = accepted(first);
  const int of_second = accepted(*second);
  EXPECT_GT(of_first, 0);
  EXPECT_GT(of_second, 0);
  EXPECT_EQ(of_first + of_second, kClients);
}

TEST(ListenBeside, LeavesThePortTakenForOthers) {
  const Listener first = loopback();
  const auto second = listen_beside(first);
  ASSERT_TRUE(second);
  const auto other = listen_on(first.address);
  ASSERT_FALSE(other);
  EXPECT_TRUE(other.error().is(EADDRINUSE));
}

TEST(ListenOnAll, SharesOnePort) {
  Options options;
  options.addresses = {"127.0.0.1", "127.0.0.2"};
  options.port = 0;
  const auto outcome = listen_on_all(options);
  const auto* const listeners = std::get_if<Listeners>(&outcome);
  ASSERT_NE(listeners, nullptr);
  ASSERT_EQ(listeners->size(), 2U);
  EXPECT_EQ((*listeners)[0].address.host(), "127.0.0.1");
  EXPECT_EQ((*listeners)[1].address.host(), "127.0.0.2");
  EXPECT_EQ((*listeners)[0].address.port(), (*listeners)[1].address.port());
}

TEST(ListenOnAll, ListensOnLoopbackWhenNothingIsSaid) {
  Options options;
  options.port = 0;
  const auto outcome = listen_on_all(options);
  const auto* const listeners = std::get_if<Listeners>(&outcome);
  ASSERT_NE(listeners, nullptr);
  EXPECT_EQ(listeners->front().address.host(), "127.0.0.1");
  for (const Listener& listener : *listeners) {
    EXPECT_TRUE(listener.address.is_loopback());
    EXPECT_EQ(listener.address.port(), listeners->front().address.port());
  }
}

TEST(ListenOnAll, NamesTheAddressThatIsTaken) {
  const Listener taken = *listen_on(*Address::parse("127.0.0.2", 0));
  Options options;
  options.addresses = {"127.0.0.1", "127.0.0.2"};
  options.port = taken.address.port();
  const auto outcome = listen_on_all(options);
  const auto* const failure = std::get_if<ListenFailure>(&outcome);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->subject, taken.address.host_port());
  EXPECT_TRUE(failure->error.is(EADDRINUSE));
}

TEST(ListenOnAll, NamesTheTextThatIsNoAddress) {
  Options options;
  options.addresses = {"127.0.0.1", "localhost"};
  options.port = 0;
  const auto outcome = listen_on_all(options);
  const auto* const failure = std::get_if<ListenFailure>(&outcome);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->what, ListenFailure::What::kAddress);
  EXPECT_EQ(failure->subject, "localhost");
  EXPECT_TRUE(failure->error.is(EINVAL));
}

TEST(ListenOnAll, NeedsEveryAddressThatWasAskedFor) {
  Options options;
  options.addresses = {"127.0.0.1", "192.0.2.1"};
  options.port = 0;
  const auto outcome = listen_on_all(options);
  const auto* const failure = std::get_if<ListenFailure>(&outcome);
  ASSERT_NE(failure, nullptr);
  EXPECT_TRUE(failure->error.is(EADDRNOTAVAIL));
}

// --- adopting
// -------------------------------------------------------------------------------------

// A TCP socket as somebody else makes it: it blocks and is inherited.
UniqueFd bound_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  const auto where = Address::parse("127.0.0.1", 0)->socket_address();
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where.storage), where.size), 0);
  return fd;
}

UniqueFd foreign_socket() {
  UniqueFd fd = bound_socket();
  EXPECT_EQ(::listen(fd.get(), 8), 0);
  return fd;
}

TEST(Adopt, ListensThroughADuplicate) {
  UniqueFd foreign = foreign_socket();
  const auto listener = adopt(foreign.get());
  ASSERT_TRUE(listener);
  EXPECT_NE(listener->fd.get(), foreign.get());
  foreign.reset();
  EXPECT_NE(listener->address.port(), 0);
  EXPECT_EQ(listener->address.host(), "127.0.0.1");
  EXPECT_TRUE(connect_to(listener->address));
}

TEST(Adopt, MakesItLikeOneOfOurOwn) {
  const UniqueFd foreign = foreign_socket();
  const auto listener = adopt(foreign.get());
  ASSERT_TRUE(listener);
  EXPECT_NE(::fcntl(listener->fd.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(listener->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(option_of(listener->fd.get(), IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST(Adopt, RefusesWhatConnectionsCannotBeAcceptedFrom) {
  const auto refused = [](const UniqueFd& fd, int error) {
    const auto listener = adopt(fd.get());
    return !listener && listener.error().is(error);
  };
  EXPECT_TRUE(refused(UniqueFd(), EBADF));
  EXPECT_TRUE(refused(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)), ENOTSOCK));
  EXPECT_TRUE(refused(UniqueFd(::socket(AF_INET, SOCK_DGRAM, 0)), EPROTOTYPE));
  EXPECT_TRUE(refused(UniqueFd(::socket(AF_UNIX, SOCK_STREAM, 0)), EAFNOSUPPORT));
  EXPECT_TRUE(refused(bound_socket(), EINVAL));
}

TEST(ListenOnAll, LooksAtNothingElseWhereSocketsAreInherited) {
  const UniqueFd first = foreign_socket();
  const UniqueFd second = foreign_socket();
  Options options;
  options.addresses = {"no address"};
  options.inherited = {first.get(), second.get()};
  const auto outcome = listen_on_all(options);
  const auto* const listeners = std::get_if<Listeners>(&outcome);
  ASSERT_NE(listeners, nullptr);
  ASSERT_EQ(listeners->size(), 2U);
  EXPECT_NE((*listeners)[0].address.port(), (*listeners)[1].address.port());
}

TEST(ListenOnAll, NamesTheDescriptorThatDoesNotListen) {
  const UniqueFd first = foreign_socket();
  const UniqueFd second = bound_socket();
  Options options;
  options.inherited = {first.get(), second.get()};
  const auto outcome = listen_on_all(options);
  const auto* const failure = std::get_if<ListenFailure>(&outcome);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->what, ListenFailure::What::kInherited);
  EXPECT_EQ(failure->subject, std::to_string(second.get()));
  EXPECT_TRUE(failure->error.is(EINVAL));
}

// --- accepting
// ------------------------------------------------------------------------------------

TEST(AcceptOne, GivesNothingWhileNobodyWaits) {
  const Listener listener = loopback();
  const auto accepted = accept_one(listener.fd.get());
  ASSERT_TRUE(accepted);
  EXPECT_FALSE((*accepted).has_value());
}

TEST(AcceptOne, GivesTheConnectionAndItsPeer) {
  const Listener listener = loopback();
  const UniqueFd client = connect_to(listener.address);
  const auto accepted = accept_one(listener.fd.get());
  ASSERT_TRUE(accepted);
  ASSERT_TRUE((*accepted).has_value());
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ASSERT_EQ(::getsockname(client.get(), reinterpret_cast<sockaddr*>(&storage), &size), 0);
  EXPECT_EQ((*accepted)->peer.host_port(), Address::from(storage).host_port());
}

TEST(AcceptOne, GivesSocketsThatNeitherBlockNorWaitToSend) {
  const Listener listener = loopback();
  const UniqueFd client = connect_to(listener.address);
  const auto accepted = accept_one(listener.fd.get());
  const int fd = (*accepted)->fd.get();
  EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
}

TEST(SomebodyWaits, IsTrueFromTheConnectionUntilItIsAccepted) {
  const Listener listener = loopback();
  EXPECT_FALSE(somebody_waits(listener.fd.get()));
  const UniqueFd first = connect_to(listener.address);
  const UniqueFd second = connect_to(listener.address);
  EXPECT_TRUE(somebody_waits(listener.fd.get()));
  ASSERT_TRUE(*accept_one(listener.fd.get()));
  EXPECT_TRUE(somebody_waits(listener.fd.get()));
  ASSERT_TRUE(*accept_one(listener.fd.get()));
  EXPECT_FALSE(somebody_waits(listener.fd.get()));
}

TEST(AcceptOne, FailsWhenDescriptorsRunOutAndLeavesTheConnectionWaiting) {
  const Listener listener = loopback();
  const UniqueFd client = connect_to(listener.address);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const UniqueFd next(::dup(client.get()));  // the highest number that is given out
  const rlimit low{static_cast<rlim_t>(next.get()), limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  const auto refused = accept_one(listener.fd.get());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().is(EMFILE));
  EXPECT_TRUE((*accept_one(listener.fd.get())).has_value());
}

}  // namespace
}  // namespace tinyserve::net
