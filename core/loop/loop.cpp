#include "loop/loop.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <new>
#include <string>

#include "base/room.h"
#include "http/date.h"
#include "loop/upload.h"

namespace tinyserve::loop {

namespace {

constexpr int kAcceptBurst = 64;
constexpr int kMostWaiting = 4096;          // to be accepted, when the server stops
constexpr std::size_t kMostReceived = 256;  // connections that are received from before the first
                                            // is answered
constexpr std::size_t kDoorPlaces = 64;     // of all loops together
constexpr std::int64_t kWarningPauseMs = 1000;  // between two words of any loop, on average
constexpr std::size_t kCrowd = 8;  // connections; what fewer of them took is kept for the next ones
constexpr std::int64_t kCrowdPauseMs =
    1000;  // others may come at once in the place of those who left

std::uint32_t epoll_bits(http::Interest interest) {
  switch (interest) {
    case http::Interest::kReadable:
      return net::Poller::kReadable;
    case http::Interest::kWritable:
      return net::Poller::kWritable;
    case http::Interest::kHangUp:
      break;
  }
  return net::Poller::kNothing;
}

ssize_t receive_some(int fd, char* buffer, std::size_t size) {
  ssize_t count = 0;
  do {
    count = ::recv(fd, buffer, size, 0);
  } while (count < 0 && errno == EINTR);
  return count;
}

}  // namespace

UniqueFd Loop::open_spare() { return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

Loop::Loop(const Config& config, Commons& commons, std::vector<net::Listener> listeners,
           net::Poller poller, WakeUp wake_up, handlers::Router& router, WorkerPool& workers,
           log::Writer* writer, log::Diagnostics& diagnostics)
    : config_(config),
      commons_(commons),
      door_places_(std::max<std::size_t>(kDoorPlaces / commons.loops, 1)),
      listeners_(std::move(listeners)),
      poller_(std::move(poller)),
      wake_up_(std::move(wake_up)),
      spare_(open_spare()),
      access_log_(writer, config.log),
      finished_jobs_(wake_up_),
      services_{config,         router,  access_log_,    diagnostics,
                commons.budget, workers, finished_jobs_, read_clocks()},
      deadlines_(services_.now.mono_ms()) {
  services_.warning_pause_ms = kWarningPauseMs * static_cast<std::int64_t>(commons.loops);
  received_.reserve(kMostReceived);
  read_time();
}

void Loop::stop() noexcept {
  stop_requested_.store(true);
  wake_up_.signal();
}

Result<void> Loop::run() {
  if (const auto added = poller_.add(wake_up_.fd(), net::Poller::kReadable, kWakeUpToken); !added)
    return added;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const auto added =
        poller_.add(listeners_[i].fd.get(), net::Poller::kReadable, kListenerToken | i);
    if (!added) return added;
  }
  while (!stopping_ ||
         (connections_ + at_the_door_ > 0 && services_.now.mono_ms() < stop_deadline_ms_)) {
    if (const auto turned = turn(); !turned) return turned;
  }
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot]->connection) continue;
    step(slot, [this](Connection& connection) { connection.cut_off(services_); });
  }
  destroy_closed();
  access_log_.hand_over();
  return {};
}

Result<void> Loop::turn() {
  const auto events = poller_.wait(next_ms(), services_.now.mono_ms());
  if (!events) return events.error();
  read_time();
  receive(*events);
  for (const net::Poller::Event& event : *events) dispatch(event);
  go_on();
  expire();
  destroy_closed();
  if (give_back_ms_ != http::kNever) give_back();
  reconsider_listeners();
  services_.router.close_idle_files(services_.now);
  access_log_.hand_over();
  return {};
}

// Step 2, for all connections that have something. They are received from first, and then answered
// one after the other.
void Loop::receive(std::span<const net::Poller::Event> events) {
  for (const net::Poller::Event& event : events) {
    // What has been received is read even when the peer is gone: it may be a whole request, and its
    // record is owed.
    if (event.is_readable() && is_of_connection(event.token())) receive_from(event.token());
  }
  take_received();
}

void Loop::receive_from(std::uint64_t token) {
  const Slot* const entry = slot_of(token);
  if (entry == nullptr || !entry->connection->takes_input()) return;
  const bool is_full = receive_buffer_.size() - buffered_ < kMostPerReceive;
  if (is_full || received_.size() == kMostReceived) take_received();
  char* const place = receive_buffer_.data() + buffered_;
  const ssize_t count = receive_some(entry->connection->fd(), place, kMostPerReceive);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
  const std::size_t size = count < 0 ? 0 : static_cast<std::size_t>(count);
  buffered_ += size;
  received_.push_back({token, {place, size}, count < 0});
}

