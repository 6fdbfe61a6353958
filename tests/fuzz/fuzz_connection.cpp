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
#include <vector>

#include "base/ascii.h"
#include "files/root.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/date.h"
#include "http/grammar.h"
#include "loop/connection.h"
#include "support/temp_tree.h"

using namespace tinyserve;
using http::RequestReader;
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

// What the requests in some bytes are, by the same rules as the connection's but without one: the
// methods in order, for the answer to HEAD has no content.
struct Expected {
  std::vector<http::Method> answered;
  http::Method unfinished = http::Method::kUnknown;  // of what is refused, or not there yet
  bool refused = false;
  bool tls = false;  // refused, and not even told so
};

Expected expect(std::string_view bytes, const http::Limits& limits,
                const handlers::Router& router) {
  Expected expected;
  MemoryBudget budget(1U << 30);
  RequestReader reader(limits, budget);
  reader.feed(bytes);
  while (true) {
    const RequestReader::Next next = reader.next();
    if (next == RequestReader::Next::kNeedMore || next == RequestReader::Next::kRefused) {
      expected.unfinished = http::parse_method(reader.head().method);
      expected.refused = next == RequestReader::Next::kRefused;
      expected.tls =
          expected.refused && expected.answered.empty() && reader.refusal().why == http::kTlsHello;
      return expected;
    }
    if (next == RequestReader::Next::kHead) {
      const auto admission = router.admit(reader.request());
      if (admission == handlers::Admission::kTake) {
        reader.take_content();
        continue;
      }
      if (admission == handlers::Admission::kSkip) {
        reader.skip_content();
        continue;
      }
    }
    expected.answered.push_back(reader.request().method);
    if (!reader.content_is_whole()) return expected;
    reader.finish();
  }
}

// An answer as its head announces it.
struct Head {
  int status = 0;
  std::optional<std::uint64_t> length;
  bool close = false;
};

void read_field(Head& head, std::string_view line) {
  const std::size_t colon = line.find(": ");
  DEMAND(colon != line.npos && colon > 0);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = line.substr(colon + 2);
  for (const char c : name) DEMAND(http::is_token_char(c));
  for (const char c : value) DEMAND(http::is_value_char(c));
  if (iequals(name, "Connection")) head.close = iequals(value, "close");
  if (!iequals(name, "Content-Length")) return;
  DEMAND(!head.length);
  head.length = parse_decimal(value);
  DEMAND(head.length);
}

// Reads the head that `text` begins with and takes it away.
Head take_head(std::string_view& text) {
  const std::size_t end = text.find("\r\n\r\n");
  DEMAND(end != text.npos);
  std::string_view lines = text.substr(0, end + 2);
  text.remove_prefix(end + 4);
  DEMAND(lines.starts_with("HTTP/1.1 ") && lines.size() > 13);
  Head head;
  head.status = static_cast<int>(parse_decimal(lines.substr(9, 3)).value_or(0));
  DEMAND(head.status >= 100 && head.status < 600);
  lines.remove_prefix(lines.find("\r\n") + 2);
  while (!lines.empty()) {
    const std::size_t size = lines.find("\r\n");
    read_field(head, lines.substr(0, size));
    lines.remove_prefix(size + 2);
  }
  return head;
}

bool has_content(const Head& head, const Expected& expected, std::size_t index) {
  if (head.status == 204 || head.status == 304) return false;
  const bool complete = index < expected.answered.size();
  return (complete ? expected.answered[index] : expected.unfinished) != http::Method::kHead;
}

// Goes through all that came back.
void check_answers(std::string_view text, const Expected& expected, End end) {
  std::size_t answers = 0;
  bool closed = false;
  while (!text.empty()) {
    DEMAND(!closed);
    const Head head = take_head(text);
    if (head.status < 200) {
      DEMAND(head.status == 100 && !head.length);
      continue;
    }
    DEMAND(head.length.has_value() == (head.status != 204 && head.status != 304));
    closed = head.close;
    if (has_content(head, expected, answers)) {
      DEMAND(*head.length <= text.size());
      text.remove_prefix(*head.length);
    }
    ++answers;
  }
  // One more than there are requests: for one that is refused, cut short or late.
  DEMAND(answers <= expected.answered.size() + 1);
  if (closed || end == End::kStop) return;
  DEMAND(answers == expected.answered.size() && expected.refused == expected.tls);
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
  check_answers(session.received(), expect(bytes, limits, session.router()), end);
  return 0;
}
