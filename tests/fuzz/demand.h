// demand.h — a property that has to hold for every input (fuzz targets).
//
// A broken one ends the process, as libFuzzer wants it: it then keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tinyserve::fuzz {

[[noreturn]] inline void broken(const char* property, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken: %s\n", file, line, property);
  std::abort();
}

}  // namespace tinyserve::fuzz

#define DEMAND(property)                                        \
  do {                                                          \
    if (!(property)) [[unlikely]]                               \
      ::tinyserve::fuzz::broken(#property, __FILE__, __LINE__); \
  } while (false)
