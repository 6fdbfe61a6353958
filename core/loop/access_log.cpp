#include "loop/access_log.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "log/glob.h"

namespace tinyserve::loop {

namespace {

constexpr std::size_t kMostGathered = 32 * 1024;

std::optional<std::string_view> unless_empty(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return text;
}

std::string_view proto_of(const http::RequestHead& head) {
  if (!head.has_version) return {};
  return head.minor_version == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

std::optional<std::string_view> query_of(std::string_view target, std::size_t mark) {
  if (mark == target.npos) return std::nullopt;
  return target.substr(mark + 1);
}

log::RequestFacts facts_of(const RequestOrigin& origin, std::string_view remote,
                           const http::RequestHead& head) {
  const std::size_t mark = head.target.find('?');
  return {.time_us = origin.first_byte.wall_us,
          .remote = remote,
          .port = origin.peer.port(),
          .connection = origin.connection,
          .request = origin.request,
          .proto = proto_of(head),
          .method = unless_empty(head.method),
          .path = head.target.empty() ? std::nullopt : std::optional(head.target.substr(0, mark)),
          .query = query_of(head.target, mark),
          .host = head.fields.find(http::FieldName::kHost),
          .user_agent = head.fields.find(http::FieldName::kUserAgent),
          .referer = head.fields.find(http::FieldName::kReferer)};
}

}  // namespace

Draft AccessLog::begin(log::Buffer& drafts, const RequestOrigin& origin,
                       const http::RequestHead& head) {
  Draft draft;
  if (!enabled()) return draft;
  const log::RequestFacts facts = facts_of(origin, text_of(origin.peer), head);
  if (tally_) draft.visit = std::make_unique<log::Visit>(log::make_visit(facts));
  const bool is_wanted = ignored_.empty() || !is_ignored(facts.path.value_or(""));
  if (writer_ != nullptr && is_wanted) draft.record = encoder_.begin(drafts, facts);
  return draft;
}

void AccessLog::record(const log::Buffer& drafts, const Draft& draft, const log::Outcome& outcome) {
  if (!draft.record.empty()) encoder_.finish(lines_, drafts, draft.record, outcome);
  if (draft.visit) count(*draft.visit, outcome);
  // The writer takes a batch whole or not at all: it must stay far below what its ring holds.
  if (lines_.size() >= kMostGathered) hand_over();
}

// The line is there: without memory the summary lacks something, and nothing is done twice.
void AccessLog::count(const log::Visit& visit, const log::Outcome& outcome) noexcept {
  try {
    tally_->add(visit, outcome);
  } catch (const std::bad_alloc&) {
    return;
  }
}

void AccessLog::absorb(AccessLog& other) {
  const log::Stopping totals = std::exchange(other.totals_, {});
  totals_.requests += totals.requests;
  totals_.bytes += totals.bytes;
  totals_.connections += totals.connections;
  if (!tally_ || !other.tally_) return;
  tally_->add_all(*other.tally_);
  other.tally_.emplace();
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

// As text, which costs as much as the rest of a record: most requests come from the peer of the one
// before.
const std::string& AccessLog::text_of(const net::Address& peer) {
  const auto& bytes = peer.bytes();
  const bool is_same = std::memcmp(bytes.data(), last_peer_.bytes().data(), bytes.size()) == 0 &&
                       peer.is_ipv6() == last_peer_.is_ipv6();
  if (!is_same) {
    last_peer_text_ = peer.host();
    last_peer_ = peer;
  }
  return last_peer_text_;
}

void AccessLog::push_lines() {
  writer_->push(lines_.view());
  lines_.clear(2 * kMostGathered);
}

}  // namespace tinyserve::loop
