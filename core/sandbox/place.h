// place.h — what the sandbox leaves within reach (sandbox).
#pragma once

#include <cstdint>
#include <string>

namespace tinyserve::sandbox {

enum class Access : std::uint8_t {
  kRead,    // files are read, directories listed
  kAppend,  // files are read, written and made, but neither removed nor renamed
  kChange,  // everything but executing them, and but devices, sockets, FIFOs and links
};

// A directory with all that is beneath it, now or later, or a single file. What comes in its place
// is another one.
struct Place {
  std::string path;
  Access access = Access::kRead;
};

}  // namespace tinyserve::sandbox
