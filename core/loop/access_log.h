// access_log.h — step 8 as the loop sees it: a draft when an answer is planned, a line when it is
// over.
//
// Lines are gathered here and handed to the writer once per turn of the loop. Also counts what the
// run served, and remembers more of it where a summary is wanted.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/request_parser.h"
#include "http/via.h"
#include "log/buffer.h"
#include "log/encoder.h"
#include "log/record.h"
#include "log/summary.h"
#include "log/tally.h"
#include "log/writer.h"
#include "net/address.h"

namespace tinyserve::loop {

// Whose request it is, and when it began.
struct RequestOrigin {
  net::Address peer;
  std::uint64_t connection = 0;  // its number in this process
  std::uint64_t request = 0;     // its number on the connection
  Instant first_byte;
};

// What is kept of a request until its answer is over.
struct Draft {
  log::RecordDraft record;            // empty when it is not to be logged
  std::unique_ptr<log::Visit> visit;  // none without a summary
};

class AccessLog {
 public:
  // `writer` must outlive this object; none: nothing is written, but the totals are kept.
  explicit AccessLog(log::Writer* writer, const log::Options& options = {})
      : writer_(writer), encoder_(options), ignored_(options.ignored) {
    if (options.summary) tally_.emplace();
  }

  // Whether anybody wants to know: drafts need not be made otherwise.
  [[nodiscard]] bool enabled() const { return writer_ != nullptr || tally_.has_value(); }

  // What is to be remembered of a request; the text of its record is appended to `drafts`, which
  // must be there when it is finished.
  [[nodiscard]] Draft begin(log::Buffer& drafts, const RequestOrigin& origin,
                            const http::RequestHead& head);
  void finish(const log::Buffer& drafts, const Draft& draft, const log::Outcome& outcome) {
    if (enabled()) record(drafts, draft, outcome);
    ++totals_.requests;
    totals_.bytes += outcome.bytes;
  }

  void connection_opened() { ++totals_.connections; }
  // Takes over what `other` has counted: when neither is used by another thread any more.
  void absorb(AccessLog& other);
  void listening(const log::Listening& event);
  // The last line: with the totals.
  void stopping(Instant now);

  // What was served so far; without Options::summary the totals only.
  [[nodiscard]] log::Summary summary() const;

  // The turn of the loop ends: hands the lines over.
  void hand_over() {
    if (lines_.size() != 0) push_lines();
  }

 private:
  void record(const log::Buffer& drafts, const Draft& draft, const log::Outcome& outcome);
  void count(const log::Visit& visit, const log::Outcome& outcome) noexcept;
  void push_lines();
  [[nodiscard]] bool is_ignored(std::string_view path) const;
  [[nodiscard]] const std::string& text_of(const net::Address& peer);

  log::Writer* writer_;
  log::Encoder encoder_;
  std::vector<std::string> ignored_;
  std::optional<log::Tally> tally_;
  log::Buffer lines_;
  net::Address last_peer_;
  std::string last_peer_text_ = last_peer_.host();
  log::Stopping totals_;
};

}  // namespace tinyserve::loop
