// stepped_server.h — what a loop does for its connections, step by step and at made-up times (fuzz
// targets).
//
// One set of services, and clients at the other ends of socketpairs. Jobs come back without having
// been run, see hand_worker_pool.cpp: here they are run and delivered in any order. Each step is
// followed by demands on what it left behind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "files/root.h"
#include "fuzz/living_site.h"
#include "loop/connection.h"

namespace tinyserve::fuzz {

// How many bytes had gone one way by some moment of the site.
struct Mark {
  std::size_t bytes;
  std::size_t moment;
};

// The moment at which `bytes` had gone, or `otherwise`.
[[nodiscard]] std::size_t moment_of(const std::vector<Mark>& marks, std::size_t bytes,
                                    std::size_t otherwise);

class SteppedServer {
 public:
  // One client and its connection.
  struct Client {
    UniqueFd socket;  // none: it has hung up
    std::optional<loop::Connection> connection = {};
    std::uint64_t number = 0;
    std::size_t begun = 0;  // the moment at which it connected
    std::string received = {};
    std::vector<Mark> receipts = {};  // when the server got that
    std::string heard = {};
    std::vector<Mark> hearings = {};
    bool is_cut = false;  // it may have ended before everything was answered

    [[nodiscard]] bool is_open() const { return connection.has_value(); }
  };

  SteppedServer(const loop::Config& config, std::size_t send_buffer, LivingSite& site);
  // Demands that everything was given back.
  ~SteppedServer();
  SteppedServer(const SteppedServer&) = delete;
  SteppedServer& operator=(const SteppedServer&) = delete;

  Client& connect();
  [[nodiscard]] std::vector<std::unique_ptr<Client>>& clients() { return clients_; }
  [[nodiscard]] const handlers::Router& router() const { return router_; }

  // What a client does. How much of `text` went; of what it can hear, up to `most` bytes.
  std::size_t say(Client& client, std::string_view text);
  bool hear(Client& client, std::size_t most);
  void half_close(Client& client);
  void hang_up(Client& client);

  // What the loop does, for all or for one; false when there was nothing to be done.
  bool turn();
  bool step(Client& client);
  // Of the jobs that have been posted, or of those that have been run, one. False: there is none.
  bool run_job(std::size_t which);
  bool deliver_job(std::size_t which);
  // Time passes, and patience with those whose deadlines come before its end.
  void pass(std::int64_t ms);
  // Until the client's deadline, which it must have.
  void pass_until_deadline(Client& client);
  // Demands that nobody waits for what will not come, and that whoever is idle holds next to no
  // memory. All has been done that there was to do, and heard.
  void demand_rest() const;

  void turn_away(Client& client);  // which is one too many
  void stop();                     // the server has been told to
  void cut_off();                  // ... and its patience has ended

 private:
  struct Received {
    Client* client;
    std::string_view bytes;
    bool failed;
  };

  template <class Action>
  void step(Client& client, Action action);
  [[nodiscard]] Client* client_of(std::uint64_t ticket);
  bool receive_from(Client& client);
  bool take_received();
  bool dispatch(Client& client);
  bool go_on(Client& client);
  void destroy_closed();
  void set_date();

  LivingSite& site_;
  std::size_t send_buffer_;
  loop::Config config_;
  MemoryBudget budget_;
  files::Root root_;
  handlers::Router router_;
  WakeUp wake_up_ = *WakeUp::open();
  FinishedJobs finished_jobs_{wake_up_};
  WorkerPool workers_{1};
  loop::Services services_;
  std::array<char, 256 * 1024> buffer_{};
  std::size_t buffered_ = 0;
  std::vector<Received> received_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<FinishedJobs::Finished> posted_, done_;
};

}  // namespace tinyserve::fuzz
