// record.h — step 8: one line of JSON for each request that ended or broke off (RFC 8259), and the
// event lines.
//
// A record is written in two halves, because the views into the request die with the turn while the
// bytes of its answer may leave much later: begin_record() encodes what the request said as soon as
// the answer is planned, finish_record() adds status, bytes and times when the last byte was handed
// over or the connection broke. Whatever bytes came from the peer, a line is valid UTF-8 and valid
// JSON, and has no line break inside. Pure: knows no clock and no descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "http/via.h"
#include "log/buffer.h"

namespace tinyserve::log {

using http::Via;

// What is known of a request when its answer is planned. Views are only read during the call. An
// absent optional is written as null. Texts longer than 2 KiB are cut and end with "…".
struct RequestFacts {
  std::int64_t time_us = 0;      // wall clock, when the first byte was read
  std::string_view remote;       // the peer's address as we spell it, no brackets, no port
  std::uint16_t port = 0;        // the peer's
  std::uint64_t connection = 0;  // its number in this process, from 1
  std::uint64_t request = 0;     // the request's number on the connection, from 1
  std::string_view proto;        // "HTTP/1.1", as we spell it; empty when it could not be read
  std::optional<std::string_view> method, path, query, host, user_agent, referer;  // as sent
};

// What is known when it is over.
struct Outcome {
  std::optional<int> status;            // absent when nothing was sent
  std::uint64_t bytes = 0;              // of content, handed to the kernel
  std::uint64_t content_in = 0;         // "body_in": content bytes received
  std::optional<std::int64_t> ttfb_us;  // first byte read to first written; absent: nothing sent
  std::int64_t dur_us = 0;              // first byte read to last byte written
  Via via = Via::kFile;
  std::string_view why;  // with refusals: the rule, in a few words; empty: left out
};

// Where the encoded first half stands in the buffer that it was appended to.
struct RecordDraft {
  std::size_t begin = 0;
  std::size_t split = 0;  // where the outcome goes: behind time … host, before ua and referer
  std::size_t end = 0;

  [[nodiscard]] bool empty() const { return begin == end; }
  [[nodiscard]] std::string_view first(const Buffer& drafts) const {
    return drafts.view().substr(begin, split - begin);
  }
  [[nodiscard]] std::string_view last(const Buffer& drafts) const {
    return drafts.view().substr(split, end - split);
  }
};

// Appends `facts` to `drafts`, encoded. Keeps no view. `clock` spells the time.
[[nodiscard]] RecordDraft begin_record(Buffer& drafts, const RequestFacts& facts,
                                       TimestampCache& clock);

// Appends the whole line, with its line feed, to `out`. The drafts stay as they are.
void finish_record(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
                   const Outcome& outcome);

// {"event":"listening",...}: the first line of a log.
struct Listening {
  std::int64_t time_us = 0;
  std::span<const std::string> urls;
  std::uint16_t port = 0;
  std::string_view root;  // absolute path, never cut; bytes that are no UTF-8 become U+FFFD
  std::string_view version;
};
void append_event(Buffer& out, const Listening& event);

// {"event":"stopping",...}: the last line, with the totals of the run.
struct Stopping {
  std::int64_t time_us = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes = 0;
  std::uint64_t connections = 0;
};
void append_event(Buffer& out, const Stopping& event);

// {"event":"dropped",...}: `count` records were lost because the reader of the log had stopped.
struct Dropped {
  std::int64_t time_us = 0;
  std::uint64_t count = 0;
};
void append_event(Buffer& out, const Dropped& event);

}  // namespace tinyserve::log
