#include "loop/access_log.h"

#include <algorithm>

#include "log/glob.h"

namespace tinyserve::loop {

namespace {

constexpr std::size_t kMostGathered = 32 * 1024;

}  // namespace

Draft AccessLog::draft(const RequestOrigin& origin, const http::RequestHead& head) const {
  Draft draft;
  if (!enabled()) return draft;
  const std::size_t mark = head.target.find('?');
  const std::string_view path = head.target.substr(0, mark);
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
  if (tally_) draft.visit = std::make_unique<log::Visit>(log::make_visit(facts));
  if (writer_ != nullptr && !is_ignored(path)) encoder_.begin(draft.record, facts);
  return draft;
}

void AccessLog::finish(const Draft& draft, const log::Outcome& outcome) {
  ++totals_.requests;
  totals_.bytes += outcome.bytes;
  if (draft.visit) tally_->add(*draft.visit, outcome);
  if (draft.record.text.empty()) return;
  encoder_.finish(lines_, draft.record, outcome);
  // The writer takes a batch whole or not at all: it must stay far below what its ring holds.
  if (lines_.size() >= kMostGathered) hand_over();
}

void AccessLog::listening(const log::Listening& event) {
  if (writer_ != nullptr && encoder_.has_events()) log::append_event(lines_, event);
}

void AccessLog::stopping(Instant now) {
  totals_.time_us = now.wall_us;
  if (writer_ != nullptr && encoder_.has_events()) log::append_event(lines_, totals_);
}

log::Summary AccessLog::summary() const {
  log::Summary summary;
  if (tally_) summary = tally_->summary();
  summary.requests = totals_.requests;
  summary.bytes = totals_.bytes;
  return summary;
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
