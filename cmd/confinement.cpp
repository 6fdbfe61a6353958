#include "cmd/confinement.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "cmd/printable.h"
#include "sandbox/sandbox.h"

namespace tinyserve::cmd {

namespace {

namespace fs = std::filesystem;
using log::Severity;
using sandbox::Access;

// The sanitizers' runtimes read and start what no server does.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

// Absolute and without links, or empty where there is nothing.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path found = fs::canonical(path, error);
  return error ? fs::path() : found;
}

// Whether `path` is `directory` or in it.
bool is_within(const fs::path& path, const fs::path& directory) {
  const auto differ = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return differ.first == directory.end();
}

// Whether who may read `directory` may read a home directory: `home`, if it is not empty, or a
// usual one. Both without links.
bool holds_a_home(const fs::path& directory, const fs::path& home) {
  if (!home.empty() && is_within(home, directory)) return true;
  return directory.parent_path() == "/home" || directory == "/root" ||
         is_within("/home", directory);
}

// The directory with `path` in it, where a link in the last place is not followed.
fs::path parent_of(fs::path path) {
  if (!path.has_filename()) path = path.parent_path();  // "site/"
  const fs::path name = path.filename();
  if (name.empty() || name == "." || name == "..") return resolved(path).parent_path();
  return resolved(path.has_parent_path() ? path.parent_path() : ".");
}

void add(Confinement& confinement, const fs::path& path, Access access) {
  for (const sandbox::Place& place : confinement.places) {
    if (place.path == path && place.access == access) return;
  }
  confinement.places.push_back({path.string(), access});
}

// Lets `root`, which is at `given`, be read, and what will be in its place if that may be.
void add_root(Confinement& confinement, const fs::path& given, const fs::path& root,
              const fs::path& home) {
  // Of a link, what it is turned to mostly lies beside what it leads to now.
  for (const fs::path& parent : {parent_of(given), root.parent_path()}) {
    const bool is_too_much = holds_a_home(parent, home);
    if (is_too_much) confinement.root_is_pinned = true;
    add(confinement, is_too_much ? root : parent, Access::kRead);
  }
}

void add_log(Confinement& confinement, const fs::path& given, const fs::path& home) {
  std::error_code ignored;
  const fs::path parent = parent_of(given);
  const bool is_alone = holds_a_home(parent, home) ||
                        (fs::exists(given, ignored) && !fs::is_regular_file(given, ignored));
  const fs::path place = is_alone ? given : parent;
  confinement.log_place = place.string();
  add(confinement, place, Access::kAppend);
}

std::string in_words(const Confinement& confinement) {
  std::string text;
  for (const sandbox::Place& place : confinement.places) {
    if (!text.empty()) text += ", ";
    text += in_quotes(place.path);
    if (place.access == Access::kAppend) text += " (written)";
    if (place.access == Access::kChange) text += " (changed)";
  }
  return text;
}

}  // namespace

Confinement plan_confinement(const Settings& settings, const Environment& environment) {
  Confinement confinement;
  const loop::Config& config = settings.config;
  const fs::path given = config.files.root.empty() ? "." : config.files.root;
  const fs::path root = resolved(given);
  if (root.empty()) return confinement;
  const fs::path home = resolved(value_of(environment, "HOME"));
  if (config.files.follow_symlinks) {
    add(confinement, "/", Access::kRead);
  } else {
    add_root(confinement, given, root, home);
  }
  if (config.handlers.writable) add(confinement, root, Access::kChange);
  const bool has_log_file = config.log.format != log::Format::kNone && !config.log.path.empty();
  if (has_log_file) add_log(confinement, config.log.path, home);
  return confinement;
}

std::vector<Notice> tell_of(const sandbox::Outcome& outcome, const Confinement& confinement,
                            const Settings& settings) {
  std::vector<Notice> notices;
  if (!outcome.files) {
    notices.push_back({Severity::kWarning, "the sandbox does not confine which files are read: " +
                                               outcome.files.error().message()});
  }
  if (!outcome.system_calls) {
    notices.push_back({Severity::kWarning, "the sandbox does not confine system calls: " +
                                               outcome.system_calls.error().message()});
  }
  if (settings.config.files.follow_symlinks) {
    notices.push_back(
        {Severity::kInfo, "--follow-symlinks: the sandbox lets every file be read that you can"});
  }
  if (!confinement.log_place.empty()) {
    notices.push_back({Severity::kInfo, "the sandbox leaves " + in_quotes(confinement.log_place) +
                                            " writable, for the log to be opened anew"});
  }
  if (outcome.files) {
    notices.push_back({Severity::kDebug, "sandbox: no file but in " + in_words(confinement) +
                                             " (Landlock " + std::to_string(*outcome.files) + ")"});
  }
  if (outcome.system_calls) {
    notices.push_back(
        {Severity::kDebug, "sandbox: no new sockets, processes or programs (seccomp)"});
  }
  return notices;
}

std::vector<Notice> confine(const Confinement& confinement, const Settings& settings) {
  if (!settings.sandbox) return {{Severity::kDebug, "no sandbox: --no-sandbox"}};
  if (kIsSanitized) return {{Severity::kDebug, "no sandbox: built with a sanitizer"}};
  return tell_of(sandbox::confine(confinement.places), confinement, settings);
}

}  // namespace tinyserve::cmd
