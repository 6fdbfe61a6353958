#include "cmd/startup.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/ascii.h"
#include "base/human.h"
#include "cmd/lan.h"
#include "cmd/nearest.h"
#include "cmd/port_holder.h"
#include "cmd/printable.h"
#include "cmd/values.h"

namespace tinyserve::cmd {
namespace {

constexpr int kPortTries = 100;  // how far to go from a port that is taken
constexpr std::uint16_t kFirstUnprivilegedPort = 1024;

// The system's words in the middle of a sentence: "permission denied".
std::string reason(const Error& error) {
  std::string text = error.code.message();
  if (!text.empty()) text[0] = to_lower(text[0]);
  return text;
}

// The entry beside `path` whose name is closest, written as `path` is ("./sit" gives "./site");
// empty when none is.
std::string nearest_sibling(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.parent_path();
  std::vector<std::string> names;
  std::error_code ignored;  // a directory that cannot be read has no suggestion to make
  auto entry = std::filesystem::directory_iterator(parent.empty() ? "." : parent, ignored);
  for (; !ignored && entry != std::filesystem::directory_iterator(); entry.increment(ignored)) {
    names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  const std::string name = nearest(path.filename().string(), names);
  return name.empty() ? name : (parent / name).string();
}

std::string explain_root(const Error& error, std::string root) {
  while (root.size() > 1 && root.back() == '/') root.pop_back();
  std::error_code ignored;
  if (error.is(ENOENT) && std::filesystem::is_symlink(root, ignored)) {
    return "cannot serve " + in_quotes(root) + ": it is a symbolic link that leads nowhere";
  }
  if (error.is(ENOENT)) {
    const std::string text = "there is no directory or file " + in_quotes(root);
    const std::string meant = nearest_sibling(root);
    return meant.empty() ? text + "; name what to serve: tinyserve ROOT"
                         : text + "; did you mean " + in_quotes(meant) + "?";
  }
  const std::string text = "cannot serve " + in_quotes(root) + ": ";
  if (error.is(ENOTDIR)) return text + "a part of this path is a file and not a directory";
  if (error.is(EACCES))
    return text + "permission denied; it must be readable for the user who runs tinyserve";
  return text + reason(error) + "; name a directory or a regular file";
}

// Who listens where `failure` could not.
std::string holder_of(const loop::StartFailure& failure, std::uint16_t port) {
  std::string_view address = failure.subject;  // "127.0.0.1:8080", "[::1]:8080"
  address = address.substr(0, address.rfind(':'));
  if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
  return port_holder(std::string(address), port);
}

// For a try whose outcome alone is of interest.
class NoDiagnostics final : public log::Diagnostics {
  void report(log::Severity /*severity*/, std::string_view /*text*/) override {}
};

// A port that is free on all addresses of `config`, as near above its own as possible; of the
// reserved ones none, because others than root could not have it.
std::optional<std::uint16_t> find_free_port(loop::Config config) {
  NoDiagnostics nobody;
  config.log.format = log::Format::kNone;
  std::uint16_t& port = config.net.port;
  if (port < kFirstUnprivilegedPort) port = net::Options().port - 1;
  for (int tries = 0; tries < kPortTries && port < UINT16_MAX; ++tries) {
    ++port;
    const auto opened = loop::Server::open(config, nobody);
    if (std::holds_alternative<loop::Server>(opened)) return port;
  }
  return std::nullopt;
}

std::string explain_taken(const loop::StartFailure& failure, const loop::Config& config) {
  const std::string holder = holder_of(failure, config.net.port);
  const std::string text = holder.empty() ? "the address is already in use" : "taken by " + holder;
  const auto port = find_free_port(config);
  if (!port) return text + "; try --port 0 for any free one";
  return text + "; try --port " + std::to_string(*port) + ", or --port 0 for any free one";
}

std::string explain_listen(const loop::StartFailure& failure, const loop::Config& config) {
  const Error& error = failure.error;
  const std::string text = "cannot listen on " + failure.subject + ": ";
  if (error.is(EADDRINUSE)) return text + explain_taken(failure, config);
  if (error.is(EACCES) && config.net.port < kFirstUnprivilegedPort) {
    return text + "ports below 1024 are reserved for root; try --port 8080";
  }
  if (error.is(EADDRNOTAVAIL)) {
    return text + "this machine does not have this address; 'ip address' lists those it has";
  }
  if (error.is(EAFNOSUPPORT))
    return text + "this machine does not have this kind of address; try --bind 127.0.0.1";
  return text + reason(error);
}

std::string explain_log(const Error& error, const std::string& path) {
  const std::string text = "cannot open the log file " + in_quotes(path) + ": ";
  if (error.is(ENOENT))
    return text + "its directory does not exist; create it or name another --log-file";
  if (error.is(EISDIR)) return text + "it is a directory; name a file in it";
  return text + reason(error) + "; name another --log-file";
}

// What a socket must be to be served on, as errors of an inherited one say it.
std::string explain_inherited(const loop::StartFailure& failure) {
  const std::string text = "cannot listen on the inherited descriptor " + failure.subject + ": ";
  if (failure.error.is(ENOTSOCK)) return text + "it is not a socket";
  if (failure.error.is(EPROTOTYPE))
    return text + "it is not a stream socket; a socket unit needs ListenStream=";
  if (failure.error.is(EAFNOSUPPORT))
    return text + "it is not an IP socket; a socket unit needs ListenStream= with a port";
  if (failure.error.is(EINVAL)) return text + "it does not listen; a socket unit needs Accept=no";
  return text + reason(failure.error);
}

// Who can reach what is bound, or empty when only this machine can.
std::string explain_exposure(const std::vector<std::string>& addresses) {
  const auto exposed = std::find_if_not(addresses.begin(), addresses.end(), is_loopback);
  if (exposed == addresses.end()) return {};
  const bool everywhere = *exposed == "0.0.0.0" || *exposed == "::";
  return "listening on " + *exposed + ": whoever can reach this machine over " +
         (everywhere ? "any of its networks" : "that network") + " can read what is served";
}

// Changes what nobody has asked for, so that another try may succeed; false: there is nothing to
// be changed.
bool give_way(const loop::StartFailure& failure, Settings& settings) {
  if (failure.what != loop::StartFailure::What::kListen) return false;
  net::Options& net = settings.config.net;
  if (failure.error.is(EAFNOSUPPORT) && settings.lan && net.addresses.size() > 1) {
    net.addresses.pop_back();
    return true;
  }
  if (!failure.error.is(EADDRINUSE) || settings.asks_for_port) return false;
  ++net.port;
  return true;
}

// The URLs that other devices can use, of the families that are listened on.
std::vector<std::string> lan_urls(const loop::Server& server) {
  const auto& bound = server.addresses();
  const bool has_ipv6 = std::find(bound.begin(), bound.end(), "::") != bound.end();
  std::vector<std::string> urls;
  for (const std::string& address : reachable_addresses()) {
    const bool is_ipv6 = address.find(':') != std::string::npos;
    if (is_ipv6 && !has_ipv6) continue;
    urls.push_back(server.url_at(address));
  }
  return urls;
}

Notice explain_connections(std::size_t max_connections, const Settings& settings) {
  // Our own default is nobody's wish: less of it is worth a word only to those who want to know
  // everything.
  return {settings.asks_for_connections ? log::Severity::kWarning : log::Severity::kDebug,
          "at most " + std::to_string(max_connections) + " connections at once, not " +
              std::to_string(settings.config.max_connections) +
              ": raise the limit of open files (ulimit -n) for more"};
}

std::string explain_memory(const loop::MemoryBound& memory) {
  std::string text = "memory stays below " + human_size(memory.total()) + ": " +
                     std::to_string(memory.connections) + " connections x " +
                     human_size(memory.connection) + ", " + human_size(memory.under_way) +
                     " for what they ask for, " + human_size(memory.kept) + " of answers kept, ";
  if (memory.compressing > 0) text += human_size(memory.compressing) + " for compressing, ";
  return text + human_size(memory.rest) + " for the rest";
}

}  // namespace

std::variant<loop::Server, loop::StartFailure> open_server(Settings& settings,
                                                           log::Diagnostics& diagnostics) {
  auto opened = loop::Server::open(settings.config, diagnostics);
  for (int tries = 0; tries < kPortTries; ++tries) {
    const auto* failure = std::get_if<loop::StartFailure>(&opened);
    if (failure == nullptr || !give_way(*failure, settings)) break;
    opened = loop::Server::open(settings.config, diagnostics);
  }
  return opened;
}

std::string explain(const loop::StartFailure& failure, const Settings& settings) {
  using What = loop::StartFailure::What;
  switch (failure.what) {
    case What::kRoot:
      return explain_root(failure.error, settings.config.files.root);
    case What::kAddress:
      return in_quotes(failure.subject) +
             " is not an IP address; --bind takes one such as 127.0.0.1, 0.0.0.0 or ::1";
    case What::kListen:
      return explain_listen(failure, settings.config);
    case What::kInherited:
      return explain_inherited(failure);
    case What::kLog:
      return explain_log(failure.error, failure.subject);
    case What::kSystem:
      break;
  }
  return "cannot start: " + std::string(failure.error.operation) + ": " + reason(failure.error);
}

Started describe(const loop::Server& server, const Settings& settings) {
  Started started;
  started.root = server.root();
  started.addresses = server.addresses();
  started.urls = server.urls();
  if (settings.lan) started.lan_urls = lan_urls(server);
  started.is_single_file = server.serves_single_file();
  started.hides_own_api = server.hides_own_api();
  started.port = server.port();
  started.memory = server.memory_bound();
  if (settings.config.threads > 1)
    started.processors = std::max(std::thread::hardware_concurrency(), 1U);
  return started;
}

std::vector<Notice> announce(const Started& started, const Settings& settings) {
  std::vector<Notice> notices;
  const std::string exposure = explain_exposure(started.addresses);
  if (!exposure.empty()) notices.push_back({log::Severity::kWarning, exposure});
  if (settings.config.handlers.writable) {
    notices.push_back(
        {log::Severity::kWarning, started.is_single_file
                                      ? "--writable is for a directory: a single file is only read"
                                      : "clients may change and remove files: --writable"});
  }
  if (settings.lan && started.lan_urls.empty()) {
    notices.push_back(
        {log::Severity::kWarning, "no other device can connect: this machine is on no network"});
  }
  if (started.hides_own_api) {
    notices.push_back(
        {log::Severity::kInfo, "ROOT has an api/ of its own, hidden by ours; --no-api shows it"});
  }
  if (started.memory.connections < settings.config.max_connections) {
    notices.push_back(explain_connections(started.memory.connections, settings));
  }
  if (settings.config.threads > 1) {
    notices.push_back(
        {log::Severity::kDebug, std::to_string(settings.config.threads) +
                                    " threads answer requests; there are processors for " +
                                    std::to_string(started.processors)});
  }
  const std::uint16_t wanted_port = net::Options().port;
  const bool has_choice = !settings.asks_for_port && settings.config.net.inherited.empty();
  if (has_choice && started.port != wanted_port) {
    notices.push_back({log::Severity::kInfo, "port " + std::to_string(wanted_port) +
                                                 " is taken; using " +
                                                 std::to_string(started.port)});
  }
  notices.push_back({log::Severity::kDebug, explain_memory(started.memory)});
  notices.push_back({log::Severity::kInfo, "serving " + started.root});
  for (const std::string& url : started.urls) notices.push_back({log::Severity::kInfo, url});
  for (const std::string& url : started.lan_urls) notices.push_back({log::Severity::kInfo, url});
  if (!settings.runs_command) notices.push_back({log::Severity::kInfo, "press Ctrl-C to stop"});
  return notices;
}

}  // namespace tinyserve::cmd
