#include "loop/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace tinyserve::loop {

namespace {

using http::Event;
using http::RequestReader;
using http::State;
using http::Status;
using http::Via;
using net::SendQueue;

constexpr std::uint64_t kMostPending =
    256 * 1024;  // queued bytes, beyond which no further request is looked at
constexpr std::size_t kMostAnswersPerTurn =
    128;  // so that one client's pipeline does not starve the others
constexpr std::uint64_t kSendBudget = 1024 * 1024;  // bytes that one connection sends in a turn
constexpr std::uint32_t kMostLingered = 4 * 1024 * 1024;
constexpr std::size_t kMostIdleExchanges = 64;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

void reset_at_close(int fd) {
  const linger hard{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

}  // namespace

Connection::Connection(UniqueFd fd, net::Address peer, std::uint64_t number, Instant now)
    : fd_(std::move(fd)), peer_(peer), number_(number) {
  progress_.idle_since_ms = now.mono_ms();
}

void Connection::receive(Services& services, std::string_view bytes) {
  TS_CHECK(takes_input());
  if (state_ == State::kLinger) return linger(bytes.size());
  if (bytes.empty()) return end_of_input(services);
  handlers::Known known;
  const bool is_idle = exchange_ == nullptr;
  if (is_idle) {
    known = services.router.recognize(bytes, services.now);
    if (answer_at_once(services, known, bytes)) return;
    take_exchange(services);
  }
  Exchange& exchange = *exchange_;
  exchange.last_received = services.now;
  // Empty lines that came earlier do not belong to the request (RFC 9112 §2.2).
  if (!exchange.reader.in_head() && !exchange.reader.in_content())
    exchange.first_byte = services.now;
  progress_.last_byte_ms = services.now.mono_ms();
  exchange.reader.feed(bytes);
  if (!is_idle) known = services.router.recognize(exchange.reader.unread(), services.now);
  pump(services, known);
}

void Connection::pump(Services& services) {
  pump(services, services.router.recognize(exchange_->reader.unread(), services.now));
}

// Steps 3 to 7 for all requests that have been received: answers are queued one after the other and
// sent together. `known` is the first one, if it need not be read.
void Connection::pump(Services& services, handlers::Known known) {
  RequestReader& reader = exchange_->reader;
  SendQueue& queue = exchange_->queue;
  paused_ = true;
  for (std::size_t answered = 0; answered < kMostAnswersPerTurn && queue.pending() <= kMostPending;
       known = services.router.recognize(reader.unread(), services.now)) {
    if (known.request != nullptr) {
      answer_known(services, known);
      ++answered;
      if (closing_) break;
      continue;
    }
    const RequestReader::Next next = reader.next();
    if (next == RequestReader::Next::kNeedMore) {
      paused_ = false;
      break;
    }
    if (next == RequestReader::Next::kHead && decide_content(services)) {
      if (exchange_->awaits_answer()) break;
      continue;
    }
    if (exchange_->upload && next != RequestReader::Next::kRefused) {
      continue_upload(services, next);
      break;
    }
    if (next == RequestReader::Next::kRefused) {
      answer_refusal(services, reader.refusal());
    } else {
      answer_request(services);
    }
    if (state_ == State::kClosed) return;
    ++answered;
    if (closing_ || exchange_->awaits_answer()) break;
    finish_request();
    // One at a time: marks are of the last one only, until it has left.
    if (exchange_->is_making() || exchange_->answers.back().produced) break;
  }
  if (closing_) {
    // Whatever else has been received is not looked at (RFC 9112 §9.6).
    paused_ = false;
    peer_may_send_ = peer_may_send_ || reader.has_input_behind();
  } else if (paused_) {
    reader.settle();
  }
  if (!queue.empty()) {
    send_what_is_queued(services);
  } else if (!exchange_->is_making()) {
    wait_for_input(services);
  }
}

void Connection::finish_request() {
  exchange_->reader.finish();
  exchange_->first_byte = exchange_->last_received;
}

// A request whose content is not there yet. Returns whether it is waited for; otherwise it has to
// be answered at once.
bool Connection::decide_content(Services& services) {
  RequestReader& reader = exchange_->reader;
  progress_.content_since_ms = services.now.mono_ms();
  switch (services.router.admit(reader.request())) {
    case handlers::Admission::kTake:
      if (reader.request().expects_continue) {
        queue_continue();
        apply(Event::kInterimQueued);
      }
      reader.take_content();
      return true;
    case handlers::Admission::kStream:
      return begin_upload(services);
    case handlers::Admission::kSkip:
      reader.skip_content();
      return true;
    case handlers::Admission::kAnswerNow:
      break;
  }
  return false;
}

void Connection::queue_continue() { exchange_->queue.append(kContinue); }

// Step 7: sends what the kernel takes.
void Connection::send(Services& services) {
  if (state_ != State::kSend) return;
  const std::uint64_t before = exchange_->queue.sent();
  const SendQueue::Outcome outcome = exchange_->queue.flush(fd(), kSendBudget);
  if (exchange_->queue.sent() != before) progress_.last_byte_ms = services.now.mono_ms();
  record_progress(services);
  switch (outcome) {
    case SendQueue::Outcome::kEmpty:
      return everything_sent(services);
    case SendQueue::Outcome::kFull:
    case SendQueue::Outcome::kTurnOver:
      // Level-triggered: the loop asks for writability and is told again.
      make_content(services);
      return bound_memory(services);
    case SendQueue::Outcome::kCold:
      return read_ahead(services);
    case SendQueue::Outcome::kBroken:
      return break_off(services);
    case SendQueue::Outcome::kTruncated:
      // The announced length can't be kept. An end that is too early is the only honest answer.
      return abandon(services, Via::kInternalError, "file became shorter");
    case SendQueue::Outcome::kChanged:
      // The rest would be of another version than what has left.
      return abandon(services, Via::kInternalError, "file changed while it was sent");
    case SendQueue::Outcome::kFailed:
      return abandon(services, Via::kInternalError, "file could not be read");
  }
}

// Who does not take what was asked for may not keep it from others.
void Connection::bound_memory(Services& services) {
  if (state_ == State::kClosed || exchange_->charge()) return;
  abandon(services, Via::kLimit, "memory budget");
}

void Connection::everything_sent(Services& services) {
  if (exchange_->is_making()) {
    make_content(services);
    if (state_ == State::kClosed || !exchange_->queue.empty()) return;
    if (exchange_->is_making()) return apply(Event::kMoreAwaited);
    record_progress(services);  // the end of the content has left, though that has no bytes
  }
  const RequestReader& reader = exchange_->reader;
  // What has been begun, or waits complete, is still answered, with a close.
  const bool waits = paused_ && reader.has_input();
  const bool begun = waits || reader.in_head() || reader.in_content();
  if (closing_ || (stopping_ && !begun)) {
    if (!peer_may_send_ || peer_finished_) return apply(Event::kSentLast);
    // RFC 9112 §9.6: closing now would make the kernel send a reset, which can destroy the answer
    // on its way.
    ::shutdown(fd(), SHUT_WR);
    progress_.last_byte_ms = services.now.mono_ms();
    apply(Event::kSentRefusal);
    exchange_.reset();
    return;
  }
  apply(Event::kSent);
  progress_.idle_since_ms = services.now.mono_ms();
  exchange_->reader.release_answered();
  wait_for_input(services);
}

// Nothing is left to send: the state that the unread rest of the input belongs to.
void Connection::wait_for_input(Services& services) {
  const RequestReader& reader = exchange_->reader;
  if (paused_) return;  // complete requests wait there: see go_on()
  if (reader.in_content()) {
    progress_.content_received = reader.content_received();
    apply(Event::kContentAwaited);
  } else if (reader.in_head()) {
    progress_.first_byte_ms = exchange_->first_byte.mono_ms();
    apply(Event::kHeadBegun);
  } else if (!reader.has_input()) {
    if (stopping_) return break_off(services);  // the turn that found nothing was the last one
    return_exchange(services);
  }
}

void Connection::go_on(Services& services) {
  if (!wants_turn()) return;
  services.router.new_batch();
  pump(services);
}

void Connection::linger(std::size_t received) {
  lingered_ += static_cast<std::uint32_t>(received);
  if (received == 0 || lingered_ > kMostLingered) apply(Event::kBroken);
}

// The peer sends nothing more. What it sent before has been answered, or it broke off within a
// request.
void Connection::end_of_input(Services& services) {
  peer_finished_ = true;
  if (state_ != State::kBody) return break_off(services);
  // RFC 9112 §8: incomplete, so it is not acted upon; the peer may still be listening.
  answer_refusal(services, {Status::kBadRequest, "content cut short"});
  send(services);
}

void Connection::expire(Services& services) {
  switch (state_) {
    case State::kHead:
    case State::kBody:
      answer_refusal(services, {Status::kRequestTimeout,
                                state_ == State::kHead ? "header timeout" : "content timeout"});
      return send(services);
    case State::kRespond:
      return end_pause(services);
    case State::kSend:
      return abandon(services, Via::kTimeout, "send timeout");
    default:
      return apply(Event::kPatienceEnded);
  }
}

void Connection::turn_away(Services& services) {
  take_exchange(services);
  exchange_->first_byte = services.now;
  answer_refusal(services, {Status::kUnavailable, "too many connections"});
  send(services);
}

void Connection::finish_soon(Services& services) {
  stopping_ = true;
  if (state_ == State::kIdle && !paused_) return break_off(services);
  // A stream of events would not end by itself.
  const bool is_paced = exchange_ && exchange_->content && exchange_->content->producer &&
                        !exchange_->content->producer->is_heavy();
  if (is_paced) cut_off(services);
}

void Connection::break_off(Services& services) { abandon(services, Via::kClientAbort, {}); }

void Connection::cut_off(Services& services) { abandon(services, Via::kTimeout, "server stopped"); }

// Ends the connection at once, with a record for each answer that has not left and for a request
// that was being read.
void Connection::abandon(Services& services, Via via, std::string_view why) {
  if (exchange_) {
    Exchange& exchange = *exchange_;
    discard_upload(services);
    const std::uint64_t sent = exchange.queue.sent();
    const std::int64_t now_us = clock_us(CLOCK_MONOTONIC);
    for (; exchange.first_answer < exchange.answers.size(); ++exchange.first_answer) {
      PendingAnswer& answer = exchange.answers[exchange.first_answer];
      log::Outcome& outcome = answer.outcome;
      // To an older client a FIN would say that this was all of the content (RFC 9112 §8).
      if (answer.produced && closing_) reset_at_close(fd());
      if (sent <= answer.begin) outcome.status.reset();
      outcome.bytes = exchange.content_sent(answer);
      outcome.dur_us = now_us - answer.first_byte_us;
      outcome.via = via;
      outcome.why = why;
      services.access_log.finish(exchange.drafts, answer.draft, outcome);
    }
    if (!closing_ && exchange.reader.mid_request()) {
      log::Outcome outcome;
      outcome.content_in = exchange.reader.content_received();
      outcome.dur_us = now_us - exchange.first_byte.mono_us;
      outcome.via = via;
      outcome.why = why;
      const RequestOrigin origin{peer_, number_, requests_ + 1, exchange.first_byte};
      const Draft draft =
          services.access_log.begin(exchange.drafts, origin, exchange.reader.head());
      services.access_log.finish(exchange.drafts, draft, outcome);
    }
    exchange_.reset();
  }
  paused_ = false;
  apply(Event::kBroken);
}

// Where no answer to the request has been begun, the client is told; otherwise, and where there is
// no request, the connection ends.
void Connection::fail(Services& services) noexcept {
  try {
    const bool can_answer =
        exchange_ && !closing_ && !exchange_->content && exchange_->reader.mid_request() &&
        (exchange_->awaits_answer() || http::next_state(state_, Event::kRequestReady).has_value());
    if (!can_answer) return abandon(services, Via::kInternalError, "exception");
    exchange_->job_under_way = false;
    exchange_->held.reset();
    answer_refusal(services, {Status::kInternalError, "exception"});
    send(services);
  } catch (...) {
    close_now();
  }
}

void Connection::drop(Services& services) noexcept {
  try {
    break_off(services);
  } catch (...) {
    close_now();
  }
}

// Not even the records of what was under way can be written. What has left may be a part only, and
// to an older client a FIN would say that it was all (RFC 9112 §8).
void Connection::close_now() noexcept {
  if (exchange_) reset_at_close(fd());
  exchange_.reset();
  state_ = State::kClosed;
}

// Step 8: completes the records of the answers that have left.
void Connection::record_progress(Services& services) {
  Exchange& exchange = *exchange_;
  const std::uint64_t sent = exchange.queue.sent();
  const std::int64_t now_us =
      services.access_log.enabled() ? clock_us(CLOCK_MONOTONIC) : services.now.mono_us;
  for (; exchange.first_answer < exchange.answers.size(); ++exchange.first_answer) {
    PendingAnswer& answer = exchange.answers[exchange.first_answer];
    log::Outcome& outcome = answer.outcome;
    if (sent <= answer.begin) return;
    if (!outcome.ttfb_us) outcome.ttfb_us = now_us - answer.first_byte_us;
    if (sent < answer.end) return;
    outcome.bytes = exchange.content_sent(answer);
    outcome.dur_us = now_us - answer.first_byte_us;
    services.access_log.finish(exchange.drafts, answer.draft, outcome);
  }
  exchange.forget_answers();
}

void Connection::take_exchange(Services& services) {
  if (exchange_) return;
  if (services.idle_exchanges.empty()) {
    exchange_ = std::make_unique<Exchange>(services.config.limits, services.budget);
    return;
  }
  exchange_ = std::move(services.idle_exchanges.back());
  services.idle_exchanges.pop_back();
}

// An exchange without input, output and records is as good as new.
void Connection::return_exchange(Services& services) {
  if (services.idle_exchanges.size() < kMostIdleExchanges) {
    services.idle_exchanges.push_back(std::move(exchange_));
  }
  exchange_.reset();
}

void Connection::begin_answer() {
  if (state_ != State::kRespond) apply(Event::kRequestReady);
}

// Where an answer was made, sending begins, or goes on, unless it waits for a part of a file.
void Connection::something_is_queued(Services& services) {
  if (state_ != State::kRespond || reading_ahead_) return;
  if (exchange_->queue.empty() && exchange_->is_making()) return;
  progress_.last_byte_ms = services.now.mono_ms();
  apply(Event::kAnswered);
}

void Connection::apply(Event event) {
  const auto next = http::next_state(state_, event);
  TS_CHECK(next.has_value());
  state_ = *next;
}

}  // namespace tinyserve::loop
