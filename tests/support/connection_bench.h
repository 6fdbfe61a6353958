// connection_bench.h — connections driven by hand over socketpairs, at made-up times (tests).
//
// A BenchServer is what a loop would lend them, with one worker; a Bench is one connection to it
// with the client at its other end. What a loop does by itself is a call here: nothing happens
// between two of them but in the worker.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "loop/connection.h"
#include "support/function_job.h"
#include "support/response.h"
#include "support/temp_tree.h"

namespace tinyserve::test {

// Bytes that differ by their place.
inline std::string pattern(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i % 23 + (i >> 12) % 3);
  return text;
}

// A megabyte of them, made once.
inline const std::string& large() {
  static const std::string text = pattern(1'000'000);
  return text;
}

class Bench;

class BenchServer {
 public:
  explicit BenchServer(const loop::Config& wanted, const TempTree::Below& place)
      : config_(wanted),
        site_(place, {{"index.html", "home"},
                      {"large.bin", large()},
                      {"block.bin", large().substr(0, 60'000)}}) {
    services_->date = "Sun, 06 Nov 1994 08:49:37 GMT";
  }
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;
  ~BenchServer() { release_workers(); }

  loop::Services& services() { return *services_; }
  [[nodiscard]] const loop::Config& config() const { return config_; }
  [[nodiscard]] std::size_t held() const { return budget_.used(); }
  const TempTree& site() { return site_; }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return diagnostics_.warnings; }
  [[nodiscard]] Instant start() const { return start_; }

  // The time, counted from the first moment.
  void at(std::int64_t ms) {
    services_->now = {start_.mono_us + ms * 1000, start_.wall_us + ms * 1000};
  }

  // The worker does nothing from here on, and `more` jobs wait for it.
  void hold_workers(std::size_t more = 0) {
    gate_.emplace();
    post([opened = gate_->get_future().share()] { opened.wait(); });
    for (; more > 0; --more) post([] {});
  }
  void release_workers() {
    if (gate_) gate_->set_value();
    gate_.reset();
  }

  // Those of connections that have come back, all that there are; the worker is not held.
  std::vector<FinishedJobs::Finished> take_jobs();
  // What a loop does with one.
  void deliver(FinishedJobs::Finished finished);
  // Both, for all; false when there were none.
  bool finish_jobs();

  // The records so far; none can be written afterwards.
  std::vector<nlohmann::json> records() {
    access_log_.hand_over();
    writer_->stop();
    std::istringstream text(site_.read(".log"));
    std::vector<nlohmann::json> lines;
    for (std::string line; std::getline(text, line);) {
      lines.push_back(nlohmann::json::parse(line));
    }
    return lines;
  }

 private:
  friend class Bench;

  struct Heard : log::Diagnostics {
    void report(log::Severity severity, std::string_view text) override {
      if (severity == log::Severity::kWarning) warnings.emplace_back(text);
    }
    std::vector<std::string> warnings;
  };

  // Tickets of clients are small numbers.
  static constexpr std::uint64_t kOwnTicket = UINT64_MAX;
  void post(std::function<void()> function) {
    ++own_jobs_;
    workers_.post(std::make_unique<FunctionJob>(std::move(function)), kOwnTicket, finished_jobs_);
  }

  // Within a millisecond, so that it matters how what begins then is rounded.
  static Instant first_moment() {
    Instant now = read_clocks();
    now.mono_us += 1 - now.mono_us % 1000;
    return now;
  }

  loop::Config config_;
  TempTree site_;
  Heard diagnostics_;
  std::unique_ptr<log::Writer> writer_ = *log::Writer::open(site_.path(".log"), diagnostics_);
  files::Root root_ = *files::Root::open({site_.path(), false});
  handlers::Router router_{config_.handlers, "", root_};
  loop::AccessLog access_log_{writer_.get()};
  MemoryBudget budget_{config_.memory_budget};
  WakeUp wake_up_ = *WakeUp::open();
  FinishedJobs finished_jobs_{wake_up_};
  std::optional<std::promise<void>> gate_;
  WorkerPool workers_{1};
  Instant start_ = first_moment();
  std::unique_ptr<loop::Services> services_{new loop::Services{
      config_, router_, access_log_, diagnostics_, budget_, workers_, finished_jobs_, start_}};
  std::map<std::uint64_t, Bench*> clients_;
  std::uint64_t last_ticket_ = 0;
  int own_jobs_ = 0;  // that have not come back
};

class Bench {
 public:
  explicit Bench(const loop::Config& config = {},
                 const TempTree::Below& place = TempTree::kTemporary)
      : Bench(std::make_shared<BenchServer>(config, place)) {}
  // Another client of `server`.
  explicit Bench(std::shared_ptr<BenchServer> server) : server_(std::move(server)) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) != 0) std::abort();
    client_.reset(ends[1]);
    // Answers leave in small parts.
    const int size = 4096;
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    connection_.emplace(UniqueFd(ends[0]), *net::Address::parse("127.0.0.1", 51234), 6 + ticket_,
                        server_->services().now);
    server_->clients_[ticket_] = this;
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() { server_->clients_.erase(ticket_); }

