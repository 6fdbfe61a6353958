// config.h — everything that can be set, made of the rooms' own options (a public header).
#pragma once

#include <cstddef>

#include "files/options.h"
#include "handlers/options.h"
#include "http/limits.h"
#include "http/timeouts.h"
#include "log/options.h"
#include "net/options.h"

namespace tinyserve::loop {

struct Config {
  files::Options files;
  handlers::Options handlers;
  net::Options net;
  http::Limits limits;
  log::Options log;
  http::Timeouts timeouts;
  std::size_t max_connections = 10'000;  // never above what RLIMIT_NOFILE leaves
  std::size_t threads =
      1;  // loops that serve side by side, each on a thread of its own; at least 1
  std::size_t workers = 0;  // threads for what would block a loop; 0: as many as there are
                            // processors, at most 4
  std::size_t memory_budget = 256ULL
                              << 20;  // bytes of heads and content held for the whole process
};

}  // namespace tinyserve::loop
