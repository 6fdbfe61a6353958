// A whole connection over a socketpair, serving a small site: whatever arrives in whatever pieces,
// it ends, gives everything back, and every byte that it sends is part of an answer of exactly the
// announced length.
//
// Numbers: what the peer does at the end (0: half-closes, 1: closes at once, 2: says nothing, so
// that patience ends, 3: the server stops first); the send buffer of the server in bytes (0: as it
// is); the limits of line, field line, head, field count and content; then the sizes of the pieces.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>

#include "files/root.h"
#include "fuzz/answers.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/date.h"
#include "loop/connection.h"
#include "support/temp_tree.h"

using namespace tinyserve;
using loop::Connection;

namespace {

enum class End : std::uint8_t { kHalfClose, kClose, kSilence, kStop };

class Silent : public log::Diagnostics {
 public:
  void report(log::Severity /*severity*/, std::string_view /*text*/) override {}
};

// The site and what serves it, made once: all but the router, since what that keeps was read within
// one session's limits.
struct Site {
  test::TempTree tree{{"index.html", "<p>reeds"},
                      {"a.txt", "0123456789"},
                      {"a.txt.gz", "gzipped"},
                      {"empty", ""},
                      {"large.bin", std::string(300'000, 'x')},
                      {"notes/b c.txt", "b"},
                      {".hidden", "secret"}};
  handlers::Options options;
  files::Root root = *files::Root::open({tree.path(), false});
  loop::AccessLog access_log{nullptr};
  WakeUp wake_up = *WakeUp::open();
  FinishedJobs finished_jobs{wake_up};
  WorkerPool workers{1};
  std::uint64_t sessions = 0;
  Silent diagnostics;
};

Site& site() {
  static Site made;
  return made;
}

void set_nonblocking(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK); }

bool may(int fd, short what) {
  pollfd waiting{fd, what, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

// The loop and the peer in one.
class Session {
 public:
  Session(const loop::Config& config, std::size_t send_buffer)
      : budget_(config.memory_budget),
        services_{config,  router_,        site().access_log,    site().diagnostics,
                  budget_, site().workers, site().finished_jobs, read_clocks()} {
    const auto date = http::format_date(services_.now.wall_s());
    services_.date.assign(date.data(), date.size());
    std::array<int, 2> ends{};
    DEMAND(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    peer_.reset(ends[1]);
    set_nonblocking(ends[0]);
    set_nonblocking(ends[1]);
    if (send_buffer > 0) {
      const int bytes = static_cast<int>(send_buffer);
      ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    }
    services_.ticket = ++site().sessions;
    connection_.emplace(UniqueFd(ends[0]), net::Address(), 1, services_.now);
  }

  void send(std::string_view piece) {
    while (!piece.empty() && !is_closed()) {
      const ssize_t count = ::send(peer_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN) return;
      if (count > 0) piece.remove_prefix(static_cast<std::size_t>(count));
      run();
    }
  }

  void end(End how) {
    if (how == End::kSilence) wait_in_vain();
    if (how == End::kStop && !is_closed()) connection_->finish_soon(services_);
    if (how == End::kClose) {
      peer_.reset();
    } else {
      ::shutdown(peer_.get(), SHUT_WR);
    }
    run();
    DEMAND(is_closed());
    connection_.reset();
    services_.idle_exchanges.clear();
    DEMAND(budget_.used() == 0);
  }

  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] const handlers::Router& router() const { return router_; }

 private:
  [[nodiscard]] bool is_closed() const {
    return !connection_ || connection_->state() == http::State::kClosed;
  }

  // Steps as the loop does, until nothing more happens.
  void run() {
    while (!is_closed() && (step() || receive())) {
    }
    while (receive()) {
    }
  }

  bool step() {
    if (connection_->wants_turn()) {
      connection_->go_on(services_);
      return true;
    }
    if (connection_->state() == http::State::kRespond) return resume();
    const int fd = connection_->fd();
    const auto interest = http::interest(connection_->state());
    if (interest == http::Interest::kReadable && may(fd, POLLIN)) {
      const ssize_t count = ::recv(fd, buffer_.data(), buffer_.size(), 0);
      if (count < 0) {
        connection_->break_off(services_);
      } else {
        services_.router.new_batch();
        connection_->receive(services_, {buffer_.data(), static_cast<std::size_t>(count)});
        buffer_.fill('#');
      }
      return true;
    }
    if (interest == http::Interest::kWritable && may(fd, POLLOUT)) {
      connection_->send(services_);
      return true;
    }
    return false;
  }

  // A worker has the answer, or a timer holds it back.
  bool resume() {
    const std::int64_t deadline = connection_->deadline_ms(services_.config.timeouts);
    if (deadline != http::kNever) {
      services_.now.mono_us = std::max(services_.now.mono_us, deadline * 1000);
      connection_->expire(services_);
      return true;
    }
    pollfd waiting{site().wake_up.fd(), POLLIN, 0};
    DEMAND(::poll(&waiting, 1, 60'000) == 1);
    site().wake_up.clear();
    for (auto& [ticket, job] : site().finished_jobs.take()) {
      // Those of earlier sessions are nobody's any more, and their router is gone.
      if (ticket != services_.ticket) continue;
      job->finish();
      connection_->resume(services_, *job);
    }
    return true;
  }

  // What the peer gets; whether it was anything.
  bool receive() {
    std::array<char, 64 * 1024> buffer;
    if (!peer_) return false;
    const ssize_t count = ::recv(peer_.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  // Patience ends once for the state, and once more for lingering after the answer that says so.
  void wait_in_vain() {
    for (int i = 0; i < 2 && !is_closed(); ++i) {
      const std::int64_t deadline = connection_->deadline_ms(services_.config.timeouts);
      DEMAND(deadline != http::kNever);
      services_.now.mono_us = std::max(services_.now.mono_us, deadline * 1000);
      connection_->expire(services_);
      run();
    }
    DEMAND(is_closed());
  }

  MemoryBudget budget_;
  handlers::Router router_{site().options, "own-name", site().root};
  loop::Services services_;
  std::array<char, 64 * 1024> buffer_{};
  UniqueFd peer_;
  std::optional<Connection> connection_;
  std::string received_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto end = static_cast<End>(input.choose(4));
  const std::size_t send_buffer = input.choose(1U << 16);
  loop::Config config;
  http::Limits& limits = config.limits;
  limits.max_request_line = input.limit(limits.max_request_line, 4096);
  limits.max_field_line = input.limit(limits.max_field_line, 4096);
  limits.max_head = input.limit(limits.max_head, 8192);
  limits.max_fields = input.limit(limits.max_fields, http::kMaxFields);
  limits.max_content = input.limit(limits.max_content, 1U << 20);
  const std::string_view bytes = input.payload();
  Session session(config, send_buffer);
  for (const std::string_view piece : fuzz::cut_by(input, bytes)) session.send(piece);
  session.end(end);
  // A stream does not go on when the server stops, and more may be unanswered than one request.
  const bool stops = end == End::kStop;
  const fuzz::Expected expected = fuzz::expect(bytes, limits, session.router());
  const auto answers = fuzz::read_answers(session.received(), expected,
                                          stops ? fuzz::Cut::kPossible : fuzz::Cut::kNever);
  DEMAND(answers.size() <= expected.answered.size() + 1);
  if (!stops) fuzz::demand_all_answered(answers, expected);
  return 0;
}
