#include "cmd/settings.h"

#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/check.h"
#include "cmd/config_file.h"
#include "cmd/flags.h"
#include "cmd/values.h"

namespace tinyserve::cmd {
namespace {

// "auto|always|never" as "auto, always or never".
std::string in_words(std::string_view choices) {
  std::string words(choices);
  const std::size_t last = words.rfind('|');
  if (last != std::string::npos) words.replace(last, 1, " or ");
  for (std::size_t bar = words.find('|'); bar != std::string::npos; bar = words.find('|')) {
    words.replace(bar, 1, ", ");
  }
  return words;
}

// Reads values by the flag's name and remembers the first complaint, so that interpret() can be one
// line per flag.
class Reader {
 public:
  explicit Reader(const RawOptions& raw) : raw_(raw) {}

  [[nodiscard]] bool has(std::string_view name) const {
    TS_CHECK(find_flag(name) != nullptr);
    return raw_.contains(name);
  }
  [[nodiscard]] bool is_on(std::string_view name) const {
    return has(name) && raw_.at(name).texts.back() == "1";
  }

  // Where `name` was written, as a person would look for it; empty: nowhere.
  [[nodiscard]] std::string source(std::string_view name) const {
    return has(name) ? raw_.at(name).source : std::string{};
  }

  // The last value given, or `fallback`.
  template <class T>
  [[nodiscard]] T one(std::string_view name, T fallback, Parsed<T> (*parse)(std::string_view)) {
    if (!has(name) || raw_.at(name).texts.empty()) return fallback;
    return accept(name, parse(raw_.at(name).texts.back()), std::move(fallback));
  }

  // All values given, or `fallback`.
  template <class T>
  [[nodiscard]] std::vector<T> list(std::string_view name, std::vector<T> fallback,
                                    Parsed<T> (*parse)(std::string_view)) {
    if (!has(name) || raw_.at(name).texts.empty()) return fallback;
    std::vector<T> values;
    for (const std::string& text : raw_.at(name).texts) {
      values.push_back(accept(name, parse(text), T{}));
    }
    return values;
  }

  // What the last value given means, or the first of `meanings`; the table names the same choices.
  template <class T>
  [[nodiscard]] T choice(std::string_view name,
                         std::initializer_list<std::pair<std::string_view, T>> meanings) {
    const T fallback = meanings.begin()->second;
    if (!has(name)) return fallback;
    const std::vector<std::string>& texts = raw_.at(name).texts;
    // A flag whose value may be left out can be switched off by 0 or false, too: no value is left.
    const std::string text = texts.empty() ? "off" : texts.back();
    for (const auto& [choice, meaning] : meanings) {
      if (text == choice) return meaning;
    }
    return accept<T>(name, Complaint{"'" + text + "' is not " + in_words(find_flag(name)->choices)},
                     fallback);
  }

  // Whether the switch `name` is on and `rival`, which is given, does not outvote it: the weightier
  // layer has the word; within one of them the two contradict each other.
  [[nodiscard]] bool is_on_despite(std::string_view name, std::string_view rival) {
    if (!is_on(name)) return false;
    if (!has(rival)) return true;
    const RawValues& wanted = raw_.at(name);
    const RawValues& other = raw_.at(rival);
    if (wanted.layer == other.layer) {
      note({wanted.source + " contradicts " + other.source + "; leave one out"});
    }
    return wanted.layer < other.layer;
  }

  [[nodiscard]] Verbosity verbosity() {
    if (!is_on("verbose")) return is_on("quiet") ? Verbosity::kQuiet : Verbosity::kNormal;
    return is_on_despite("quiet", "verbose") ? Verbosity::kQuiet : Verbosity::kVerbose;
  }

  [[nodiscard]] const std::optional<UsageError>& complaint() const { return complaint_; }

 private:
  template <class T>
  T accept(std::string_view name, Parsed<T> parsed, T fallback) {
    if (auto* value = std::get_if<T>(&parsed)) return std::move(*value);
    note({raw_.at(name).source + ": " + std::get<Complaint>(parsed).text});
    return fallback;
  }

  void note(UsageError error) {
    if (!complaint_) complaint_ = std::move(error);
  }

