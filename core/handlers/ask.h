// ask.h — one request as it goes from handler to handler, and what is served.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "files/content.h"
#include "files/root.h"
#include "handlers/options.h"
#include "http/request.h"
#include "http/target.h"

namespace tinyserve::handlers {

// How much an answer may cost where it is made.
enum class Means : std::uint8_t {
  kLoop,      // on a loop's thread: what would block it or keep it busy becomes a job
  kLoopOnly,  // likewise, but the workers have too much to do already: the cheap answer, or a 503
  kWorker,    // on a worker's thread: whatever it takes
};

// Whether files may be waited for.
[[nodiscard]] inline files::Wait patience(Means means) {
  return means == Means::kWorker ? files::Wait::kYes : files::Wait::kNo;
}

// For the length of a call.
struct Ask {
  const http::Request& request;
  const http::Path& path;  // that its target means
  Instant now;
  Means means = Means::kLoop;
};

class Compressions;

// What is served. Refers to things that outlive whoever has one.
struct Served {
  const Options* options;
  files::Root* root;
  Compressions* compressions;
};

}  // namespace tinyserve::handlers
