// summary.h — what a run came to, for the one who watched it (log; a public header).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tinyserve::log {

// Paths and Referers stand here as they were sent, any bytes at all, and cut where they were long.
struct Summary {
  static constexpr std::size_t kMostRows = 20;  // of each table

  struct Slow {
    std::string path;
    std::int64_t dur_us = 0;  // of its slowest answer
  };
  struct Missing {
    std::string path;
    std::string referer;  // a page that led there; empty: none did
    std::uint64_t count = 0;
  };
  struct MissingTable {
    std::vector<Missing> rows;  // the most frequent first
    std::uint64_t total = 0;    // requests, those for paths without a row included
  };

  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::int64_t p50_us = 0;  // the time that half of the answers did not exceed
  std::int64_t p95_us = 0;
  std::int64_t p99_us = 0;
  std::vector<Slow> slowest;  // the slowest first
  MissingTable missing;       // all that was answered with 404
  MissingTable broken;        // of these, where a link of the site's own led
};

}  // namespace tinyserve::log
