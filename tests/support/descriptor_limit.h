// descriptor_limit.h — as many descriptors as a test may have (tests).
#pragma once

#include <sys/resource.h>

namespace tinyserve::test {

// Raises the soft limit of this process to the hard one; whether that is enough.
inline bool raise_descriptor_limit(rlim_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted;
}

}  // namespace tinyserve::test
