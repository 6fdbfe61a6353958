// loop.h — one epoll loop on one thread: accepts, hands out events, ends connections (epoll(7)).
//
//   wait → receive from all connections that have something → a step of each of them
//        → for each other event: accept, or a step of its connection; what workers have finished
//        → turns that go on → deadlines → those that are closed are destroyed
//
// What a file is like is looked at after a whole batch has been received, and then counts for all
// of its requests.
//
// Connections live in a slab of slots. An event's token carries slot and generation, so that an
// event of a connection that was closed earlier in the same batch, or a job that was posted for it,
// can't meet the one that took its slot.
//
// Where memory runs out, the connection ends whose step needed some. What the loop needs for a
// connection beside its steps is made when it is accepted.
//
// A server may have several, which share nothing that changes but the counts in Commons. At the
// limit of connections each makes room with its own: one that has none idle turns the newcomer
// away, though another loop may have some.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "base/wake_up.h"
#include "base/worker_pool.h"
#include "handlers/router.h"
#include "loop/access_log.h"
#include "loop/alarms.h"
#include "loop/commons.h"
#include "loop/config.h"
#include "loop/connection.h"
#include "loop/deadlines.h"
#include "loop/services.h"
#include "net/listener.h"
#include "net/poller.h"

namespace tinyserve::loop {

class Loop {
 public:
  // Everything passed by reference must outlive the loop, apart from `workers`, which must have
  // ended before: their jobs come back here. There is at least one place.
  Loop(const Config& config, Commons& commons, std::vector<net::Listener> listeners,
       net::Poller poller, WakeUp wake_up, handlers::Router& router, WorkerPool& workers,
       log::Writer* writer, log::Diagnostics& diagnostics);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Serves until stop() was called and the connections have ended. Fails when epoll or its
  // timer does.
  [[nodiscard]] Result<void> run();

  // Any thread, any signal handler.
  void stop() noexcept;

  [[nodiscard]] AccessLog& access_log() { return access_log_; }

 private:
  struct Slot {
    std::optional<Connection> connection;
    std::uint32_t generation = 0;
    http::Interest watched = http::Interest::kReadable;
    bool at_the_door = false;  // one of the reserve, which is only told that there is no room
    bool queued_turn = false;
    std::int64_t alarm_ms = http::kNever;  // the one that was set last
  };

  // What one connection brought.
  struct Received {
    std::uint64_t token;
    std::string_view bytes;
    bool failed;  // the connection is broken
  };

  static constexpr std::uint64_t kListenerToken = 1ULL << 63;  // with the listener's index
  static constexpr std::uint64_t kWakeUpToken = 1ULL << 62;
  static_assert((net::Poller::kTimerToken & kWakeUpToken) != 0, "no connection's");
  [[nodiscard]] static std::uint64_t token_of(std::uint32_t slot, std::uint32_t generation) {
    return static_cast<std::uint64_t>(generation & 0x3fffffffU) << 32 | slot;
  }
  [[nodiscard]] static bool is_of_connection(std::uint64_t token) {
    return (token & (kListenerToken | kWakeUpToken)) == 0;
  }
  [[nodiscard]] static UniqueFd open_spare();

  Result<void> turn();
  void receive(std::span<const net::Poller::Event> events);
  void receive_from(std::uint64_t token);
  void take_received();
  void announce(std::size_t index);
  void take(const Received& received);
  void dispatch(const net::Poller::Event& event);
  [[nodiscard]] Slot* slot_of(std::uint64_t ticket);
  void take_finished_jobs();
  template <class Step>
  void step(std::uint32_t slot, Step action);
  void settle(std::uint32_t slot);
  void give_up(std::uint32_t slot);
  void make_place();
  void finish(Job& job) noexcept;
  void discard_unclaimed(Job& job, std::uint64_t ticket) noexcept;
  void tell_of(const std::exception& exception) noexcept;
  void destroy_closed();
  void give_back();
  void go_on();
  void ring_alarms();
  void expire();

  void accept_burst(int listener, int most);
  void admit(net::Accepted accepted);
  [[nodiscard]] bool has_idle();
  [[nodiscard]] bool has_candidate();
  void make_room();
  void find_longest_idle();
  void turn_away_one(int listener, const Error& error);
  void watch_listeners(bool wanted);
  void reconsider_listeners();

  void begin_stop();
  [[nodiscard]] std::int64_t next_ms();
  void read_time();

  const Config& config_;
  Commons& commons_;
  const std::size_t door_places_;  // for connections over the limit that are told so
  std::vector<net::Listener> listeners_;
  net::Poller poller_;
  WakeUp wake_up_;
  UniqueFd spare_;  // given up for a moment when descriptors run out, to tell a client so
  AccessLog access_log_;
  std::int64_t date_s_ = INT64_MIN;  // what Services::date says
  FinishedJobs finished_jobs_;
  Services services_;
  Deadlines deadlines_;
  Alarms alarms_;

  std::vector<std::unique_ptr<Slot>> slots_;  // shrinks between two turns only
  // Each has room for all slots.
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> closed_;    // in this turn
  std::vector<std::uint32_t> turns_;     // slots that want to go on without an event
  std::vector<std::uint32_t> going_on_;  // those of the turn before
  std::size_t connections_ = 0;          // without those at the door
  std::size_t at_the_door_ = 0;
  std::size_t most_connections_ = 0;  // since memory was given back
  std::int64_t give_back_ms_ = http::kNever;

  struct Idle {
    std::int64_t since_ms;
    std::uint32_t slot;
    std::uint32_t generation;
  };
  std::vector<Idle> longest_idle_;               // the longest last; see find_longest_idle()
  std::int64_t idle_search_ms_ = INT64_MIN / 2;  // of the last look; at first long ago

  std::int64_t listen_again_ms_ = http::kNever;
  std::int64_t stop_deadline_ms_ = http::kNever;
  bool listening_ = true;
  bool stopping_ = false;
  std::atomic<bool> stop_requested_{false};
  std::uint32_t generations_ = 0;  // of connections so far: each has another one

  // What was received in this turn and belongs to nobody yet. Overwritten by the next batch:
  // whatever outlives the turn is copied.
  static constexpr std::size_t kMostPerReceive = 64 * 1024;
  static constexpr std::size_t kCacheLine = 64;  // bytes; so that no search begins with a split one
  std::vector<Received> received_;               // never more than it has room for
  std::size_t buffered_ = 0;
  alignas(kCacheLine) std::array<char, 2 * kMostPerReceive> receive_buffer_;
};

// One step of a connection, with the one place where exceptions end.
template <class Step>
void Loop::step(std::uint32_t slot, Step action) {
  Connection& connection = *slots_[slot]->connection;
  if (connection.state() == http::State::kClosed) return;
  services_.ticket = token_of(slot, slots_[slot]->generation);
  try {
    action(connection);
  } catch (const std::exception& exception) {
    tell_of(exception);
    connection.fail(services_);
  }
  settle(slot);
}

}  // namespace tinyserve::loop
