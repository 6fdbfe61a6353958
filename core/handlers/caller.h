// caller.h — whose request it is, for the answers that tell: where it came from, which of its
// connection's it is, and when it began.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace tinyserve::handlers {

struct Caller {
  std::array<unsigned char, 16> address{};  // as on the wire; of an IPv4 one the first four
  bool is_ipv6 = false;
  std::uint16_t port = 0;
  std::uint64_t connection = 0;  // its number in this process, from 1
  std::uint64_t request = 0;     // the request's number on the connection, from 1
  Instant first_byte;            // when the request began to arrive
};

}  // namespace tinyserve::handlers
