// server.h — the library's front door: open, listen, run until stopped (a public header).
//
//   auto server = tinyserve::loop::Server::open(config, diagnostics);
//   if (auto* failure = std::get_if<StartFailure>(&server)) ...
//   std::get<Server>(server).run();
//
// A Server is used by one thread, apart from stop() and reopen_log(), which any thread or signal
// handler may call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "log/diagnostics.h"
#include "log/summary.h"
#include "loop/config.h"

namespace tinyserve::loop {

// Why a server could not start. `subject` is what it is about: a path, an address with its port, or
// the number of an inherited descriptor.
struct StartFailure {
  enum class What : std::uint8_t { kRoot, kAddress, kListen, kInherited, kLog, kSystem } what;
  std::string subject;
  Error error;
};

// What a server's memory may come to, in bytes, whatever its clients do.
struct MemoryBound {
  std::size_t connections = 0;  // how many there may be
  std::size_t connection = 0;   // each, beside what it asks for
  std::size_t under_way = 0;    // requests and answers of all of them: Config::memory_budget
  std::size_t kept = 0;         // answers for whoever comes next
  std::size_t compressing = 0;  // files on their way through an encoder
  std::size_t rest = 0;         // the program, buffers, the log

  [[nodiscard]] std::size_t total() const {
    return connections * connection + under_way + kept + compressing + rest;
  }
};

class Server {
 public:
  // Opens root and log and listens; nothing is accepted before run(). `diagnostics` must outlive
  // the server. kAddress: the text is no IP address (EINVAL). kInherited: the descriptor is not
  // open (EBADF), no socket (ENOTSOCK), no stream (EPROTOTYPE), of another family than IPv4 and
  // IPv6 (EAFNOSUPPORT), or does not listen (EINVAL). Raises the soft limit of descriptors to the
  // hard one, and ignores SIGPIPE for the process. Throws std::bad_alloc.
  [[nodiscard]] static std::variant<Server, StartFailure> open(const Config& config,
                                                               log::Diagnostics& diagnostics);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  // The port, one for all addresses; of inherited sockets the first one's.
  [[nodiscard]] std::uint16_t port() const;
  // The IP addresses that are listened on, as text without ports.
  [[nodiscard]] const std::vector<std::string>& addresses() const;
  // Where the server can be reached, best first: "http://localhost:8080/" when both loopback
  // addresses are bound, otherwise one URL for each bound address ("http://[::1]:8080/"; localhost
  // for the unspecified ones).
  [[nodiscard]] const std::vector<std::string>& urls() const;
  // The URL for whoever reaches this machine at the IP address `address`: "http://[fd00::2]:8080/".
  [[nodiscard]] std::string url_at(const std::string& address) const;
  // The absolute path of what is served; whether it is a single file; whether its own `api` is
  // hidden by ours.
  [[nodiscard]] const std::string& root() const;
  [[nodiscard]] bool serves_single_file() const;
  [[nodiscard]] bool hides_own_api() const;
  // How many connections may be open at once: Config::max_connections, or less where RLIMIT_NOFILE
  // leaves less.
  [[nodiscard]] std::size_t max_connections() const;
  [[nodiscard]] MemoryBound memory_bound() const;

  // Serves until stop() was called and what was running has ended, on the caller's thread and on
  // Config::threads - 1 further ones; the first line of the log is the listening event, the last
  // one the stopping event. Fails only when epoll itself does, for any of them, or when the system
  // allows no more threads (EAGAIN). Throws std::bad_alloc where there is no memory for those
  // events; while it serves, running out of memory ends connections, not this.
  [[nodiscard]] Result<void> run();

  // What was served so far: not while run() runs. Percentiles and tables are empty without
  // log::Options::summary.
  [[nodiscard]] log::Summary summary() const;

  // Asks run() to stop accepting, to let running answers end (Timeouts::stop_ms) and to return.
  // Async-signal-safe.
  void stop() noexcept;
  // Asks for the log file to be opened anew. Async-signal-safe.
  void reopen_log() noexcept;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tinyserve::loop
