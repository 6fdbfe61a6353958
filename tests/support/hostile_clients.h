// hostile_clients.h — clients that try to break the log of a server (tests).
#pragma once

#include "support/raw_client.h"

namespace tinyserve::test {

// More than five hundred requests, each on a connection of its own: every byte in the method, the
// target and the fields, the tricks of those who forge lines and command terminals, requests that
// are too long, that break off and that are none. Returns when the server has closed all of them.
void be_hostile(const Address& address);

}  // namespace tinyserve::test