void Loop::take_received() {
  if (received_.empty()) return;
  services_.router.new_batch();
  // Where much is kept, each is announced some places before its turn.
  const std::size_t ahead =
      services_.router.keeps_much() ? handlers::AnswerCache::kAhead : std::size_t{0};
  for (std::size_t next = 0; next < ahead; ++next) announce(next);
  for (std::size_t next = 0; next < received_.size(); ++next) {
    if (ahead > 0) announce(next + ahead);
    take(received_[next]);
  }
  received_.clear();
  buffered_ = 0;
}

void Loop::announce(std::size_t index) {
  const bool is_there = index < received_.size();
  services_.router.look_ahead(is_there ? received_[index].bytes : std::string_view{});
}

void Loop::take(const Received& received) {
  step(static_cast<std::uint32_t>(received.token), [this, &received](Connection& connection) {
    if (received.failed) {
      connection.break_off(services_);
    } else {
      connection.receive(services_, received.bytes);
    }
  });
}

// Everything but what was received.
void Loop::dispatch(const net::Poller::Event& event) {
  if ((event.token() & kListenerToken) != 0) {
    if (stopping_) return;  // the listeners were closed earlier in this batch
    const auto index = static_cast<std::size_t>(event.token() & ~kListenerToken);
    return accept_burst(listeners_[index].fd.get(), kAcceptBurst);
  }
  if (event.token() == kWakeUpToken) {
    wake_up_.clear();
    if (stop_requested_.load() && !stopping_) begin_stop();
    return take_finished_jobs();
  }
  if (event.is_readable() || slot_of(event.token()) == nullptr) return;
  step(static_cast<std::uint32_t>(event.token()), [this, &event](Connection& connection) {
    if (event.is_broken()) {
      connection.break_off(services_);
    } else if (event.is_writable()) {
      connection.send(services_);
    }
  });
}

// The slot of the connection that `ticket` was made for, or null when that is gone.
Loop::Slot* Loop::slot_of(std::uint64_t ticket) {
  const auto slot = static_cast<std::uint32_t>(ticket);
  if (slot >= slots_.size()) return nullptr;
  Slot& entry = *slots_[slot];
  return ticket == token_of(slot, entry.generation) && entry.connection ? &entry : nullptr;
}

// Who has gone meanwhile is not answered; but what was made is kept, and others may wait for it.
void Loop::take_finished_jobs() {
  for (auto& [ticket, job] : finished_jobs_.take()) {
    finish(*job);
    if (slot_of(ticket) != nullptr) {
      step(static_cast<std::uint32_t>(ticket),
           [this, &job = *job](Connection& connection) { connection.resume(services_, job); });
    }
    discard_unclaimed(*job, ticket);
    const auto* maker = dynamic_cast<const handlers::AnswerJob*>(job.get());
    if (maker == nullptr) continue;
    const auto others = services_.waiting.extract(maker->number());
    if (others.empty()) continue;
    for (const std::uint64_t other : others.mapped()) {
      if (slot_of(other) == nullptr) continue;
      step(static_cast<std::uint32_t>(other),
           [this](Connection& connection) { connection.ask_again(services_); });
    }
  }
}

// What can't be kept is made again for whoever asks next.
void Loop::finish(Job& job) noexcept {
  try {
    job.finish();
  } catch (const std::exception& exception) {
    tell_of(exception);
  }
}

// Without memory for a job the loop does its work.
void Loop::discard_unclaimed(Job& job, std::uint64_t ticket) noexcept {
  auto change = unclaimed_change(job);
  if (!change) return;
  try {
    services_.workers.post(discard(std::move(change)), ticket, finished_jobs_);
  } catch (const std::bad_alloc&) {
    return;
  }
}

void Loop::tell_of(const std::exception& exception) noexcept {
  try {
    services_.report(log::Severity::kError, std::string("a request failed: ") + exception.what());
  } catch (const std::bad_alloc&) {
    services_.report(log::Severity::kError, "a request failed");
  }
}

// After a step: what the connection waits for now.
void Loop::settle(std::uint32_t slot) {
  Slot& entry = *slots_[slot];
  const Connection& connection = *entry.connection;
  if (connection.state() == http::State::kClosed) {
    closed_.push_back(slot);
    return;
  }
  const std::int64_t deadline_ms = connection.deadline_ms(config_.timeouts);
  if (connection.state() == http::State::kRespond) {
    deadlines_.set(slot, Deadlines::kNever);
    if (deadline_ms != http::kNever && deadline_ms != entry.alarm_ms) {
      try {
        alarms_.set(token_of(slot, entry.generation), deadline_ms);
      } catch (const std::bad_alloc&) {
        return give_up(slot);
      }
      entry.alarm_ms = deadline_ms;
    }
  } else {
    deadlines_.set(slot, deadline_ms);
  }
  const http::Interest wanted = http::interest(connection.state());
  if (wanted != entry.watched) {
    entry.watched = wanted;
    if (!poller_.modify(connection.fd(), epoll_bits(wanted), token_of(slot, entry.generation))) {
      return give_up(slot);
    }
  }
  if (connection.wants_turn() && !entry.queued_turn) {
    entry.queued_turn = true;
    turns_.push_back(slot);
  }
}

