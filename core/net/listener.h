// listener.h — step 1: sockets that listen, made here or inherited, and what is accepted from them
// (tcp(7), accept4(2)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/address.h"
#include "net/options.h"

namespace tinyserve::net {

struct Listener {
  UniqueFd fd;
  Address address;  // with the port that it really has
};

// A listening socket: non-blocking, close-on-exec, SO_REUSEADDR (a restart must not wait for old
// connections), TCP_NODELAY (inherited by what it accepts), IPv6 without IPv4. Fails with
// socket(2)'s, bind(2)'s and listen(2)'s errors.
[[nodiscard]] Result<Listener> listen_on(const Address& address);

// Another socket like listen_on() makes, for the address of `first`, which that has made: the
// kernel spreads connections over all of them (SO_REUSEPORT), each for good when it is begun. From
// now on other programs of the same user that ask for this may share the address, too; who does
// not, as listen_on() does not, finds it taken.
[[nodiscard]] Result<Listener> listen_beside(const Listener& first);

// A duplicate of `socket`, which somebody else made to listen; close-on-exec. Makes it non-blocking
// and TCP_NODELAY, which holds for whoever else has it open, too. Fails with EBADF: it is not open;
// ENOTSOCK: no socket; EPROTOTYPE: no stream; EAFNOSUPPORT: neither IPv4 nor IPv6; EINVAL: it does
// not listen.
[[nodiscard]] Result<Listener> adopt(int socket);

// Why not all that Options ask for could be listened on; `subject` is the address that failed, as
// text, or the number of the inherited descriptor.
struct ListenFailure {
  enum class What : std::uint8_t { kAddress, kListen, kInherited } what;
  std::string subject;
  Error error;  // kAddress: EINVAL, the text is no IP address
};

// Adopts all of Options::inherited; where there are none, listens on all of Options::addresses with
// one port. With port 0 the first socket's number is asked for on the others, and another one tried
// where it is taken.
[[nodiscard]] std::variant<std::vector<Listener>, ListenFailure> listen_on_all(
    const Options& options);

struct Accepted {
  UniqueFd fd;  // non-blocking, close-on-exec
  Address peer;
};

// The next connection that waits, or nothing when none does. Connections that are gone already are
// passed over. Fails with EMFILE, ENFILE, ENOBUFS, ENOMEM: nothing can be accepted for now.
[[nodiscard]] Result<std::optional<Accepted>> accept_one(int listener);

// Whether a connection waits, or that could not be told. Asked with poll(2), which takes a tenth of
// an accept_one() that gives nothing: the kernel makes a socket before it looks.
[[nodiscard]] bool somebody_waits(int listener);

}  // namespace tinyserve::net
