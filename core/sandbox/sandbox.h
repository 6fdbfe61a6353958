// sandbox.h — a process gives up what it does not need any more, so that a fault of its own, or of
// a library, opens nothing but what it serves anyway.
//
// Two kernel facilities, each of use without the other: Landlock for files, signals and sockets of
// others (landlock.h), seccomp for system calls (system_calls.h). Both bind the calling thread and
// what it starts: they come when everything is open, and before any other thread is there.
#pragma once

#include <span>

#include "base/result.h"
#include "sandbox/place.h"

namespace tinyserve::sandbox {

// What is in force, or why it is not.
struct Outcome {
  Result<int> files;  // the version of Landlock's interface
  Result<void> system_calls;
};

// Leaves the calling thread `places` and the system calls that serving takes; for good. Nor does
// this process ever gain privileges by executing a program (PR_SET_NO_NEW_PRIVS).
[[nodiscard]] Outcome confine(std::span<const Place> places);

}  // namespace tinyserve::sandbox
