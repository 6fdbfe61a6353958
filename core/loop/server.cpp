#include "loop/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <deque>
#include <exception>
#include <new>
#include <optional>
#include <system_error>
#include <thread>

#include "base/thread.h"
#include "files/root.h"
#include "handlers/compressed_answer.h"
#include "handlers/compressions.h"
#include "handlers/router.h"
#include "log/writer.h"
#include "loop/commons.h"
#include "loop/loop.h"
#include "net/listener.h"

namespace tinyserve::loop {

namespace {

using What = StartFailure::What;

// Descriptors that are no connections: of one loop, and of the log, the door, and files that are
// being sent. A further loop has listeners, epoll, its timer, its wake-up, a spare one, the root,
// a directory, and the files that its cache holds open.
constexpr std::size_t kReservedDescriptors = 64 + 64;
constexpr std::size_t kDescriptorsOfALoop = 16 + handlers::AnswerCache::kMostFiles;

// Measured with room to spare: a connection with the most fields that a request may have, the
// program with its libraries, what a loop has for itself.
constexpr std::size_t kConnectionBytes = 8 * 1024;
constexpr std::size_t kProgramBytes = 16U << 20;
constexpr std::size_t kLoopBytes = 1U << 20;

// As many connections as are wanted and RLIMIT_NOFILE leaves beside `loops` loops, with its soft
// limit raised to the hard one.
std::size_t connection_limit(std::size_t wanted, std::size_t loops) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur == RLIM_INFINITY) return wanted;
  const std::size_t descriptors = limit.rlim_cur;
  const std::size_t reserved = kReservedDescriptors + (loops - 1) * kDescriptorsOfALoop;
  const std::size_t left = descriptors > 2 * reserved ? descriptors - reserved
                                                      : std::max<std::size_t>(descriptors / 2, 1);
  return std::min(wanted, left);
}

std::string own_host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

// `host` is a name or the text of an address (RFC 3986 §3.2.2).
std::string url_of(std::string_view host, std::uint16_t port) {
  const bool is_ipv6 = host.find(':') != host.npos;
  std::string url = "http://";
  url.append(is_ipv6 ? "[" : "").append(host).append(is_ipv6 ? "]" : "");
  if (port != 80) url += ":" + std::to_string(port);
  return url + "/";
}

// The URLs of addresses that have one port.
std::vector<std::string> urls_with_port(std::uint16_t port,
                                        const std::vector<net::Address>& addresses) {
  std::vector<std::string> urls;
  const auto any = [&addresses](auto test) {
    return std::any_of(addresses.begin(), addresses.end(), test);
  };
  // `localhost` may be resolved to either family, so it is only named where both will answer.
  const auto answers = [&any](bool ipv6) {
    return any([ipv6](const net::Address& address) {
      return address.is_ipv6() == ipv6 && (address.is_loopback() || address.is_unspecified());
    });
  };
  const bool local = answers(false) && answers(true);
  const bool wide = any([](const net::Address& address) { return address.is_unspecified(); });
  if (local || wide) urls.push_back(url_of("localhost", port));
  for (const net::Address& address : addresses) {
    if (address.is_unspecified() || (local && address.is_loopback())) continue;
    urls.push_back(url_of(address.host(), port));
  }
  return urls;
}

// Sockets that were handed over may differ in their ports; the first one's comes first.
std::vector<std::string> urls_of(const std::vector<net::Listener>& listeners) {
  std::vector<std::uint16_t> ports;
  std::vector<std::string> urls;
  for (const net::Listener& first : listeners) {
    const std::uint16_t port = first.address.port();
    if (std::find(ports.begin(), ports.end(), port) != ports.end()) continue;
    ports.push_back(port);
    std::vector<net::Address> addresses;
    for (const net::Listener& listener : listeners) {
      if (listener.address.port() == port) addresses.push_back(listener.address);
    }
    for (std::string& url : urls_with_port(port, addresses)) urls.push_back(std::move(url));
  }
  return urls;
}

bool serves_this_machine_only(const std::vector<net::Listener>& listeners) {
  return std::all_of(listeners.begin(), listeners.end(),
                     [](const net::Listener& listener) { return listener.address.is_loopback(); });
}

