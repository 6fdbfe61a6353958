// The steps of a loop at its door: who is let in, who makes room, and who is told that there is
// none. All others are in loop.cpp.
#include <sys/socket.h>

#include <algorithm>
#include <new>
#include <string>
#include <string_view>

#include "base/room.h"
#include "loop/loop.h"

namespace tinyserve::loop {

namespace {

constexpr std::int64_t kLeastIdleMs =
    1000;  // a connection that has just been answered is not idle yet
constexpr std::int64_t kIdleSearchPauseMs = 100;  // between two looks at all connections
constexpr std::int64_t kListenPauseMs = 100;      // after the kernel refused to accept

}  // namespace

// Whoever calls has reason to think that somebody waits.
void Loop::accept_burst(int listener, int most) {
  for (int accepted = 0; accepted < most; ++accepted) {
    if (accepted > 0 && !net::somebody_waits(listener)) return;
    const bool full = commons_.places.are_taken();
    if (full && at_the_door_ >= door_places_ && !has_idle()) return watch_listeners(false);
    try {
      make_place();
    } catch (const std::bad_alloc&) {
      return turn_away_one(listener, fail("accept", ENOMEM));
    }
    auto next = net::accept_one(listener);
    if (!next) return turn_away_one(listener, next.error());
    if (!*next) return;
    if (full && has_idle()) make_room();
    admit(**std::move(next));
  }
}

// Sees to it that there is a free slot. It comes with its place in each list of slots, so that none
// of them needs memory later.
void Loop::make_place() {
  if (!free_slots_.empty()) return;
  const std::size_t count = slots_.size() + 1;
  for (auto* const list : {&free_slots_, &closed_, &turns_, &going_on_}) {
    make_room_for(*list, count);
  }
  const auto slot = static_cast<std::uint32_t>(count - 1);
  deadlines_.set(slot, Deadlines::kNever);
  slots_.push_back(std::make_unique<Slot>());
  free_slots_.push_back(slot);
}

void Loop::admit(net::Accepted accepted) {
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  Slot& entry = *slots_[slot];
  entry.generation = ++generations_;
  const int fd = accepted.fd.get();
  const auto added = poller_.add(fd, net::Poller::kReadable, token_of(slot, entry.generation));
  if (!added) {
    free_slots_.push_back(slot);
    return services_.warn("cannot watch a new connection", added.error());
  }
  entry.watched = http::Interest::kReadable;
  entry.at_the_door = !commons_.places.take();
  entry.queued_turn = false;
  entry.alarm_ms = http::kNever;
  const std::uint64_t number = 1 + commons_.connections.fetch_add(1, std::memory_order_relaxed);
  entry.connection.emplace(std::move(accepted.fd), accepted.peer, number, services_.now);
  access_log_.connection_opened();
  if (!entry.at_the_door) {
    most_connections_ = std::max(most_connections_, ++connections_);
    deadlines_.set(slot, entry.connection->deadline_ms(config_.timeouts));
    return;
  }
  ++at_the_door_;
  step(slot, [this](Connection& connection) {
    services_.warn("the connection limit of " + std::to_string(commons_.places.most()) +
                   " is reached: new connections get a 503");
    connection.turn_away(services_);
  });
}

// Whether a connection has been idle long enough to make room for another: the last candidate.
bool Loop::has_idle() {
  if (has_candidate()) return true;
  if (services_.now.mono_ms() - idle_search_ms_ < kIdleSearchPauseMs) return false;
  find_longest_idle();
  return !longest_idle_.empty();
}

// Whether a candidate is left that has not been used since it was found: the last one then.
bool Loop::has_candidate() {
  while (!longest_idle_.empty()) {
    const Idle& candidate = longest_idle_.back();
    const Slot& entry = *slots_[candidate.slot];
    const bool still = entry.connection && entry.generation == candidate.generation &&
                       entry.connection->state() == http::State::kIdle &&
                       entry.connection->idle_since_ms() == candidate.since_ms;
    if (still) return true;
    longest_idle_.pop_back();
  }
  return false;
}

// At the limit: ends the connection that has been idle longest. There is one.
void Loop::make_room() {
  const std::uint32_t slot = longest_idle_.back().slot;
  longest_idle_.pop_back();
  step(slot, [this](Connection& connection) { connection.break_off(services_); });
  destroy_closed();
}

// One look at all connections finds every candidate in order. Whatever becomes idle later has been
// idle for less, so the list stays right until it is used up.
void Loop::find_longest_idle() {
  idle_search_ms_ = services_.now.mono_ms();
  try {
    make_room_for(longest_idle_, slots_.size());
  } catch (const std::bad_alloc&) {
    return;
  }
  const std::int64_t latest = idle_search_ms_ - kLeastIdleMs;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    const Slot& entry = *slots_[slot];
    if (!entry.connection || entry.at_the_door || entry.connection->state() != http::State::kIdle)
      continue;
    if (entry.connection->wants_turn() || entry.connection->idle_since_ms() > latest) continue;
    longest_idle_.push_back({entry.connection->idle_since_ms(), slot, entry.generation});
  }
  std::sort(longest_idle_.begin(), longest_idle_.end(),
            [](const Idle& a, const Idle& b) { return a.since_ms > b.since_ms; });
}

// Descriptors or memory have run out. Left alone, the listener would be reported for ever: one
// client is told with the spare descriptor and nothing else, then accepting pauses for a moment.
void Loop::turn_away_one(int listener, const Error& error) {
  services_.warn("cannot accept connections for now", error);
  if (error.is(EMFILE) || error.is(ENFILE) || error.is(ENOMEM)) {
    constexpr std::string_view kAnswer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: "
        "close\r\n\r\n";
    spare_.reset();
    if (const auto accepted = net::accept_one(listener); accepted && *accepted) {
      static_cast<void>(::send((*accepted)->fd.get(), kAnswer.data(), kAnswer.size(),
                               MSG_NOSIGNAL | MSG_DONTWAIT));
      ::shutdown((*accepted)->fd.get(), SHUT_WR);
    }
    spare_ = open_spare();
  }
  watch_listeners(false);
  listen_again_ms_ = services_.now.mono_ms() + kListenPauseMs;
}

void Loop::watch_listeners(bool wanted) {
  if (listening_ == wanted) return;
  listening_ = wanted;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const std::uint32_t interest = wanted ? net::Poller::kReadable : net::Poller::kNothing;
    static_cast<void>(poller_.modify(listeners_[i].fd.get(), interest, kListenerToken | i));
  }
}

// Listens again when there is room, or when the pause is over. Room that another loop has made is
// not told here; but who waits for room has its places at the door taken, and these are soon free.
void Loop::reconsider_listeners() {
  if (listening_ || stopping_) return;
  const std::int64_t now_ms = services_.now.mono_ms();
  if (listen_again_ms_ != http::kNever) {
    if (now_ms < listen_again_ms_) return;
    listen_again_ms_ = http::kNever;
  }
  if (!commons_.places.are_taken() || at_the_door_ < door_places_) watch_listeners(true);
}

}  // namespace tinyserve::loop
