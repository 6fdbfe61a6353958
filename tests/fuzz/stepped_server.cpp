#include "fuzz/stepped_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "fuzz/demand.h"
#include "http/date.h"
#include "loop/upload.h"

namespace tinyserve::fuzz {

namespace {

constexpr std::size_t kMostPerReceive = 64 * 1024;

class Silent : public log::Diagnostics {
 public:
  void report(log::Severity /*severity*/, std::string_view /*text*/) override {}
};

Silent& silent() {
  static Silent made;
  return made;
}

loop::AccessLog& access_log() {
  static loop::AccessLog made{nullptr};
  return made;
}

short events_of(const loop::Connection& connection) {
  pollfd waiting{connection.fd(), 0, 0};
  const http::Interest interest = http::interest(connection.state());
  if (interest == http::Interest::kReadable) waiting.events = POLLIN;
  if (interest == http::Interest::kWritable) waiting.events = POLLOUT;
  return ::poll(&waiting, 1, 0) > 0 ? waiting.revents : static_cast<short>(0);
}

}  // namespace

std::size_t moment_of(const std::vector<Mark>& marks, std::size_t bytes, std::size_t otherwise) {
  const auto found = std::find_if(marks.begin(), marks.end(),
                                  [bytes](const Mark& mark) { return mark.bytes >= bytes; });
  return found == marks.end() ? otherwise : found->moment;
}

SteppedServer::SteppedServer(const loop::Config& config, std::size_t send_buffer, LivingSite& site)
    : site_(site),
      send_buffer_(send_buffer),
      config_(config),
      budget_(config.memory_budget),
      root_(*files::Root::open({site.path(), false})),
      router_(config_.handlers, "own-name", root_),
      services_{config_, router_,  access_log(),   silent(),
                budget_, workers_, finished_jobs_, read_clocks()} {
  set_date();
}

SteppedServer::~SteppedServer() {
  for (const auto& client : clients_) DEMAND(!client->is_open());
  while (run_job(0) || deliver_job(0)) {
  }
  DEMAND(services_.waiting.empty());
  services_.idle_exchanges.clear();
  DEMAND(budget_.used() == 0);
}

SteppedServer::Client& SteppedServer::connect() {
  std::array<int, 2> ends{};
  DEMAND(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
  if (send_buffer_ > 0) {
    const int bytes = static_cast<int>(send_buffer_);
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
  Client& client = *clients_.emplace_back(std::make_unique<Client>());
  client.socket.reset(ends[1]);
  client.number = clients_.size();
  client.begun = site_.moment();
  client.connection.emplace(UniqueFd(ends[0]), net::Address(), client.number, services_.now);
  return client;
}

std::size_t SteppedServer::say(Client& client, std::string_view text) {
  if (!client.socket || text.empty()) return 0;
  const ssize_t count = ::send(client.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool SteppedServer::hear(Client& client, std::size_t most) {
  std::array<char, 64 * 1024> buffer;
  if (!client.socket) return false;
  const std::size_t size = std::min(most, buffer.size());
  const ssize_t count = ::recv(client.socket.get(), buffer.data(), size, 0);
  if (count <= 0) return false;
  client.heard.append(buffer.data(), static_cast<std::size_t>(count));
  client.hearings.push_back({client.heard.size(), site_.moment()});
  return true;
}

void SteppedServer::half_close(Client& client) {
  if (client.socket) ::shutdown(client.socket.get(), SHUT_WR);
}

void SteppedServer::hang_up(Client& client) {
  // Also when it does not listen to the end of what has been sent.
  client.is_cut = client.is_cut || client.is_open() || hear(client, SIZE_MAX);
  client.socket.reset();
}

// As Loop::turn().
bool SteppedServer::turn() {
  bool has_done = false;
  for (const auto& client : clients_) has_done = receive_from(*client) || has_done;
  has_done = take_received() || has_done;
  for (const auto& client : clients_) has_done = dispatch(*client) || has_done;
  for (const auto& client : clients_) has_done = go_on(*client) || has_done;
  destroy_closed();
  services_.router.close_idle_files(services_.now);
  return has_done;
}

bool SteppedServer::step(Client& client) {
  const bool has_done =
      (receive_from(client) && take_received()) || dispatch(client) || go_on(client);
  destroy_closed();
  return has_done;
}

// As Loop::step() and settle(), without the exceptions: none is expected.
template <class Action>
void SteppedServer::step(Client& client, Action action) {
  if (!client.is_open() || client.connection->state() == http::State::kClosed) return;
  services_.ticket = client.number;
  action(*client.connection);
  const http::State state = client.connection->state();
  const bool may_wait = state == http::State::kRespond || state == http::State::kClosed;
  DEMAND(may_wait || client.connection->deadline_ms(config_.timeouts) != http::kNever);
  DEMAND(budget_.used() <= config_.memory_budget);
}

SteppedServer::Client* SteppedServer::client_of(std::uint64_t ticket) {
  Client& client = *clients_[ticket - 1];
  return client.is_open() ? &client : nullptr;
}

bool SteppedServer::receive_from(Client& client) {
  if (!client.is_open() || !client.connection->takes_input()) return false;
  if ((events_of(*client.connection) & POLLIN) == 0) return false;
  if (buffer_.size() - buffered_ < kMostPerReceive) take_received();
  if (!client.connection->takes_input()) return true;
  char* const place = buffer_.data() + buffered_;
  const ssize_t count = ::recv(client.connection->fd(), place, kMostPerReceive, 0);
  const std::size_t size = count < 0 ? 0 : static_cast<std::size_t>(count);
  buffered_ += size;
  received_.push_back({&client, {place, size}, count < 0});
  return true;
}

bool SteppedServer::take_received() {
  if (received_.empty()) return false;
  services_.router.new_batch();
  for (const Received& received : received_) {
    Client& client = *received.client;
    if (client.connection->state() != http::State::kLinger && !received.bytes.empty()) {
      client.received += received.bytes;
      client.receipts.push_back({client.received.size(), site_.moment()});
    }
    step(client, [this, &received](loop::Connection& connection) {
      if (received.failed) {
        connection.break_off(services_);
      } else {
        connection.receive(services_, received.bytes);
      }
    });
  }
  received_.clear();
  std::fill_n(buffer_.begin(), std::exchange(buffered_, 0), '#');
  return true;
}

// Everything but what can be received.
bool SteppedServer::dispatch(Client& client) {
  if (!client.is_open() || client.connection->state() == http::State::kClosed) return false;
  const short events = events_of(*client.connection);
  if ((events & POLLIN) != 0) return false;
  if ((events & (POLLHUP | POLLERR)) != 0) {
    step(client, [this](loop::Connection& connection) { connection.break_off(services_); });
    return true;
  }
  if ((events & POLLOUT) == 0) return false;
  step(client, [this](loop::Connection& connection) { connection.send(services_); });
  return true;
}

bool SteppedServer::go_on(Client& client) {
  if (!client.is_open() || !client.connection->wants_turn()) return false;
  step(client, [this](loop::Connection& connection) { connection.go_on(services_); });
  return true;
}

bool SteppedServer::run_job(std::size_t which) {
  for (auto& finished : finished_jobs_.take()) posted_.push_back(std::move(finished));
  if (posted_.empty()) return false;
  const auto place = posted_.begin() + static_cast<std::ptrdiff_t>(which % posted_.size());
  place->job->run();
  if (config_.handlers.writable) site_.look();
  done_.push_back(std::move(*place));
  posted_.erase(place);
  return true;
}

// As Loop::take_finished_jobs().
bool SteppedServer::deliver_job(std::size_t which) {
  if (done_.empty()) return false;
  const auto place = done_.begin() + static_cast<std::ptrdiff_t>(which % done_.size());
  const auto [ticket, job] = std::move(*place);
  done_.erase(place);
  job->finish();
  if (Client* const client = client_of(ticket)) {
    step(*client,
         [this, &job = *job](loop::Connection& connection) { connection.resume(services_, job); });
  }
  if (auto change = loop::unclaimed_change(*job)) {
    workers_.post(loop::discard(std::move(change)), ticket, finished_jobs_);
  }
  if (const auto* const maker = dynamic_cast<const handlers::AnswerJob*>(job.get())) {
    const auto others = services_.waiting.extract(maker->number());
    for (const std::uint64_t other : others ? others.mapped() : std::vector<std::uint64_t>()) {
      Client* const client = client_of(other);
      if (client == nullptr) continue;
      step(*client, [this](loop::Connection& connection) { connection.ask_again(services_); });
    }
  }
  destroy_closed();
  return true;
}

void SteppedServer::pass(std::int64_t ms) {
  services_.now.mono_us += ms * 1000;
  services_.now.wall_us += ms * 1000;
  set_date();
  for (const auto& client : clients_) {
    if (!client->is_open()) continue;
    if (client->connection->deadline_ms(config_.timeouts) > services_.now.mono_ms()) continue;
    client->is_cut = client->is_cut || client->connection->state() == http::State::kSend;
    step(*client, [this](loop::Connection& connection) { connection.expire(services_); });
  }
  destroy_closed();
}

void SteppedServer::pass_until_deadline(Client& client) {
  const std::int64_t deadline_ms = client.connection->deadline_ms(config_.timeouts);
  DEMAND(deadline_ms != http::kNever);
  pass(std::max<std::int64_t>(deadline_ms - services_.now.mono_ms(), 0));
}

void SteppedServer::demand_rest() const {
  bool all_idle = true;
  std::size_t clients = 0;
  for (const auto& client : clients_) {
    if (!client->is_open()) continue;
    ++clients;
    const http::State state = client->connection->state();
    DEMAND(state != http::State::kSend);
    DEMAND(client->connection->deadline_ms(config_.timeouts) != http::kNever);
    all_idle = all_idle && state == http::State::kIdle;
  }
  DEMAND(services_.waiting.empty());
  // Eight empty lines may come before a request.
  constexpr std::size_t kMostOfIdle = 8 * 2 + 1;
  if (all_idle) DEMAND(budget_.used() <= clients * kMostOfIdle);
}

void SteppedServer::turn_away(Client& client) {
  step(client, [this](loop::Connection& connection) { connection.turn_away(services_); });
  destroy_closed();
}

void SteppedServer::stop() {
  for (const auto& client : clients_) {
    client->is_cut = client->is_cut || client->is_open();
    step(*client, [this](loop::Connection& connection) { connection.finish_soon(services_); });
  }
  destroy_closed();
}

void SteppedServer::cut_off() {
  for (const auto& client : clients_) {
    step(*client, [this](loop::Connection& connection) { connection.cut_off(services_); });
  }
  destroy_closed();
}

void SteppedServer::destroy_closed() {
  for (const auto& client : clients_) {
    if (client->is_open() && client->connection->state() == http::State::kClosed) {
      client->connection.reset();
    }
  }
}

void SteppedServer::set_date() {
  const auto date = http::format_date(services_.now.wall_s());
  services_.date.assign(date.data(), date.size());
}

}  // namespace tinyserve::fuzz
