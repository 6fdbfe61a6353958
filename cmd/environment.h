// environment.h — the process's environment as a value, so that what depends on it can be handed
// another one in tests.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tinyserve::cmd {

using Environment = std::map<std::string, std::string, std::less<>>;

// What `entries` ("NAME=value", ended by a null pointer, as in environ(7)) says.
[[nodiscard]] inline Environment read_environment(const char* const* entries) {
  Environment environment;
  for (; entries != nullptr && *entries != nullptr; ++entries) {
    const std::string_view entry = *entries;
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos) continue;
    environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return environment;
}

// The value of `name`; empty when it is not set, which everywhere means the same as set to nothing.
[[nodiscard]] inline std::string_view value_of(const Environment& environment,
                                               std::string_view name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view{} : std::string_view(found->second);
}

// What another program that we start is to find: everything but our own settings and what a service
// manager has meant for us alone, as entries "NAME=value".
[[nodiscard]] inline std::vector<std::string> entries_for_others(const Environment& environment) {
  std::vector<std::string> entries;
  for (const auto& [name, value] : environment) {
    const std::string_view text(name);
    const bool is_ours =
        text.starts_with("TINYSERVE_") || text.starts_with("LISTEN_") || text == "NOTIFY_SOCKET";
    if (!is_ours) entries.push_back(name + "=" + value);
  }
  return entries;
}

// `texts` as execve(2) wants arguments and environments; valid for as long as they are.
[[nodiscard]] inline std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace tinyserve::cmd