What what_of(const net::ListenFailure& failure) {
  switch (failure.what) {
    case net::ListenFailure::What::kAddress:
      return What::kAddress;
    case net::ListenFailure::What::kInherited:
      return What::kInherited;
    case net::ListenFailure::What::kListen:
      break;
  }
  return What::kListen;
}

}  // namespace

struct Server::Impl {
  // One loop and what it alone uses.
  struct Lane {
    Lane(Impl& server, files::Root own_root, std::vector<net::Listener> listeners,
         net::Poller poller, WakeUp wake_up)
        : root(std::move(own_root)),
          router(server.config.handlers, own_host_name(), root),
          loop(server.config, *server.commons, std::move(listeners), std::move(poller),
               std::move(wake_up), router, *server.workers, server.writer.get(),
               server.diagnostics) {}

    files::Root root;
    handlers::Router router;
    Loop loop;
  };

  // What a loop came to.
  struct End {
    Result<void> result;
    std::exception_ptr exception;
  };

  Impl(const Config& wanted, log::Diagnostics& told) : config(wanted), diagnostics(told) {}
  Result<void> add_lanes(files::Root root, std::vector<net::Listener> listeners);
  Result<void> add_lane(files::Root root, std::vector<net::Listener> listeners);
  Result<void> run_lanes();
  [[nodiscard]] End run_until_all_end(Loop& loop) noexcept;
  void stop() noexcept;
  [[nodiscard]] const files::Root& root() const { return lanes.front().root; }

  Config config;
  log::Diagnostics& diagnostics;
  std::vector<std::string> addresses;
  std::vector<std::string> urls;
  std::uint16_t port = 0;
  bool hides_own_api = false;
  std::unique_ptr<log::Writer> writer;  // none: no records are wanted
  std::optional<Commons> commons;
  std::deque<Lane> lanes;             // at least one; none moves
  std::optional<WorkerPool> workers;  // ends first: its jobs come back to the loops
};

std::variant<Server, StartFailure> Server::open(const Config& config,
                                                log::Diagnostics& diagnostics) {
  auto impl = std::make_unique<Impl>(config, diagnostics);
  const std::size_t loops = std::max<std::size_t>(config.threads, 1);
  impl->commons.emplace(connection_limit(config.max_connections, loops), config.memory_budget,
                        loops);
  auto root = files::Root::open(impl->config.files);
  if (!root) return StartFailure{What::kRoot, config.files.root, root.error()};

  auto listened = net::listen_on_all(impl->config.net);
  if (const auto* failure = std::get_if<net::ListenFailure>(&listened)) {
    return StartFailure{what_of(*failure), failure->subject, failure->error};
  }
  auto& listeners = *std::get_if<std::vector<net::Listener>>(&listened);
  impl->port = listeners.front().address.port();
  impl->urls = urls_of(listeners);
  for (const net::Listener& listener : listeners)
    impl->addresses.push_back(listener.address.host());

  if (config.log.format != log::Format::kNone) {
    const auto pushers = loops > 1 ? log::Pushers::kSeveral : log::Pushers::kOne;
    auto writer = log::Writer::open(config.log.path, diagnostics, config.log.format, pushers);
    if (!writer) return StartFailure{What::kLog, config.log.path, writer.error()};
    impl->writer = *std::move(writer);
  }

  if (config.handlers.compression == handlers::Compression::kAuto) {
    impl->config.handlers.compression = serves_this_machine_only(listeners)
                                            ? handlers::Compression::kOff
                                            : handlers::Compression::kOn;
  }

  // Writing to a peer that is gone must be an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  impl->hides_own_api =
      config.handlers.api && root->single_file().empty() && root->find("api").has_value();
  impl->workers.emplace(config.workers);
  if (const auto added = impl->add_lanes(*std::move(root), std::move(listeners)); !added)
    return StartFailure{What::kSystem, {}, added.error()};
  return Server(std::move(impl));
}

// As many as there are loops: one with `root` and `listeners`, the others with their likes.
Result<void> Server::Impl::add_lanes(files::Root root, std::vector<net::Listener> listeners) {
  const bool inherited = !config.net.inherited.empty();
  for (std::size_t further = 1; further < commons->loops; ++further) {
    auto other_root = root.duplicate();
    if (!other_root) return other_root.error();
    std::vector<net::Listener> others;
    for (const net::Listener& listener : listeners) {
      auto other = inherited ? net::adopt(listener.fd.get()) : net::listen_beside(listener);
      if (!other) return other.error();
      others.push_back(*std::move(other));
    }
    if (const auto added = add_lane(*std::move(other_root), std::move(others)); !added)
      return added;
  }
  return add_lane(std::move(root), std::move(listeners));
}