  // For a step of this connection.
  loop::Connection& connection() {
    services().ticket = ticket_;
    return *connection_;
  }
  [[nodiscard]] std::uint64_t ticket() const { return ticket_; }
  loop::Services& services() { return server_->services(); }
  const std::shared_ptr<BenchServer>& server() { return server_; }
  [[nodiscard]] http::State state() const { return connection_->state(); }
  [[nodiscard]] std::size_t held() const { return server_->held(); }
  const TempTree& site() { return server_->site(); }
  [[nodiscard]] const std::vector<std::string>& warnings() const { return server_->warnings(); }
  std::vector<nlohmann::json> records() { return server_->records(); }

  void at(std::int64_t ms) { server_->at(ms); }
  [[nodiscard]] std::int64_t deadline() const {
    return connection_->deadline_ms(server_->config().timeouts) - server_->start().mono_ms();
  }

  // The client says this, and the connection is told that it can be read.
  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EPIPE) return;
      if (count < 0 && errno != EAGAIN) std::abort();
      if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
      receive();
      if (count < 0) heard_ += settle();
    }
  }
  void half_close() {
    ::shutdown(client_.get(), SHUT_WR);
    heard_ = settle();
    if (http::interest(state()) == http::Interest::kReadable) receive();
  }
  void hang_up() { client_.reset(); }

  // What has arrived at the client, without a further step.
  std::string arrived() {
    std::string text = std::exchange(heard_, {});
    std::array<char, 64 * 1024> buffer{};
    while (client_) {
      const ssize_t count = ::recv(client_.get(), buffer.data(), buffer.size(), 0);
      if (count == 0) ended_ = true;
      if (count <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return text;
  }
  // Sends until nothing is left to send; what arrived.
  std::string sent() {
    std::string text = arrived();
    while (state() == http::State::kSend) {
      connection().send(services());
      text += arrived();
    }
    return text;
  }
  // The same, with all further turns, what the worker makes, and reading on what waits in the
  // kernel.
  std::string settle() {
    std::string text = sent();
    while (true) {
      if (connection_->wants_turn()) {
        connection().go_on(services());
      } else if (http::interest(state()) == http::Interest::kReadable && unread()) {
        receive();
      } else if (state() != http::State::kRespond || !server_->finish_jobs()) {
        return text + sent();
      }
      text += sent();
    }
  }
  std::string converse(std::string_view bytes) {
    say(bytes);
    return settle();
  }

  // Whether the client has seen the end of what the server says.
  bool ended() {
    if (state() == http::State::kClosed) connection_.reset();  // the loop would destroy it
    static_cast<void>(arrived());
    if (!connection_) closed_ = true;
    return ended_;
  }
  [[nodiscard]] bool closed() const { return closed_ || state() == http::State::kClosed; }

 private:
  // Others receive into the same buffer: nothing of it is there in the next turn.
  void receive() {
    if (!connection().takes_input()) return;
    const ssize_t count = ::recv(connection_->fd(), buffer_.data(), buffer_.size(), 0);
    if (count < 0) {
      if (errno != EAGAIN) connection().break_off(services());
      return;
    }
    services().router.new_batch();
    connection().receive(services(), {buffer_.data(), static_cast<std::size_t>(count)});
    buffer_.fill('#');
  }
  [[nodiscard]] bool unread() const {
    char byte = 0;
    return ::recv(connection_->fd(), &byte, 1, MSG_PEEK) > 0;
  }

  std::array<char, 64 * 1024> buffer_{};
  std::shared_ptr<BenchServer> server_;
  std::uint64_t ticket_ = ++server_->last_ticket_;
  UniqueFd client_;
  std::optional<loop::Connection> connection_;
  std::string heard_;
  bool ended_ = false;
  bool closed_ = false;
};

inline std::vector<FinishedJobs::Finished> BenchServer::take_jobs() {
  // There is one worker, so everything before this one has come back with it.
  post([] {});
  std::vector<FinishedJobs::Finished> jobs;
  while (own_jobs_ > 0) {
    pollfd wanted{wake_up_.fd(), POLLIN, 0};
    if (::poll(&wanted, 1, 60'000) != 1) std::abort();
    wake_up_.clear();
    for (FinishedJobs::Finished& finished : finished_jobs_.take()) {
      if (finished.ticket == kOwnTicket) {
        --own_jobs_;
      } else {
        jobs.push_back(std::move(finished));
      }
    }
  }
  return jobs;
}

inline void BenchServer::deliver(FinishedJobs::Finished finished) {
  const auto client_of = [this](std::uint64_t ticket) -> Bench* {
    const auto found = clients_.find(ticket);
    return found == clients_.end() || found->second->closed() ? nullptr : found->second;
  };
  finished.job->finish();
  if (Bench* const client = client_of(finished.ticket)) {
    client->connection().resume(services(), *finished.job);
  }
  const auto* const maker = dynamic_cast<const handlers::AnswerJob*>(finished.job.get());
  if (maker == nullptr) return;
  const auto others = services().waiting.extract(maker->number());
  if (others.empty()) return;
  for (const std::uint64_t ticket : others.mapped()) {
    Bench* const client = client_of(ticket);
    if (client != nullptr) client->connection().ask_again(services());
  }
}

inline bool BenchServer::finish_jobs() {
  std::vector<FinishedJobs::Finished> jobs = take_jobs();
  for (FinishedJobs::Finished& job : jobs) deliver(std::move(job));
  return !jobs.empty();
}

}  // namespace tinyserve::test
