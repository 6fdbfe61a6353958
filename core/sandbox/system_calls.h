// system_calls.h — which system calls can be made, by a seccomp filter (seccomp(2)).
#pragma once

#include "base/result.h"

namespace tinyserve::sandbox {

// From now on the calling thread, and those that it starts, have only the system calls that serving
// takes: no socket is made, bound or connected, no program executed, no process made, signalled or
// traced, no memory made executable. Any other call fails with ENOSYS, as on a kernel that is too
// old for it, since libraries know how to do without a new one. For good. Needs
// prctl(PR_SET_NO_NEW_PRIVS). Fails with seccomp(2)'s errors: EINVAL and ENOSYS where the kernel
// has no such filters; then nothing is confined.
[[nodiscard]] Result<void> confine_system_calls();

}  // namespace tinyserve::sandbox
