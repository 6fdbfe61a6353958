// connection.h — one client: steps 2 to 8 for its requests, one after the other.
//
// A passive object: it does nothing by itself and is told by the loop that its descriptor may be
// read or written, that its patience ended, or that its turn goes on. What it waits for follows
// from its state (http/protocol.h); the loop asks for interest() and deadline_ms() after each step.
//
// An idle connection owns next to nothing. What is needed while a request is under way is an
// Exchange, which the loop lends from its pool.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/unique_fd.h"
#include "handlers/answer.h"
#include "handlers/caller.h"
#include "handlers/known.h"
#include "http/protocol.h"
#include "http/request_reader.h"
#include "loop/access_log.h"
#include "loop/services.h"
#include "loop/upload.h"
#include "net/address.h"
#include "net/send_queue.h"

namespace tinyserve::loop {

class Connection {
 public:
  Connection(UniqueFd fd, net::Address peer, std::uint64_t number, Instant now);

  // Each of these is a step. They throw nothing but std::bad_alloc and what handlers throw: see
  // fail().
  // What the descriptor had; nothing: the peer has half-closed. Borrowed for the turn.
  void receive(Services& services, std::string_view bytes);
  void send(Services& services);              // the descriptor may be writable
  void break_off(Services& services);         // the peer is gone, or has been idle for too long
  void cut_off(Services& services);           // the server has stopped, and its patience ended
  void expire(Services& services);            // the deadline has passed
  void go_on(Services& services);             // wants_turn() was true
  void turn_away(Services& services);         // too many connections: 503, nothing is read
  void finish_soon(Services& services);       // the server stops: now, or with the answer under way
  void resume(Services& services, Job& job);  // a worker has done what it was given
  void ask_again(Services& services);      // ... for another connection, which this one waits for
  void fail(Services& services) noexcept;  // an exception came out of a step
  void drop(Services& services) noexcept;  // it can't be watched any more

  [[nodiscard]] http::State state() const { return state_; }
  // Whether receive() may be called: what was received earlier comes first, and the bytes that wait
  // in the kernel will be reported again.
  [[nodiscard]] bool takes_input() const {
    return !wants_turn() && http::interest(state_) == http::Interest::kReadable;
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  [[nodiscard]] std::int64_t deadline_ms(const http::Timeouts& timeouts) const {
    return http::deadline_ms(state_, progress_, timeouts);
  }
  // Whether requests that have been received wait for a further turn, without any event to come.
  [[nodiscard]] bool wants_turn() const { return paused_ && state_ == http::State::kIdle; }
  [[nodiscard]] std::int64_t idle_since_ms() const { return progress_.idle_since_ms; }

 private:
  void apply(http::Event event);
  void begin_answer();
  void something_is_queued(Services& services);
  void linger(std::size_t received);
  void end_of_input(Services& services);
  void pump(Services& services);
  void pump(Services& services, handlers::Known known);
  [[nodiscard]] bool decide_content(Services& services);
  [[nodiscard]] handlers::Caller caller() const;  // of the request that is being read
  [[nodiscard]] bool begin_upload(Services& services);
  void continue_upload(Services& services, http::RequestReader::Next next);
  void give_upload_away(Services& services, UploadJob::Step step);
  void resume_upload(Services& services, UploadJob& job);
  void discard_upload(Services& services);
  void queue_continue();
  [[nodiscard]] bool answer_at_once(Services& services, const handlers::Known& known,
                                    std::string_view bytes);
  void answer_known(Services& services, const handlers::Known& known);
  void answer_request(Services& services);
  void deliver(Services& services, handlers::Answer answer);
  void wait_for(Services& services, handlers::Answer answer);
  void wait_for_job(Services& services, std::unique_ptr<Job> job);
  void refuse_to_wait(Services& services);
  void deliver_late(Services& services, handlers::Answer answer);
  void finish_request();
  void answer_refusal(Services& services, const http::Refusal& refusal);
  void queue_ready(Services& services, handlers::Hit ready, const http::Request& request,
                   const http::RequestHead& head, std::string_view echo = {});
  void queue_answer(Services& services, handlers::Answer answer, const http::RequestHead& head,
                    const http::Request* request);
  [[nodiscard]] bool goes_on(const Services& services, const http::Request& request) const;
  [[nodiscard]] bool can_go_on(const Services& services) const;
  [[nodiscard]] PendingAnswer& add_pending(Services& services, http::Status status, http::Via via,
                                           const http::RequestHead& head);
  void begin_content(Services& services, std::unique_ptr<http::Producer> producer,
                     int minor_version);
  void make_content(Services& services);
  void queue_portion(Services& services, const http::Portion& portion);
  void read_ahead(Services& services);
  void end_pause(Services& services);
  void send_what_is_queued(Services& services);
  void everything_sent(Services& services);
  void bound_memory(Services& services);
  void wait_for_input(Services& services);
  void record_progress(Services& services);
  void close_now() noexcept;
  void abandon(Services& services, http::Via via, std::string_view why);
  void take_exchange(Services& services);
  void return_exchange(Services& services);

  UniqueFd fd_;
  net::Address peer_;
  std::uint64_t number_;
  std::uint64_t requests_ = 0;
  http::State state_ = http::State::kIdle;
  bool closing_ = false;        // the answer under way is the last one
  bool peer_may_send_ = false;  // and after it the peer may still be sending: linger
  bool peer_finished_ = false;  // the peer has half-closed
  bool stopping_ = false;
  bool paused_ = false;  // requests wait in the exchange: this turn was long enough, or an answer
                         // is being made
  bool reading_ahead_ = false;  // a worker reads what is to be sent next
  std::uint32_t lingered_ = 0;
  http::Progress progress_;
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace tinyserve::loop
