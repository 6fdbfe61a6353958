// signals.h — SIGINT, SIGTERM and SIGHUP while a server runs.
//
// The first SIGINT or SIGTERM stops the server, the second one ends the process at once with 128 +
// its number. The service manager is told of the first. With a log file SIGHUP opens it anew;
// without one it keeps the meaning it had (a closed terminal ends the program).
#pragma once

#include "cmd/service_manager.h"
#include "cmd/settings.h"
#include "loop/server.h"

namespace tinyserve::cmd {

// At most one at a time. `server` and `manager` must stay where they are and outlive this object;
// afterwards a SIGINT or SIGTERM no longer reaches them, but a second one still ends the process.
class SignalHandling {
 public:
  SignalHandling(loop::Server& server, const ServiceManager& manager, const Settings& settings);
  SignalHandling(const SignalHandling&) = delete;
  SignalHandling& operator=(const SignalHandling&) = delete;
  ~SignalHandling();
};

}  // namespace tinyserve::cmd