Result<void> Server::Impl::add_lane(files::Root root, std::vector<net::Listener> listeners) {
  auto poller = net::Poller::open();
  if (!poller) return poller.error();
  auto wake_up = WakeUp::open();
  if (!wake_up) return wake_up.error();
  lanes.emplace_back(*this, std::move(root), std::move(listeners), *std::move(poller),
                     *std::move(wake_up));
  return {};
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

std::uint16_t Server::port() const { return impl_->port; }
const std::vector<std::string>& Server::addresses() const { return impl_->addresses; }
const std::vector<std::string>& Server::urls() const { return impl_->urls; }
std::string Server::url_at(const std::string& address) const {
  return url_of(address, impl_->port);
}
const std::string& Server::root() const { return impl_->root().path(); }
bool Server::serves_single_file() const { return !impl_->root().single_file().empty(); }
bool Server::hides_own_api() const { return impl_->hides_own_api; }
std::size_t Server::max_connections() const { return impl_->commons->places.most(); }

MemoryBound Server::memory_bound() const {
  const Config& config = impl_->config;
  const std::size_t loops = impl_->commons->loops;
  MemoryBound bound;
  bound.connections = max_connections();
  bound.connection = kConnectionBytes;
  bound.under_way = config.memory_budget;
  bound.kept = loops * handlers::AnswerCache::kMostBytes;
  if (config.handlers.compression != handlers::Compression::kOff) {
    bound.kept += loops * handlers::Compressions::kMostBytes;
    const std::size_t encoders = handlers::kMostStreams + impl_->workers->most_threads();
    bound.compressing = encoders * handlers::kEncoderBytes;
  }
  bound.rest = kProgramBytes + loops * kLoopBytes;
  return bound;
}

Result<void> Server::run() {
  AccessLog& access_log = impl_->lanes.front().loop.access_log();
  access_log.listening(
      {read_clocks().wall_us, impl_->urls, impl_->port, impl_->root().path(), TINYSERVE_VERSION});
  access_log.hand_over();
  const auto ended = impl_->run_lanes();
  for (std::size_t i = 1; i < impl_->lanes.size(); ++i) {
    access_log.absorb(impl_->lanes[i].loop.access_log());
  }
  access_log.stopping(read_clocks());
  access_log.hand_over();
  if (impl_->writer) impl_->writer->stop();
  return ended;
}

// Runs the first loop on the caller's thread, each of the others on its own, until all have ended.
Result<void> Server::Impl::run_lanes() {
  std::vector<End> ends(lanes.size());
  std::vector<std::thread> threads;
  threads.reserve(lanes.size());  // a thread that has been started must find its place
  Result<void> result;
  try {
    for (std::size_t i = 1; i < lanes.size(); ++i) {
      threads.push_back(start_thread(
          [this, &loop = lanes[i].loop, &end = ends[i]] { end = run_until_all_end(loop); }));
    }
  } catch (const std::system_error& error) {
    result = Error{error.code(), "start a thread"};
    stop();
  } catch (const std::bad_alloc&) {
    result = fail("start a thread", ENOMEM);
    stop();
  }
  ends.front() = run_until_all_end(lanes.front().loop);
  for (std::thread& thread : threads) thread.join();
  for (const End& end : ends) {
    if (end.exception) std::rethrow_exception(end.exception);
    if (!end.result && result) result = end.result;
  }
  return result;
}

// However one ends, the others are to end with it.
Server::Impl::End Server::Impl::run_until_all_end(Loop& loop) noexcept {
  End end;
  try {
    end.result = loop.run();
  } catch (...) {
    end.exception = std::current_exception();
  }
  stop();
  return end;
}

void Server::Impl::stop() noexcept {
  for (Lane& lane : lanes) lane.loop.stop();
}

log::Summary Server::summary() const { return impl_->lanes.front().loop.access_log().summary(); }

void Server::stop() noexcept { impl_->stop(); }

void Server::reopen_log() noexcept {
  if (impl_->writer) impl_->writer->request_reopen();
}

}  // namespace tinyserve::loop
