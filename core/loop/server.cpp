#include "loop/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <thread>

#include "files/root.h"
#include "handlers/router.h"
#include "log/writer.h"
#include "loop/loop.h"
#include "net/listener.h"

namespace tinyserve::loop {

namespace {

using What = StartFailure::What;

// Descriptors that are no connections: listeners, epoll, log, the door, and files that are being
// sent.
constexpr std::size_t kReservedDescriptors = 64 + 64;

// As many connections as are wanted and RLIMIT_NOFILE leaves, with its soft limit raised to the
// hard one.
std::size_t connection_limit(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur == RLIM_INFINITY) return wanted;
  const std::size_t descriptors = limit.rlim_cur;
  const std::size_t left = descriptors > 2 * kReservedDescriptors
                               ? descriptors - kReservedDescriptors
                               : std::max<std::size_t>(descriptors / 2, 1);
  return std::min(wanted, left);
}

std::size_t worker_count(const Config& config) {
  if (config.workers > 0) return config.workers;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
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
  Impl(const Config& wanted, log::Diagnostics& told) : config(wanted), diagnostics(told) {}

  Config config;
  log::Diagnostics& diagnostics;
  std::size_t max_connections = 0;
  std::vector<std::string> addresses;
  std::vector<std::string> urls;
  std::uint16_t port = 0;
  bool hides_own_api = false;
  std::unique_ptr<log::Writer> writer;  // none: no records are wanted
  std::optional<files::Root> root;
  std::optional<handlers::Router> router;
  std::optional<Loop> loop;
  std::optional<WorkerPool> workers;  // ends first: its jobs come back to the loop
};

std::variant<Server, StartFailure> Server::open(const Config& config,
                                                log::Diagnostics& diagnostics) {
  auto impl = std::make_unique<Impl>(config, diagnostics);
  impl->max_connections = connection_limit(config.max_connections);
  auto root = files::Root::open(impl->config.files);
  if (!root) return StartFailure{What::kRoot, config.files.root, root.error()};
  impl->root = *std::move(root);

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
    auto writer = log::Writer::open(config.log.path, diagnostics, config.log.format);
    if (!writer) return StartFailure{What::kLog, config.log.path, writer.error()};
    impl->writer = *std::move(writer);
  }
  auto poller = net::Poller::open();
  if (!poller) return StartFailure{What::kSystem, {}, poller.error()};
  auto wake_up = WakeUp::open();
  if (!wake_up) return StartFailure{What::kSystem, {}, wake_up.error()};

  if (config.handlers.compression == handlers::Compression::kAuto) {
    impl->config.handlers.compression = serves_this_machine_only(listeners)
                                            ? handlers::Compression::kOff
                                            : handlers::Compression::kOn;
  }

  // Writing to a peer that is gone must be an error of that write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  impl->hides_own_api = config.handlers.api && impl->root->single_file().empty() &&
                        impl->root->find("api").has_value();
  impl->router.emplace(impl->config.handlers, own_host_name(), *impl->root);
  impl->workers.emplace(worker_count(config));
  impl->loop.emplace(impl->config, impl->max_connections, std::move(listeners), *std::move(poller),
                     *std::move(wake_up), *impl->router, *impl->workers, impl->writer.get(),
                     diagnostics);
  return Server(std::move(impl));
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
const std::string& Server::root() const { return impl_->root->path(); }
bool Server::serves_single_file() const { return !impl_->root->single_file().empty(); }
bool Server::hides_own_api() const { return impl_->hides_own_api; }
std::size_t Server::max_connections() const { return impl_->max_connections; }

Result<void> Server::run() {
  AccessLog& access_log = impl_->loop->access_log();
  access_log.listening(
      {read_clocks().wall_us, impl_->urls, impl_->port, impl_->root->path(), TINYSERVE_VERSION});
  access_log.hand_over();
  const auto ended = impl_->loop->run();
  access_log.stopping(read_clocks());
  access_log.hand_over();
  if (impl_->writer) impl_->writer->stop();
  return ended;
}

log::Summary Server::summary() const { return impl_->loop->access_log().summary(); }

void Server::stop() noexcept { impl_->loop->stop(); }

void Server::reopen_log() noexcept {
  if (impl_->writer) impl_->writer->request_reopen();
}

}  // namespace tinyserve::loop
