// What the manual page says of the program beside its flags: each text is held to the code that
// makes it. tests/lint/messages looks at what can only be seen in the sources.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cmd/browser.h"
#include "cmd/config_file.h"
#include "cmd/confinement.h"
#include "cmd/generate.h"
#include "cmd/port_holder.h"
#include "cmd/service_manager.h"
#include "cmd/settings.h"
#include "cmd/startup.h"
#include "cmd/supervisor.h"
#include "http/via.h"
#include "log/record.h"
#include "support/temp_tree.h"

namespace tinyserve::cmd {
namespace {

using loop::StartFailure;
using What = StartFailure::What;
using Texts = std::vector<std::string>;

// What stands between the first `begin` and the next `end`.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t start = text.find(begin);
  if (start == std::string::npos) return {};
  const std::size_t from = start + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

std::string section(const std::string& name) {
  return between(*generate("man") + ".Sh \n", ".Sh " + name + "\n", ".Sh ");
}

// The heads of the items in `text`, as they are shown.
Texts items(const std::string& text) {
  Texts found;
  const std::string joined = std::regex_replace(text, std::regex(" *\\\\\n"), " ");
  const std::string whole = std::regex_replace(joined, std::regex("\"\"\""), "\"");
  const std::regex head("(?:^|\n)\\.It ([^\n]+)");
  for (std::sregex_iterator it(whole.begin(), whole.end(), head), end; it != end; ++it) {
    found.push_back((*it)[1]);
  }
  return found;
}

Texts words(const std::string& text) {
  Texts found;
  const std::regex word("[^ ,\n]+");
  for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it) {
    found.push_back(it->str());
  }
  return found;
}

// --- DIAGNOSTICS
// ----------------------------------------------------------------------------------

// The list that follows `introduction`.
Texts diagnostics_after(const std::string& introduction) {
  return items(between(section("DIAGNOSTICS"), introduction + "\n.Bl -diag\n", ".El"));
}

// What a message that `entry` is about looks like: capitals stand for what differs, and only a
// remedy or a detail may follow.
std::regex pattern_of(const std::string& entry) {
  const std::regex sign(R"([\^$.|?*+(){}\[\]\\/])");
  const std::regex placeholder(
      "\\b(ROOT|COMMAND|ADDRESS|NETWORK|PATH|TEXT|REASON|CALL|KIND|NAME|VARIABLE|FILE|LINE|N|M|A|B)"
      "\\b");
  const std::string escaped = std::regex_replace(entry, sign, "\\$&");
  return std::regex(std::regex_replace(escaped, placeholder, ".*") + "((; |: | \\().*)?");
}

// Every message has its entry, and every entry its message.
void expect_same(const Texts& entries, const Texts& messages) {
  ASSERT_FALSE(entries.empty());
  std::set<std::string> missing(messages.begin(), messages.end());
  for (const std::string& entry : entries) {
    const std::regex pattern = pattern_of(entry);
    bool is_said = false;
    for (const std::string& message : messages) {
      if (!std::regex_match(message, pattern)) continue;
      is_said = true;
      missing.erase(message);
    }
    EXPECT_TRUE(is_said) << "only DIAGNOSTICS says: " << entry;
  }
  for (const std::string& message : missing) ADD_FAILURE() << "not in DIAGNOSTICS: " << message;
}

// Every start failure, with every reason that the system could give.
void add_start_failures(Texts& messages) {
  const test::TempTree tree;
  tree.symlink("nowhere", "dangling");
  const auto add = [&messages](What what, int error, const std::string& root, std::uint16_t port) {
    Settings settings;
    settings.config.files.root = root;
    settings.config.net.port = port;
    messages.push_back(explain({what, "subject", fail("call", error)}, settings));
  };
  for (int error = 1; error <= EOWNERDEAD; ++error) {
    add(What::kRoot, error, tree.path("no/such"), 0);
    add(What::kRoot, error, tree.path("dangling"), 0);
    add(What::kAddress, error, ".", 0);
    add(What::kListen, error, ".", 80);
    add(What::kListen, error, ".", 8080);
    add(What::kInherited, error, ".", 0);
    add(What::kLog, error, ".", 0);
    add(What::kSystem, error, ".", 0);
  }
}

// A socket of this process, and one that nobody has; unit/cmd/startup sees the whole sentence.
void add_holders_of_a_port(Texts& messages) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct stat facts {};
  ASSERT_EQ(::fstat(socket.get(), &facts), 0);
  for (const std::string& inode : {std::to_string(facts.st_ino), std::string("none")}) {
    messages.push_back("cannot listen on 127.0.0.1:80: taken by " + describe_holder({inode, 0}));
  }
}

