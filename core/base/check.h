// check.h — our own faults: a condition that can only be false when this program is wrong (base).
//
// It stays on in every build: a server that goes on after its own invariant broke may serve the
// wrong bytes.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tinyserve {

// Says where and which condition on standard error, then ends the process.
[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "tinyserve: internal error, please report it: %s:%d: %s\n", file, line,
               condition);
  std::abort();
}

}  // namespace tinyserve

#define TS_CHECK(condition)                                      \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::tinyserve::check_failed(#condition, __FILE__, __LINE__); \
  } while (false)