  const RawOptions& raw_;
  std::optional<UsageError> complaint_;
};

// The addresses to bind, each once. `localhost` alone is the library's own default, whose ::1 may
// be missing.
std::vector<std::string> expand_addresses(const std::vector<std::string>& given) {
  std::vector<std::string> addresses;
  const auto add = [&addresses](const std::string& address) {
    const auto known = std::find(addresses.begin(), addresses.end(), address);
    if (known == addresses.end()) addresses.push_back(address);
  };
  for (const std::string& address : given) {
    if (address != "localhost") {
      add(address);
      continue;
    }
    add("127.0.0.1");
    add("::1");
  }
  const bool only_localhost =
      std::all_of(given.begin(), given.end(),
                  [](const std::string& address) { return address == "localhost"; });
  return only_localhost ? std::vector<std::string>{} : addresses;
}

std::optional<UsageError> check_root(const std::string& root) {
  const bool is_number = std::all_of(root.begin(), root.end(), is_digit);
  if (!is_number || ::access(root.c_str(), F_OK) == 0) return std::nullopt;
  return UsageError{"there is no directory '" + root + "'; for the port write --port " + root};
}

}  // namespace

std::variant<Settings, UsageError> interpret(const RawOptions& raw) {
  Settings settings;
  loop::Config& config = settings.config;
  Reader read(raw);

  static_cast<void>(read.one("config", std::string{}, parse_path));  // it has been read by now
  config.files.root = read.one("root", config.files.root, parse_path);
  config.files.follow_symlinks = read.is_on("follow-symlinks");
  config.handlers.index_names = read.list("index", config.handlers.index_names, parse_file_name);
  config.handlers.listing = !read.is_on("no-listing");
  config.handlers.dotfiles = read.is_on("dotfiles");
  config.handlers.writable = read.is_on("writable");
  config.handlers.api = !read.is_on("no-api");
  config.handlers.spa = read.one("spa", config.handlers.spa, parse_path_in_root);
  config.handlers.clean_urls = read.is_on("clean-urls");
  config.handlers.media_types = read.list("mime", config.handlers.media_types, parse_media_type);
  config.handlers.file_cache = !read.is_on("no-file-cache");
  config.handlers.cache_control = read.one("cache", config.handlers.cache_control, parse_cache);
  config.handlers.headers = read.list("header", config.handlers.headers, parse_header);
  config.handlers.cors_origins = read.list("cors", config.handlers.cors_origins, parse_origin);
  config.handlers.compression =
      read.choice<handlers::Compression>("compress", {{"auto", handlers::Compression::kAuto},
                                                      {"on", handlers::Compression::kOn},
                                                      {"off", handlers::Compression::kOff}});
  config.handlers.isolate = read.is_on("isolate");
  config.handlers.allowed_hosts = read.list("allow-host", {}, parse_host);
  config.net.port = read.one("port", config.net.port, parse_port);
  config.net.addresses = expand_addresses(read.list("bind", {}, parse_address));
  settings.lan = read.is_on_despite("lan", "bind");
  if (settings.lan) config.net.addresses = {"0.0.0.0", "::"};
  config.max_connections = read.one("max-connections", config.max_connections, parse_count);
  config.threads = read.one("threads", config.threads, parse_threads);
  config.workers = read.one("workers", config.workers, parse_threads);
  config.limits.max_content = read.one("max-body", config.limits.max_content, parse_bytes);
  config.timeouts.head_ms =
      read.one("header-timeout", config.timeouts.head_ms, parse_positive_seconds);
  config.timeouts.keep_alive_ms =
      read.one("keep-alive-timeout", config.timeouts.keep_alive_ms, parse_seconds);
  config.log.format = read.choice<log::Format>("log-format", {{"json", log::Format::kJson},
                                                              {"pretty", log::Format::kPretty},
                                                              {"combined", log::Format::kCombined},
                                                              {"common", log::Format::kCommon},
                                                              {"none", log::Format::kNone}});
  config.log.path = read.one("log-file", config.log.path, parse_path);
  config.log.ignored = read.list("log-ignore", {}, parse_pattern);
  settings.color = read.choice<Color>(
      "color", {{"auto", Color::kAuto}, {"always", Color::kAlways}, {"never", Color::kNever}});
  settings.verbosity = read.verbosity();
  settings.opens_browser = read.is_on("open");
  settings.asks_for_connections = read.has("max-connections");
  settings.asks_for_port = read.has("port");
  settings.place_asked_by = read.source(settings.asks_for_port ? "port"
                                        : settings.lan         ? "lan"
                                                               : "bind");
  settings.sandbox = !read.is_on("no-sandbox");
  settings.fail_on_404 = read.is_on("fail-on-404");

  if (read.complaint()) return *read.complaint();
  if (const auto error = check_root(config.files.root)) return *error;
  return settings;
}

std::variant<Settings, UsageError> read_settings(std::span<const char* const> arguments,
                                                 const Environment& environment) {
  auto read = read_options(arguments, environment);
  if (const auto* error = std::get_if<UsageError>(&read)) return *error;
  auto& raw = std::get<RawOptions>(read);
  const auto named = raw.find("config");
  const std::string path =
      named == raw.end() ? find_user_config(environment) : named->second.texts.back();
  if (!path.empty()) {
    auto config = read_config(path);
    if (const auto* error = std::get_if<UsageError>(&config)) return *error;
    raw.merge(std::get<RawOptions>(config));  // keeps what is there already
  }
  return interpret(raw);
}

}  // namespace tinyserve::cmd
