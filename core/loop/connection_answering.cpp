// The steps of a connection that make answers: 4 to 6, and the beginning of 8; for the usual case
// all of 6 to 8. All others are in connection.cpp.
#include <sys/socket.h>

#include <utility>

#include "handlers/known.h"
#include "handlers/static_files.h"
#include "loop/connection.h"

namespace tinyserve::loop {

namespace {

using handlers::Hit;
using handlers::Known;
using http::RequestReader;
using http::Via;
using net::SendQueue;

constexpr std::size_t kEmptyLine = 2;             // bytes: what ends a head
constexpr std::size_t kMostAssembled = 4 * 1024;  // bytes that are copied to be sent with one call

// Queues content by its kind; a view is copied, everything else is kept until it has left.
struct QueueBody {
  SendQueue& queue;
  void operator()(std::monostate) const {}
  void operator()(std::string_view text) const { queue.append(text); }
  void operator()(const std::string& text) const { queue.append(std::string_view(text)); }
  void operator()(const http::BlockSlice& slice) const {
    queue.append(slice.block, slice.offset, slice.length);
  }
  void operator()(const http::FileSlice& slice) const {
    queue.append(
        slice.file, slice.offset, slice.length,
        slice.is_slow ? SendQueue::FileReads::kAnyTime : SendQueue::FileReads::kFromMemory);
  }
  void operator()(const std::vector<http::Piece>& pieces) const {
    for (const http::Piece& piece : pieces) std::visit(*this, piece);
  }
  void operator()(const std::unique_ptr<http::Producer>& /*producer*/) const {}  // see make_content
};

// The answer to `known`, which all of `received` asks for, as the client gets it that is told
// `says` of the connection; empty where that is too much to be put together for one answer. Good
// until `scratch` or the response changes.
std::string_view text_of(const Known& known, std::string_view received, std::string_view says,
                         std::string& scratch) {
  const http::ReadyResponse& response = *known.hit.response;
  const std::string_view whole = response.block().view();
  if (says.empty() && known.echo == 0) return whole;
  if (whole.size() > kMostAssembled) return {};
  const std::string_view head = whole.substr(0, response.head_size());
  const std::size_t lines = head.size() - kEmptyLine;
  scratch.assign(head.substr(0, lines)).append(says).append(head.substr(lines));
  return scratch.append(known.echo == 0 ? whole.substr(head.size())
                                        : received.substr(known.head.size()));
}

}  // namespace

// The usual case, steps 6 to 8 in one: `known` is all that was received, nothing waits in front of
// its answer, and the kernel takes that whole. False: nothing has been done that anybody sees.
bool Connection::answer_at_once(Services& services, const Known& known, std::string_view bytes) {
  if (known.request == nullptr || known.size() != bytes.size()) return false;
  http::ReadyResponse& response = *known.hit.response;
  if (!response.is_joined()) return false;
  response.set_date(services.now.wall_s(), services.date);
  const bool keep_alive = known.keep_alive && can_go_on(services);
  const std::string_view text =
      text_of(known, bytes, http::connection_field(known.minor_version, keep_alive), services.head);
  if (text.empty()) return false;
  AccessLog& access_log = services.access_log;
  Draft draft;
  if (access_log.enabled()) {
    services.drafts.clear(kMostKeptDrafts);
    const RequestOrigin origin{peer_, number_, requests_ + 1, services.now};
    draft = access_log.begin(services.drafts, origin, known.request->head());
  }
  const ssize_t sent = ::send(fd(), text.data(), text.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(text.size())) {
    take_exchange(services);
    exchange_->first_byte = exchange_->last_received = services.now;
    exchange_->reader.feed(bytes);
    answer_known(services, known);
    if (sent > 0) exchange_->queue.has_sent(static_cast<std::uint64_t>(sent));
    send(services);
    return true;
  }
  ++requests_;
  progress_.had_request = true;
  progress_.idle_since_ms = services.now.mono_ms();
  log::Outcome outcome;
  outcome.status = http::code(response.status());
  outcome.via = known.hit.via;
  outcome.bytes = response.block().size() - response.head_size();
  outcome.content_in = known.echo;
  if (access_log.enabled()) {
    outcome.ttfb_us = outcome.dur_us = clock_us(CLOCK_MONOTONIC) - services.now.mono_us;
  }
  access_log.finish(services.drafts, draft, outcome);
  if (!keep_alive) {
    apply(http::Event::kRequestReady);
    apply(http::Event::kAnswered);
    apply(http::Event::kSentLast);
  }
  return true;
}

// The request that comes next, where neither it nor its answer has to be made out.
void Connection::answer_known(Services& services, const Known& known) {
  begin_answer();
  const std::string_view echo = exchange_->reader.unread().substr(known.head.size(), known.echo);
  exchange_->reader.pass(known.size());
  queue_ready(services, known.hit, **known.request, known.request->head(), echo);
  something_is_queued(services);
  exchange_->first_byte = exchange_->last_received;  // of the one behind it
}

void Connection::answer_request(Services& services) {
  const RequestReader& reader = exchange_->reader;
  const http::Request& request = reader.request();
  const auto ready = services.router.ready_answer(request, services.now);
  if (ready.response != nullptr && reader.content_is_whole()) {
    begin_answer();
    queue_ready(services, ready, request, reader.head());
  } else {
    const auto means =
        services.workers.has_room() ? handlers::Means::kLoop : handlers::Means::kLoopOnly;
    handlers::Answer answer = services.router.respond(request, caller(), services.now, means);
    begin_answer();
    deliver(services, std::move(answer));
  }
  something_is_queued(services);
}

handlers::Caller Connection::caller() const {
  return {peer_.bytes(), peer_.is_ipv6(), peer_.port(),
          number_,       requests_ + 1,   exchange_->first_byte};
}

// Queues an answer that is there; waits for any other.
void Connection::deliver(Services& services, handlers::Answer answer) {
  const RequestReader& reader = exchange_->reader;
  if (!answer.is_ready() || answer.delay_ms > 0) return wait_for(services, std::move(answer));
  if (!reader.content_is_whole()) {
    answer.close = true;
    peer_may_send_ = true;
  }
  queue_answer(services, std::move(answer), reader.head(), &reader.request());
}

void Connection::answer_refusal(Services& services, const http::Refusal& refusal) {
  const http::RequestHead head = exchange_->reader.head();
  // Only as the very first thing: answers to earlier requests must not be lost with it.
  if (refusal.why == http::kTlsHello && requests_ == 0) {
    services.warn("a client speaks TLS to this port: its URL begins with http://, not https://");
    return abandon(services, Via::kRefused, refusal.why);
  }
  // We could not read this request, so we can't know where the next one would begin.
  peer_may_send_ = true;
  begin_answer();
  queue_answer(services, handlers::refusal_answer(refusal, head.fields), head, nullptr);
  something_is_queued(services);
}

// Whether the connection goes on after the answer to `request` (RFC 9112 §9.3).
bool Connection::goes_on(const Services& services, const http::Request& request) const {
  return request.keep_alive && can_go_on(services);
}

bool Connection::can_go_on(const Services& services) const {
  return !peer_finished_ && !stopping_ && services.config.timeouts.keep_alive_ms > 0;
}

// For the record of the answer that is going to be queued.
PendingAnswer& Connection::add_pending(Services& services, http::Status status, Via via,
                                       const http::RequestHead& head) {
  Exchange& exchange = *exchange_;
  ++requests_;
  progress_.had_request = true;
  PendingAnswer& pending = exchange.answers.emplace_back();
  if (services.access_log.enabled()) {
    const RequestOrigin origin{peer_, number_, requests_, exchange.first_byte};
    pending.draft = services.access_log.begin(exchange.drafts, origin, head);
  }
  pending.first_byte_us = exchange.first_byte.mono_us;
  pending.outcome.status = http::code(status);
  pending.outcome.content_in = exchange.reader.content_received();
  pending.outcome.via = via;
  pending.begin = exchange.queue.queued();
  return pending;
}

// Step 6 for what is ready: its head lacks at most what it says of the connection. An `echo` is
// sent in the place of its content.
void Connection::queue_ready(Services& services, Hit ready, const http::Request& request,
                             const http::RequestHead& head, std::string_view echo) {
  Exchange& exchange = *exchange_;
  http::ReadyResponse& response = *ready.response;
  closing_ = !goes_on(services, request);
  PendingAnswer& pending = add_pending(services, response.status(), ready.via, head);
  response.set_date(services.now.wall_s(), services.date);
  const Block& block = response.block();
  const bool head_only = request.method == http::Method::kHead;
  const std::size_t head_size = response.head_size();
  const std::string_view says = http::connection_field(request.minor_version, !closing_);
  std::size_t begin = 0;
  if (!says.empty()) {
    exchange.queue.append(block.view().substr(0, head_size - kEmptyLine));
    exchange.queue.append(says);
    begin = head_size - kEmptyLine;
  }
  if (!echo.empty()) {
    pending.outcome.content_in = echo.size();
    exchange.queue.append(block.view().substr(begin, head_size - begin));
    exchange.queue.append(echo);
  } else {
    exchange.queue.append(block, begin, (head_only ? head_size : block.size()) - begin);
    if (!head_only) std::visit(QueueBody{exchange.queue}, response.rest());
  }
  pending.head_end = pending.begin + says.size() + head_size;
  pending.end = exchange.queue.queued();
}

// Step 6 for all others. `request` is null for what could not be read as one.
void Connection::queue_answer(Services& services, handlers::Answer answer,
                              const http::RequestHead& head, const http::Request* request) {
  Exchange& exchange = *exchange_;
  discard_upload(services);
  const bool is_produced = http::is_produced(answer.response.body);
  const bool can_be_framed = !is_produced || head.minor_version >= 1;
  const bool keep_alive =
      request != nullptr && !answer.close && can_be_framed && goes_on(services, *request);
  closing_ = !keep_alive;
  PendingAnswer& pending = add_pending(services, answer.response.status, answer.via, head);
  pending.outcome.why = answer.why;
  if (answer.why == handlers::kReplacedRoot) {
    services.warn(
        "what is served was replaced, and the sandbox lets only the first one be read; start "
        "tinyserve again, or with --no-sandbox");
  }
  services.head.clear();
  http::append_head(services.head, answer.response,
                    {services.date, head.minor_version, keep_alive});
  exchange.queue.append(services.head);
  pending.head_end = exchange.queue.queued();
  // Also where the request is refused (RFC 9110 §9.3.2).
  const bool head_only = http::parse_method(head.method) == http::Method::kHead;
  if (!head_only) std::visit(QueueBody{exchange.queue}, answer.response.body);
  pending.end = exchange.queue.queued();
  if (!is_produced || head_only) return;
  auto& producer = std::get<std::unique_ptr<http::Producer>>(answer.response.body);
  begin_content(services, std::move(producer), head.minor_version);
}

}  // namespace tinyserve::loop
