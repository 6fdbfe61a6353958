// The steps of a connection whose answer is being made: by a worker, behind a pause, or while it is
// sent. All others are in connection.cpp.
#include "loop/connection.h"

#include <new>
#include <utility>

#include "http/chunked.h"
#include "loop/jobs.h"

namespace tinyserve::loop {

namespace {

using http::Event;
using http::State;
using http::Status;
using http::Via;

constexpr std::uint64_t kContentAhead = 128 * 1024;  // queued, beyond which no more is made

}  // namespace

// The request outlives this turn. Requests behind it wait, answers before it leave.
void Connection::wait_for(Services& services, handlers::Answer answer) {
  Exchange& exchange = *exchange_;
  if (answer.job) return wait_for_job(services, std::move(answer.job));
  if (!exchange.reader.keep()) return refuse_to_wait(services);
  if (answer.is_ready()) {
    progress_.resume_ms = services.now.mono_ms_after(std::exchange(answer.delay_ms, 0));
    exchange.held = std::move(answer);
    return;
  }
  exchange.job_under_way = true;
  services.waiting[answer.awaited_job].push_back(services.ticket);
}

// A job that will never run is finished, too: others may wait for it.
void Connection::wait_for_job(Services& services, std::unique_ptr<Job> job) {
  exchange_->job_under_way = true;
  try {
    if (exchange_->reader.keep()) return services.post(std::move(job));
  } catch (const std::bad_alloc&) {
    job->finish();
    throw;
  }
  job->finish();
  exchange_->job_under_way = false;
  refuse_to_wait(services);
}

void Connection::refuse_to_wait(Services& services) {
  deliver(services, handlers::refusal_answer({Status::kUnavailable, "memory budget"},
                                             exchange_->reader.request().fields));
}

// The answer that was waited for has come; go_on() takes up the requests behind it.
void Connection::deliver_late(Services& services, handlers::Answer answer) {
  exchange_->job_under_way = false;
  exchange_->held.reset();
  progress_.resume_ms = http::kNever;
  deliver(services, std::move(answer));
  if (state_ == State::kClosed) return;
  if (closing_) {
    peer_may_send_ = peer_may_send_ || exchange_->reader.has_input_behind();
  } else if (!exchange_->awaits_answer()) {
    finish_request();
  }
  send_what_is_queued(services);
}

void Connection::resume(Services& services, Job& job) {
  if (auto* maker = dynamic_cast<handlers::AnswerJob*>(&job)) {
    if (!exchange_ || !exchange_->job_under_way) return;  // fail() has answered meanwhile
    if (maker->has_failed()) return ask_again(services);
    return deliver_late(
        services, services.router.complete(exchange_->reader.request(), maker->take_answer()));
  }
  if (auto* step = dynamic_cast<UploadJob*>(&job)) return resume_upload(services, *step);
  if (auto* maker = dynamic_cast<PortionJob*>(&job)) {
    exchange_->content->producer = maker->take_producer();
    queue_portion(services, maker->take_portion());
    if (state_ != State::kClosed) make_content(services);
  } else {
    reading_ahead_ = false;
    exchange_->queue.part_is_warm();
  }
  if (state_ != State::kClosed) send_what_is_queued(services);
}

void Connection::ask_again(Services& services) {
  if (!exchange_ || !exchange_->job_under_way) return;
  services.router.new_batch();
  deliver_late(services, services.router.respond(exchange_->reader.request(), caller(),
                                                 services.now, handlers::Means::kLoopOnly));
}

// A handler's pause is over.
void Connection::end_pause(Services& services) {
  apply(Event::kPatienceEnded);
  progress_.resume_ms = http::kNever;
  if (exchange_->held) return deliver_late(services, *std::exchange(exchange_->held, {}));
  make_content(services);
  if (state_ != State::kClosed) send_what_is_queued(services);
}

// The head of an answer is queued; its content is made while it is sent.
void Connection::begin_content(Services& services, std::unique_ptr<http::Producer> producer,
                               int minor_version) {
  Exchange& exchange = *exchange_;
  exchange.answers.back().produced = true;
  exchange.answers.back().end = PendingAnswer::kOpenEnd;
  exchange.marks.clear();
  exchange.content = ContentUnderWay{std::move(producer), minor_version >= 1};
  make_content(services);
}

// Asks for more of the content, unless enough of it waits to be sent, a worker is at it, or a pause
// has to be kept.
void Connection::make_content(Services& services) {
  Exchange& exchange = *exchange_;
  while (state_ != State::kClosed && exchange.content && exchange.content->producer &&
         exchange.queue.pending() < kContentAhead &&
         exchange.content->paused_until_ms <= services.now.mono_ms()) {
    std::unique_ptr<http::Producer>& producer = exchange.content->producer;
    if (producer->is_heavy()) {
      return services.post(std::make_unique<PortionJob>(std::move(producer)));
    }
    const http::Portion portion = producer->produce();
    if (portion.then == http::Portion::Then::kEnd) producer->finish();
    queue_portion(services, portion);
  }
}

void Connection::queue_portion(Services& services, const http::Portion& portion) {
  Exchange& exchange = *exchange_;
  if (portion.then == http::Portion::Then::kBroken) {
    return abandon(services, Via::kInternalError, portion.why);
  }
  ContentUnderWay& content = *exchange.content;
  if (!portion.bytes.empty()) {
    const std::uint64_t before = exchange.marks.empty() ? 0 : exchange.marks.back().length;
    if (content.chunked) exchange.queue.append(http::chunk_begin(portion.bytes.size()));
    exchange.queue.append(portion.bytes);
    exchange.marks.push_back({exchange.queue.queued(), before + portion.bytes.size()});
    if (content.chunked) exchange.queue.append(http::kChunkEnd);
    exchange.drop_marks();
  }
  if (portion.pause_ms > 0) {
    // The first one begins now, and each of the others where one ended: at a whole millisecond.
    const bool is_first = content.paused_until_ms == 0;
    content.paused_until_ms = is_first ? services.now.mono_ms_after(portion.pause_ms)
                                       : services.now.mono_ms() + portion.pause_ms;
    progress_.resume_ms = content.paused_until_ms;
  }
  if (portion.then == http::Portion::Then::kMore) return;
  if (content.chunked) exchange.queue.append(http::kLastChunk);
  exchange.answers.back().end = exchange.queue.queued();
  exchange.content.reset();
  progress_.resume_ms = http::kNever;
}

// What comes next is not in memory: sending goes on when a worker has read it.
void Connection::read_ahead(Services& services) {
  apply(Event::kMoreAwaited);
  reading_ahead_ = true;
  services.post(std::make_unique<ReadAheadJob>(exchange_->queue.cold_part()));
}

void Connection::send_what_is_queued(Services& services) {
  something_is_queued(services);
  send(services);
}

}  // namespace tinyserve::loop
