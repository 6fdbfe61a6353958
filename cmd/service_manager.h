// service_manager.h — what a service manager such as systemd hands to the program, and what it
// wants to be told: sockets that listen already (sd_listen_fds(3)) and the state of the service
// (sd_notify(3)).
//
// Both protocols are a few environment variables; no library is needed for them. Without these
// variables nothing here does anything.
#pragma once

#include <sys/types.h>
#include <sys/un.h>

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/unique_fd.h"
#include "cmd/environment.h"
#include "cmd/options.h"
#include "cmd/settings.h"

namespace tinyserve::cmd {

// The descriptors from 3 up that LISTEN_FDS counts, if LISTEN_PID says that they are for process
// `self`; otherwise none. They become the caller's, close-on-exec; nothing else is known of them.
// An error when LISTEN_FDS is no number, or more than are open.
[[nodiscard]] std::variant<std::vector<UniqueFd>, UsageError> take_sockets(
    const Environment& environment, pid_t self);

// Lets `settings` listen on `sockets` alone, if there are any; these stay the caller's. An error
// when the settings say where to listen, too: which of both was meant is not ours to guess.
[[nodiscard]] std::optional<UsageError> inherit(const std::vector<UniqueFd>& sockets,
                                                Settings& settings);

// The way to the manager that started us, where NOTIFY_SOCKET names one.
class ServiceManager {
 public:
  explicit ServiceManager(const Environment& environment);

  // Tells it of a state: "READY=1", "STOPPING=1". A manager that cannot be told is not an error,
  // and one that does not listen is waited for a second at most. Async-signal-safe, but
  // for errno.
  void tell(std::string_view state) const noexcept;

 private:
  UniqueFd socket_;  // none: there is nobody to tell
};

}  // namespace tinyserve::cmd
