// services.h — what a loop lends its connections for the length of a step. One thread, no locks.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "handlers/router.h"
#include "log/buffer.h"
#include "log/diagnostics.h"
#include "loop/access_log.h"
#include "loop/config.h"
#include "loop/exchange.h"

namespace tinyserve::loop {

struct Services {
  const Config& config;
  handlers::Router& router;
  AccessLog& access_log;
  log::Diagnostics& diagnostics;
  MemoryBudget& budget;
  WorkerPool& workers;
  FinishedJobs& finished_jobs;
  Instant now;                                                 // of this turn
  std::string date = {};                                       // the same, as a Date field has it
  std::string head = {};                                       // scratch: where heads are written
  log::Buffer drafts = {};                                     // ... of answers that leave at once
  std::vector<std::unique_ptr<Exchange>> idle_exchanges = {};  // for reuse, a bounded number
  std::int64_t warned_ms = INT64_MIN / 2;
  std::int64_t warning_pause_ms = 1000;  // the least time between two
  std::uint64_t ticket = 0;              // of the connection whose step this is
  // By the number of a job: the tickets of those who wait for it beside the one who posted it.
  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> waiting = {};

  // Gives a worker a job of the connection whose step this is; it comes back to its resume().
  void post(std::unique_ptr<Job>&& job) { workers.post(std::move(job), ticket, finished_jobs); }

  // A word for the person at the terminal, unless there was one just now: a crowd must not flood
  // it. Without memory nothing is said.
  void warn(std::string_view text) noexcept {
    if (now.mono_ms() - warned_ms < warning_pause_ms) return;
    warned_ms = now.mono_ms();
    report(log::Severity::kWarning, text);
  }
  void warn(std::string_view text, const Error& error) noexcept {
    try {
      warn(std::string(text) + ": " + error.message());
    } catch (const std::bad_alloc&) {
      warn(text);
    }
  }
  void report(log::Severity severity, std::string_view text) noexcept {
    try {
      diagnostics.report(severity, text);
    } catch (const std::exception&) {
      return;
    }
  }
};

}  // namespace tinyserve::loop
