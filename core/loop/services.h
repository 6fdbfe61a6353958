// services.h — what a loop lends its connections for the length of a step. One thread, no locks.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "handlers/router.h"
#include "http/request_reader.h"
#include "log/diagnostics.h"
#include "loop/access_log.h"
#include "loop/config.h"
#include "net/send_queue.h"

namespace tinyserve::loop {

// An answer that is queued but has not left, as far as its record needs it. Positions count as the
// send queue does.
struct PendingAnswer {
  std::uint64_t begin = 0;     // where its head begins
  std::uint64_t head_end = 0;  // where its content begins
  std::uint64_t end = 0;
  std::int64_t first_byte_us = 0;  // monotonic clock
  Draft draft;
  log::Outcome outcome;
};

// What a connection owns while a request is under way or an answer has not left.
struct Exchange {
  Exchange(const http::Limits& limits, MemoryBudget& budget) : reader(limits, budget) {}

  http::RequestReader reader;
  net::SendQueue queue;
  std::vector<PendingAnswer> answers;  // from `first_answer` on, in order
  std::size_t first_answer = 0;
  Instant first_byte;     // of the request that is being read
  Instant last_received;  // when bytes came in last
};

struct Services {
  const Config& config;
  handlers::Router& router;
  AccessLog& access_log;
  log::Diagnostics& diagnostics;
  MemoryBudget& budget;
  Instant now;                                            // of this turn
  std::string date;                                       // the same, as a Date field has it
  std::string head;                                       // scratch: where heads are written
  std::vector<std::unique_ptr<Exchange>> idle_exchanges;  // for reuse, a bounded number
  // Overwritten by the next connection that receives: whatever outlives the turn is copied.
  std::array<char, 64 * 1024> receive_buffer;
  std::int64_t warned_ms = INT64_MIN / 2;

  // A word for the person at the terminal, at most once a second: a crowd must not flood it.
  void warn(std::string_view text) {
    if (now.mono_ms() - warned_ms < 1000) return;
    warned_ms = now.mono_ms();
    diagnostics.report(log::Severity::kWarning, text);
  }
};

}  // namespace tinyserve::loop
