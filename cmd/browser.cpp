#include "cmd/browser.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <csignal>
#include <sstream>
#include <string_view>

#include "cmd/quoting.h"

namespace tinyserve::cmd {
namespace {

// One word of a command in BROWSER.
std::string with_url(std::string_view word, const std::string& url) {
  std::string text;
  for (; !word.empty(); word.remove_prefix(1)) {
    const std::string_view two = word.substr(0, 2);
    if (two != "%s" && two != "%%") {
      text += word[0];
      continue;
    }
    text += two == "%s" ? url : "%";
    word.remove_prefix(1);
  }
  return text;
}

Command command_of(const std::string& text, const std::string& url) {
  Command command;
  std::istringstream words(text);
  for (std::string word; words >> word;) command.push_back(with_url(word, url));
  const bool has_url = with_replaced(text, "%%", "").find("%s") != std::string::npos;
  if (!command.empty() && !has_url) command.push_back(url);
  return command;
}

// What posix_spawn(3) is told of a process that has nothing to do with our terminal.
struct Detachment {
  Detachment() {
    ::posix_spawn_file_actions_init(&actions);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
      ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
    }
    // The server ignores both, and what is ignored stays so in a program that is started.
    sigset_t ignored;
    ::sigemptyset(&ignored);
    ::sigaddset(&ignored, SIGPIPE);
    ::sigaddset(&ignored, SIGCHLD);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigdefault(&attributes, &ignored);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF);
  }
  Detachment(const Detachment&) = delete;
  Detachment& operator=(const Detachment&) = delete;
  ~Detachment() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

bool start(Command command, std::vector<std::string> environment) {
  const Detachment detached;
  const std::vector<char*> arguments = pointers_to(command);
  const std::vector<char*> variables = pointers_to(environment);
  // A child that nobody waits for would stay behind as a zombie.
  std::signal(SIGCHLD, SIG_IGN);
  pid_t pid = 0;
  return ::posix_spawnp(&pid, arguments[0], &detached.actions, &detached.attributes,
                        arguments.data(), variables.data()) == 0;
}

}  // namespace

std::vector<Command> browser_commands(const Environment& environment, const std::string& url) {
  std::vector<Command> commands;
  std::istringstream texts{std::string(value_of(environment, "BROWSER"))};
  for (std::string text; std::getline(texts, text, ':');) {
    Command command = command_of(text, url);
    if (!command.empty()) commands.push_back(std::move(command));
  }
  commands.push_back({"xdg-open", url});
  return commands;
}

bool open_browser(const Environment& environment, const std::string& url) {
  for (const Command& command : browser_commands(environment, url)) {
    if (start(command, entries_for_others(environment))) return true;
  }
  return false;
}

}  // namespace tinyserve::cmd