void add_usage_error(Texts& messages, const std::vector<const char*>& arguments,
                     const Environment& environment = {}) {
  const auto read = read_settings(arguments, environment);
  ASSERT_TRUE(std::holds_alternative<UsageError>(read)) << arguments.size();
  messages.push_back(std::get<UsageError>(read).text);
}

// Each flag without its value, with one that it does not take, and with a wrong one.
void add_errors_of_flags(Texts& messages) {
  for (const Flag& flag : kFlags) {
    const std::string name = "--" + std::string(flag.name);
    const std::string with_value = name + "=x";
    if (is_switch(flag)) {
      add_usage_error(messages, {with_value.c_str()});
    } else if (value_is_optional(flag)) {
      const std::string without = name + "=";
      add_usage_error(messages, {without.c_str()});
    } else {
      add_usage_error(messages, {name.c_str()});
      add_usage_error(messages, {name.c_str(), ""});
    }
  }
}

void add_errors_of_the_configuration(Texts& messages) {
  for (const char* text : {R"({"prot": 1})", R"({"port": true})", R"({"port": 1, "port": 2})", "[]",
                           R"({"port": 1,,})"}) {
    const auto read = parse_config(text, "config.json");
    ASSERT_TRUE(std::holds_alternative<UsageError>(read)) << text;
    messages.push_back(std::get<UsageError>(read).text);
  }
  messages.push_back(std::get<UsageError>(read_config("/no/such/file")).text);
}

void add_errors_of_a_service(Texts& messages) {
  const auto taken = take_sockets({{"LISTEN_PID", "1"}, {"LISTEN_FDS", "x"}}, 1);
  ASSERT_TRUE(std::holds_alternative<UsageError>(taken));
  messages.push_back(std::get<UsageError>(taken).text);
  // Only said once the descriptors of this process are taken; blackbox/service sees it.
  messages.emplace_back("LISTEN_FDS: '2' is too many; descriptor 4 is not open");
  Settings settings;
  settings.place_asked_by = "--port";
  std::vector<UniqueFd> sockets;
  sockets.emplace_back(::dup(STDERR_FILENO));
  const auto refused = inherit(sockets, settings);
  ASSERT_TRUE(refused);
  messages.push_back(refused->text);
}

void add_errors_of_a_command(Texts& messages) {
  const std::vector<const char*> arguments{"site", "--"};
  messages.push_back(std::get<UsageError>(split_command_line(arguments)).text);
  messages.push_back(explain_unrunnable("frob", ENOENT));
  messages.emplace_back(kServerHasEnded);
}

TEST(ManualPage, HasTheMessagesThatKeepTheProgramFromStarting) {
  Texts messages;
  add_errors_of_a_command(messages);
  add_start_failures(messages);
  add_holders_of_a_port(messages);
  add_errors_of_flags(messages);
  add_errors_of_the_configuration(messages);
  add_errors_of_a_service(messages);
  add_usage_error(messages, {"--header", "Content-Type: text/plain"});
  add_usage_error(messages, {"--header", "Content-Length: 1"});
  add_usage_error(messages, {"--prot"});
  add_usage_error(messages, {"--nothing-like-it"});
  add_usage_error(messages, {"a", "b"});
  add_usage_error(messages, {"a", "--root", "b"});
  add_usage_error(messages, {"-qv"});
  add_usage_error(messages, {"--lan", "--bind", "::1"});
  add_usage_error(messages, {"65123"});
  add_usage_error(messages, {}, {{"TINYSERVE_DOTFILES", "yes"}});
  expect_same(
      diagnostics_after("What keeps it from starting is said in one line, with what to do about "
                        "it."),
      messages);
}

