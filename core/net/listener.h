// listener.h — step 1: sockets that listen, and what is accepted from them (tcp(7), accept4(2)).
#pragma once

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

// Why the addresses of Options could not all be listened on; `address` is the one that failed, as
// text.
struct ListenFailure {
  std::string address;
  Error error;  // EINVAL with operation "parse": the text is no IP address
};

// Listens on all of Options::addresses with one port. With port 0 the first socket's number is
// asked for on the others, and another one tried where it is taken.
[[nodiscard]] std::variant<std::vector<Listener>, ListenFailure> listen_on_all(
    const Options& options);

struct Accepted {
  UniqueFd fd;  // non-blocking, close-on-exec
  Address peer;
};

// The next connection that waits, or nothing when none does. Connections that are gone already are
// passed over. Fails with EMFILE, ENFILE, ENOBUFS, ENOMEM: nothing can be accepted for now.
[[nodiscard]] Result<std::optional<Accepted>> accept_one(int listener);

}  // namespace tinyserve::net