// For lack of memory. Nobody would hear of the connection again, or not before its deadline.
void Loop::give_up(std::uint32_t slot) {
  slots_[slot]->connection->drop(services_);
  closed_.push_back(slot);
}

void Loop::destroy_closed() {
  if (closed_.empty()) return;
  for (const std::uint32_t slot : closed_) {
    Slot& entry = *slots_[slot];
    if (!entry.connection) continue;
    if (entry.at_the_door) {
      --at_the_door_;
    } else {
      --connections_;
      commons_.places.give_back();
    }
    deadlines_.set(slot, Deadlines::kNever);
    entry.connection.reset();  // closing the descriptor ends epoll's watch
    free_slots_.push_back(slot);
  }
  closed_.clear();
  if (connections_ * 2 <= most_connections_ && most_connections_ >= kCrowd &&
      give_back_ms_ == http::kNever) {
    give_back_ms_ = services_.now.mono_ms() + kCrowdPauseMs;
  }
}

// A crowd has gone, and nobody has come in its place: what it took is the system's again. The C
// library would keep most of it, since something that lives on is always in between.
void Loop::give_back() {
  if (services_.now.mono_ms() < give_back_ms_ || !turns_.empty()) return;
  give_back_ms_ = http::kNever;
  if (connections_ * 2 > most_connections_) return;
  most_connections_ = connections_;
  while (!slots_.empty() && !slots_.back()->connection) slots_.pop_back();
  std::erase_if(free_slots_, [this](std::uint32_t slot) { return slot >= slots_.size(); });
  const std::size_t count = slots_.size();
  deadlines_.shrink(static_cast<std::uint32_t>(count));
  slots_.shrink_to_fit();
  for (auto* const list : {&free_slots_, &closed_, &turns_, &going_on_})
    keep_room_for(*list, count);
  longest_idle_ = {};
  services_.idle_exchanges.clear();
  ::malloc_trim(0);
}

void Loop::go_on() {
  if (turns_.empty()) return;
  // Those that want yet another turn are queued anew, behind the next batch of events.
  going_on_.swap(turns_);
  for (const std::uint32_t slot : going_on_) {
    slots_[slot]->queued_turn = false;
    if (!slots_[slot]->connection) continue;
    step(slot, [this](Connection& connection) { connection.go_on(services_); });
  }
  going_on_.clear();
}

void Loop::ring_alarms() {
  const std::int64_t now_ms = services_.now.mono_ms();
  for (const std::uint64_t ticket : alarms_.due(now_ms)) {
    Slot* const entry = slot_of(ticket);
    if (entry == nullptr) continue;
    entry->alarm_ms = http::kNever;
    const Connection& connection = *entry->connection;
    if (connection.state() != http::State::kRespond ||
        connection.deadline_ms(config_.timeouts) > now_ms) {
      continue;
    }
    step(static_cast<std::uint32_t>(ticket),
         [this](Connection& waiting) { waiting.expire(services_); });
  }
}

void Loop::expire() {
  if (!alarms_.empty()) ring_alarms();
  for (const std::uint32_t slot : deadlines_.expire(services_.now.mono_ms())) {
    if (!slots_[slot]->connection) continue;
    step(slot, [this](Connection& connection) { connection.expire(services_); });
  }
}

void Loop::begin_stop() {
  stopping_ = true;
  stop_deadline_ms_ = services_.now.mono_ms() + config_.timeouts.stop_ms;
  for (const net::Listener& listener : listeners_) {
    // The close would reset those who wait to be accepted. Inherited sockets have another owner,
    // who lets the next server take them.
    if (config_.net.inherited.empty()) accept_burst(listener.fd.get(), kMostWaiting);
    // Closing alone does not end the watch of a socket that somebody else has open as well.
    static_cast<void>(poller_.remove(listener.fd.get()));
  }
  listeners_.clear();
  listen_again_ms_ = http::kNever;  // a pause that is over would keep the loop awake
  // A request that has come by now is answered.
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    receive_from(token_of(slot, slots_[slot]->generation));
  }
  take_received();
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot]->connection) continue;
    step(slot, [this](Connection& connection) { connection.finish_soon(services_); });
  }
}

// When there is something to do although nothing happens.
std::int64_t Loop::next_ms() {
  if (!turns_.empty()) return services_.now.mono_ms();
  return std::min({deadlines_.next_ms(), alarms_.next_ms(), listen_again_ms_, stop_deadline_ms_,
                   give_back_ms_, services_.router.next_close_ms()});
}

void Loop::read_time() {
  services_.now = read_clocks();
  const std::int64_t now_s = services_.now.wall_s();
  if (now_s == date_s_) return;
  date_s_ = now_s;
  services_.date.clear();
  http::append_date(services_.date, now_s);
}

}  // namespace tinyserve::loop
