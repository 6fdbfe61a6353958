#include "loop/access_log.h"

#include <algorithm>

#include "log/glob.h"

namespace tinyserve::loop {

namespace {

constexpr std::size_t kMostGathered = 32 * 1024;

}  // namespace

log::RecordDraft AccessLog::draft(const RequestOrigin& origin,
                                  const http::RequestHead& head) const {
  log::RecordDraft draft;
  if (!enabled()) return draft;
  const std::size_t mark = head.target.find('?');
  const std::string_view path = head.target.substr(0, mark);
  if (is_ignored(path)) return draft;
  const std::string remote = origin.peer.host();
  log::RequestFacts facts;
  facts.time_us = origin.first_byte.wall_us;
  facts.remote = remote;
  facts.port = origin.peer.port();
  facts.connection = origin.connection;
  facts.request = origin.request;
  if (!head.method.empty()) facts.method = head.method;
  if (!head.target.empty()) {
    facts.path = path;
    if (mark != head.target.npos) facts.query = head.target.substr(mark + 1);
  }
  if (head.has_version) facts.proto = head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
  facts.host = head.fields.find(http::FieldName::kHost);
  facts.user_agent = head.fields.find(http::FieldName::kUserAgent);
  facts.referer = head.fields.find(http::FieldName::kReferer);
  encoder_.begin(draft, facts);
  return draft;
}

void AccessLog::finish(const log::RecordDraft& draft, const log::Outcome& outcome) {
  ++totals_.requests;
  totals_.bytes += outcome.bytes;
  if (!enabled() || draft.text.empty()) return;
  encoder_.finish(lines_, draft, outcome);
  // The writer takes a batch whole or not at all: it must stay far below what its ring holds.
  if (lines_.size() >= kMostGathered) hand_over();
}

void AccessLog::listening(const log::Listening& event) {
  if (enabled() && encoder_.has_events()) log::append_event(lines_, event);
}

void AccessLog::stopping(Instant now) {
  totals_.time_us = now.wall_us;
  if (enabled() && encoder_.has_events()) log::append_event(lines_, totals_);
}

bool AccessLog::is_ignored(std::string_view path) const {
  return std::any_of(ignored_.begin(), ignored_.end(), [path](const std::string& pattern) {
    return log::glob_matches(pattern, path);
  });
}

void AccessLog::hand_over() {
  if (lines_.empty()) return;
  writer_->push(lines_);
  lines_.clear();
}

}  // namespace tinyserve::loop
