// thread.h — threads that no signal is delivered to (base).
#pragma once

#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

namespace tinyserve {

// Starts a thread that runs `work` with all signals blocked: the program's handlers expect the main
// thread, and SIGPIPE and SIGXFSZ shall be errors of write(2). Throws std::system_error where the
// system allows no more threads.
template <class Work>
[[nodiscard]] std::thread start_thread(Work work) {
  // A thread begins with the mask of the one that starts it (pthread_sigmask(3)).
  class AllBlocked {
   public:
    AllBlocked() {
      sigset_t all;
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    AllBlocked(const AllBlocked&) = delete;
    AllBlocked& operator=(const AllBlocked&) = delete;
    ~AllBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

   private:
    sigset_t before_{};
  };
  const AllBlocked blocked;
  return std::thread(std::move(work));
}

}  // namespace tinyserve
