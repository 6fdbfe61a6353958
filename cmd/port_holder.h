// port_holder.h — who has a port that cannot be listened on, as far as /proc tells (proc(5)).
//
// For the one line that says why the server did not start. What cannot be read is passed over.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tinyserve::cmd {

struct ListeningSocket {
  std::string inode;
  uid_t owner = 0;
};

// The first socket in `table`, the text of /proc/net/tcp or of /proc/net/tcp6, that listens and
// keeps others from listening on `port` of the IP address `address`: its own address is the same,
// or one of the two is unspecified. A socket of :: counts for IPv4 addresses, too: whether it takes
// IPv4 connections is not in the table.
[[nodiscard]] std::optional<ListeningSocket> find_listening(std::string_view table,
                                                            const std::string& address,
                                                            std::uint16_t port);

// Who has `socket` open: "pid 23165 (python3)", of several processes the one with the lowest
// number, which most often is their parent; "a process of user www-data" where they are hidden from
// us.
[[nodiscard]] std::string describe_holder(const ListeningSocket& socket);

// Who listens on `port` of `address`, as describe_holder() says it; empty when nobody is found.
[[nodiscard]] std::string port_holder(const std::string& address, std::uint16_t port);

}  // namespace tinyserve::cmd
