// landlock.h — which files can be reached, by Landlock (landlock(7)).
#pragma once

#include <span>

#include "base/result.h"
#include "sandbox/place.h"

namespace tinyserve::sandbox {

// The version of Landlock's interface that this kernel has: 1 and up. 0: it has none, it was
// switched off when it was started, or a filter refuses the question.
[[nodiscard]] int landlock_version();

// From now on the calling thread, and those that it starts, open nothing but what lies within
// `places`. What is open already stays usable, and looking at names and facts (stat) stays free.
// Where the kernel's version knows how: no TCP socket is bound (4) or connected (4), no signal is
// sent to a process outside and no abstract socket of such a one reached (6). For good; needs
// prctl(PR_SET_NO_NEW_PRIVS). Fails with open(2)'s errors for a place that cannot be found, and
// with those of landlock_create_ruleset(2), landlock_add_rule(2) and landlock_restrict_self(2):
// ENOSYS and EOPNOTSUPP where there is no Landlock. Then nothing is confined. Otherwise the
// version.
[[nodiscard]] Result<int> confine_files(std::span<const Place> places);

}  // namespace tinyserve::sandbox