TEST(ManualPage, HasTheWarningsBeforeTheBanner) {
  Texts messages;
  for (const char* address : {"0.0.0.0", "192.0.2.1"}) {
    Settings settings;
    settings.lan = true;
    settings.config.handlers.writable = true;
    settings.config.threads = 4;
    const bool is_single_file = address == std::string_view("192.0.2.1");
    const Started started{.root = "/site",
                          .addresses = {address},
                          .urls = {},
                          .lan_urls = {},
                          .hides_own_api = true,
                          .port = 8082,
                          .memory = {.connections = 100},
                          .is_single_file = is_single_file};
    for (const Notice& notice : announce(started, settings)) {
      if (notice.text == "serving /site") break;
      messages.push_back(notice.text);
    }
  }
  ASSERT_EQ(messages.size(), 16u);
  Settings settings;
  settings.config.files.follow_symlinks = true;
  const Error refused = fail("seccomp_load", ENOSYS);
  for (const Notice& notice : tell_of({refused, refused}, {{}, false, "/logs"}, settings)) {
    messages.push_back(notice.text);
  }
  messages.emplace_back(kNoBrowser);
  expect_same(diagnostics_after("Before it serves, it may say:"), messages);
}

// --- ENVIRONMENT
// ----------------------------------------------------------------------------------

TEST(ManualPage, HasEveryVariableOfASettingInTheOrderOfTheFlags) {
  Texts named;
  for (const std::string& item : items(section("ENVIRONMENT"))) {
    if (item.find("Ev TINYSERVE_") == 0) named.push_back(item.substr(3));
  }
  Texts wanted;
  for (const Flag& flag : kFlags) {
    if (flag.role == Role::kSetting) wanted.push_back(variable_of(flag));
  }
  EXPECT_EQ(named, wanted);
}

// --- LOG
// ------------------------------------------------------------------------------------------

// The keys of a line, in its order.
Texts keys_of(std::string_view line) {
  Texts keys;
  const auto object = nlohmann::ordered_json::parse(line);
  for (const auto& item : object.items()) keys.push_back(item.key());
  return keys;
}

TEST(ManualPage, HasTheKeysOfARecordInTheirOrder) {
  TimestampCache clock;
  log::Buffer drafts;
  const log::RecordDraft draft = begin_record(drafts, {}, clock);
  log::Outcome refused;
  refused.why = "more than 128 fields";
  log::Buffer line;
  finish_record(line, drafts, draft, refused);

  Texts named;
  for (const std::string& item : items(between(section("LOG"), "in this order:\n", "\n.El"))) {
    for (const std::string& key : words(item.substr(2))) named.push_back(key);
  }
  EXPECT_EQ(named, keys_of(line.view()));
}

TEST(ManualPage, HasEveryWayToAnAnswerInTheirOrder) {
  Texts wanted;
  for (std::uint8_t value = 0; !name(static_cast<http::Via>(value)).empty(); ++value) {
    wanted.emplace_back(name(static_cast<http::Via>(value)));
  }
  std::string told = between(section("LOG"), "How the answer came about:\n", "\n.It ");
  told = std::regex_replace(told, std::regex("(^|\n)\\.Li "), "$1");
  Texts named = words(told);
  ASSERT_GT(named.size(), 2u);
  ASSERT_EQ(named[named.size() - 3], "or");
  ASSERT_EQ(named.back(), ".");
  named.erase(named.end() - 3);
  named.pop_back();
  EXPECT_EQ(named, wanted);
}

// The keys that the manual has for event `name`, with "event" in front.
Texts keys_of_event(const std::string& name) {
  const std::string told = between(section("LOG"), ".It Li " + name + "\n", "\n.El");
  Texts keys = words(between(told, "\n.Li ", " ."));
  keys.insert(keys.begin(), "event");
  return keys;
}

TEST(ManualPage, HasTheKeysOfEveryEvent) {
  log::Buffer listening;
  log::Buffer stopping;
  log::Buffer dropped;
  append_event(listening, log::Listening{});
  append_event(stopping, log::Stopping{});
  append_event(dropped, log::Dropped{});
  EXPECT_EQ(keys_of_event("listening"), keys_of(listening.view()));
  EXPECT_EQ(keys_of_event("stopping"), keys_of(stopping.view()));
  EXPECT_EQ(keys_of_event("dropped"), keys_of(dropped.view()));
}

}  // namespace
}  // namespace tinyserve::cmd
