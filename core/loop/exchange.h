// exchange.h — what a connection owns while a request is under way or an answer has not left.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "handlers/answer.h"
#include "handlers/writing.h"
#include "http/producer.h"
#include "http/request_reader.h"
#include "log/buffer.h"
#include "loop/access_log.h"
#include "net/send_queue.h"

namespace tinyserve::loop {

inline constexpr std::size_t kMostKeptDrafts = 16 * 1024;  // what 16 answers need, with long texts

// An answer that is queued but has not left, as far as its record needs it. Positions count as the
// send queue does.
struct PendingAnswer {
  std::uint64_t begin = 0;         // where its head begins
  std::uint64_t head_end = 0;      // where its content begins
  std::uint64_t end = 0;           // kOpenEnd while content is being made
  bool produced = false;           // its content was made while it was sent: see ContentMark
  std::int64_t first_byte_us = 0;  // monotonic clock
  Draft draft;                     // its text is in Exchange::drafts
  log::Outcome outcome;

  static constexpr std::uint64_t kOpenEnd = UINT64_MAX;
};

// Of content that is made while it is sent: where a portion ends, and how much content there is up
// to there, without what frames it.
struct ContentMark {
  std::uint64_t end;
  std::uint64_t length;
};

// Content that is being made.
struct ContentUnderWay {
  std::unique_ptr<http::Producer> producer;  // none while a worker has it
  bool chunked = false;                      // or else the end of the connection ends it
  std::int64_t paused_until_ms = 0;          // monotonic clock; 0: not yet
};

struct Exchange {
  Exchange(const http::Limits& limits, MemoryBudget& memory)
      : reader(limits, memory), budget(memory) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() { budget.give_back(charged); }

  http::RequestReader reader;
  net::SendQueue queue;
  std::vector<PendingAnswer> answers;  // from `first_answer` on, in order
  std::size_t first_answer = 0;
  log::Buffer drafts;     // of these answers
  Instant first_byte;     // of the request that is being read
  Instant last_received;  // when bytes came in last

  // What the content of the request that is being read is written to; none while a worker has it.
  std::unique_ptr<handlers::Change> upload;

  // The answer to the request that is being read, where it is not there yet, or the rest of the
  // last one that was queued: at most one of the three is set.
  bool job_under_way = false;            // a worker makes it, or has the upload
  std::optional<handlers::Answer> held;  // it is there, but a timer holds it back
  std::optional<ContentUnderWay> content;
  std::deque<ContentMark> marks;  // of the last answer that was produced

  // Memory that waits for the client to read, as far as the budget knows of it: bytes.
  MemoryBudget& budget;
  std::size_t charged = 0;

  [[nodiscard]] bool awaits_answer() const { return job_under_way || held; }
  [[nodiscard]] bool is_making() const { return awaits_answer() || content; }

  // How much content of `answer`, of which a part may not have left, has been sent.
  [[nodiscard]] std::uint64_t content_sent(const PendingAnswer& answer) const;
  // Tells the budget what waits to leave. False: that is more than it allows.
  [[nodiscard]] bool charge();
  // Forgets marks that make no difference any more.
  void drop_marks();
  // All answers have left and are recorded, so that nothing waits.
  void forget_answers();
};

}  // namespace tinyserve::loop
