#include "cmd/settings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cmd/flags.h"

namespace tinyserve::cmd {
namespace {

using Arguments = std::vector<const char*>;
using Texts = std::vector<std::string>;

Settings settings_of(const Arguments& arguments, const Environment& environment = {}) {
  auto read = read_settings(arguments, environment);
  if (const auto* error = std::get_if<UsageError>(&read)) {
    ADD_FAILURE() << error->text;
    return {};
  }
  return std::get<Settings>(std::move(read));
}

std::string error_of(const Arguments& arguments, const Environment& environment = {}) {
  const auto read = read_settings(arguments, environment);
  const auto* error = std::get_if<UsageError>(&read);
  return error == nullptr ? "no error" : error->text;
}

TEST(Settings, AreTheLibrarysOwnWithoutAFlag) {
  const Settings settings = settings_of({});
  EXPECT_EQ(settings.config.files.root, ".");
  EXPECT_EQ(settings.config.net.port, 8080);
  EXPECT_EQ(settings.config.net.addresses, Texts{});
  EXPECT_EQ(settings.config.handlers.index_names, Texts{"index.html"});
  EXPECT_TRUE(settings.config.handlers.listing);
  EXPECT_TRUE(settings.config.handlers.api);
  EXPECT_EQ(settings.verbosity, Verbosity::kNormal);
  EXPECT_EQ(settings.color, Color::kAuto);
  EXPECT_FALSE(settings.asks_for_connections);
}

// What --help says of a default must be true: giving it changes nothing.
TEST(Settings, AgreeWithTheDefaultsInTheTable) {
  const Settings plain = settings_of({});
  const auto text = [](std::string_view name) { return find_flag(name)->default_text.data(); };
  const Settings spelt = settings_of(
      {"--root", text("root"), "--index", text("index"), "--port", text("port"),
       "--max-connections", text("max-connections"), "--max-body", text("max-body"),
       "--header-timeout", text("header-timeout"), "--keep-alive-timeout",
       text("keep-alive-timeout"), "--log-format", text("log-format"), "--color", text("color")});
  EXPECT_EQ(spelt.config.files.root, plain.config.files.root);
  EXPECT_EQ(spelt.config.handlers.index_names, plain.config.handlers.index_names);
  EXPECT_EQ(spelt.config.net.port, plain.config.net.port);
  EXPECT_EQ(spelt.config.max_connections, plain.config.max_connections);
  EXPECT_EQ(spelt.config.limits.max_content, plain.config.limits.max_content);
  EXPECT_EQ(spelt.config.timeouts.head_ms, plain.config.timeouts.head_ms);
  EXPECT_EQ(spelt.config.timeouts.keep_alive_ms, plain.config.timeouts.keep_alive_ms);
  EXPECT_EQ(spelt.config.log.format, plain.config.log.format);
  EXPECT_EQ(spelt.color, plain.color);
}

TEST(Settings, FollowTheValuesGiven) {
  const Settings settings = settings_of(
      {"site", "-p", "0", "--max-connections", "11000", "--max-body", "1K", "--header-timeout",
       "2.5", "--keep-alive-timeout", "0", "--log-format", "none", "--log-file", "x.log"});
  EXPECT_EQ(settings.config.files.root, "site");
  EXPECT_EQ(settings.config.net.port, 0);
  EXPECT_EQ(settings.config.max_connections, 11000u);
  EXPECT_TRUE(settings.asks_for_connections);
  EXPECT_EQ(settings.config.limits.max_content, 1024u);
  EXPECT_EQ(settings.config.timeouts.head_ms, 2500);
  EXPECT_EQ(settings.config.timeouts.keep_alive_ms, 0);
  EXPECT_EQ(settings.config.log.format, log::Format::kNone);
  EXPECT_EQ(settings.config.log.path, "x.log");
}

TEST(Settings, FollowEveryLogFormat) {
  const auto format = [](const std::string& name) {
    return settings_of({"--log-format", name.c_str()}).config.log.format;
  };
  EXPECT_EQ(format("json"), log::Format::kJson);
  EXPECT_EQ(format("pretty"), log::Format::kPretty);
  EXPECT_EQ(format("combined"), log::Format::kCombined);
  EXPECT_EQ(format("common"), log::Format::kCommon);
  EXPECT_EQ(format("none"), log::Format::kNone);
}

TEST(Settings, FailOn404OnDemand) {
  EXPECT_FALSE(settings_of({}).fail_on_404);
  EXPECT_TRUE(settings_of({"--fail-on-404"}).fail_on_404);
}

TEST(Settings, CollectWhatIsNotLogged) {
  EXPECT_EQ(settings_of({"--log-ignore", "*.map", "--log-ignore=/a/*"}).config.log.ignored,
            (std::vector<std::string>{"*.map", "/a/*"}));
  EXPECT_EQ(error_of({"--log-ignore="}), "--log-ignore needs a value: --log-ignore GLOB");
}

TEST(Settings, FollowTheSwitchesGiven) {
  const Settings settings = settings_of({"--no-listing", "--dotfiles", "--follow-symlinks",
                                         "--no-api", "--writable", "--no-file-cache"});
  EXPECT_FALSE(settings.config.handlers.listing);
  EXPECT_FALSE(settings.config.handlers.file_cache);
  EXPECT_TRUE(settings.config.handlers.dotfiles);
  EXPECT_TRUE(settings.config.files.follow_symlinks);
  EXPECT_FALSE(settings.config.handlers.api);
  EXPECT_TRUE(settings.config.handlers.writable);
  EXPECT_FALSE(settings_of({}).config.handlers.writable);
  EXPECT_TRUE(settings_of({}).config.handlers.file_cache);
}

TEST(Settings, LeaveASwitchOffThatTheEnvironmentSetsToZero) {
  EXPECT_TRUE(settings_of({}, {{"TINYSERVE_NO_API", "0"}}).config.handlers.api);
  EXPECT_FALSE(settings_of({}, {{"TINYSERVE_NO_API", "1"}}).config.handlers.api);
}

TEST(Settings, LeaveAChoiceOffThatTheEnvironmentSetsToZero) {
  EXPECT_EQ(settings_of({}, {{"TINYSERVE_COMPRESS", "0"}}).config.handlers.compression,
            handlers::Compression::kOff);
  EXPECT_EQ(settings_of({}, {{"TINYSERVE_COMPRESS", "1"}}).config.handlers.compression,
            handlers::Compression::kOn);
}

TEST(Settings, TakeTheLastValueOfAFlagGivenTwice) {
  EXPECT_EQ(settings_of({"--port", "1", "--port", "2"}).config.net.port, 2);
}

TEST(Settings, TakeAllValuesOfARepeatableFlag) {
  const Settings settings =
      settings_of({"--index", "a", "--index", "b", "--allow-host", "x.test", "--allow-host", "*"});
  EXPECT_EQ(settings.config.handlers.index_names, (Texts{"a", "b"}));
  EXPECT_EQ(settings.config.handlers.allowed_hosts, (Texts{"x.test", "*"}));
}

TEST(Settings, KeepTheDefaultWhenAListIsEmpty) {
  EXPECT_EQ(settings_of({}, {{"TINYSERVE_INDEX", " , "}}).config.handlers.index_names,
            Texts{"index.html"});
}

TEST(Settings, BindEachAddressOnce) {
  EXPECT_EQ(settings_of({"-b", "[::1]", "-b", "0.0.0.0", "-b", "::1"}).config.net.addresses,
            (Texts{"::1", "0.0.0.0"}));
}

TEST(Settings, TakeLocalhostForBothLoopbackAddresses) {
  EXPECT_EQ(settings_of({"--bind", "localhost"}).config.net.addresses, Texts{});
  EXPECT_EQ(settings_of({"--bind", "localhost", "--bind", "10.0.0.1"}).config.net.addresses,
            (Texts{"127.0.0.1", "::1", "10.0.0.1"}));
}

TEST(Settings, SayWhereAWrongValueCameFrom) {
  EXPECT_EQ(error_of({"--port", "abc"}), "--port: 'abc' is not a port (0 to 65535)");
  EXPECT_EQ(error_of({"-p", "abc"}), "--port: 'abc' is not a port (0 to 65535)");
  EXPECT_EQ(error_of({}, {{"TINYSERVE_PORT", "abc"}}),
            "TINYSERVE_PORT: 'abc' is not a port (0 to 65535)");
  EXPECT_EQ(error_of({"-p", "1"}, {{"TINYSERVE_PORT", "abc"}}), "no error");
}

TEST(Settings, KnowWhoAskedForAPortOrAnAddress) {
  EXPECT_EQ(settings_of({}).place_asked_by, "");
  EXPECT_EQ(settings_of({"-p", "80"}).place_asked_by, "--port");
  EXPECT_EQ(settings_of({"-b", "localhost"}).place_asked_by, "--bind");
  EXPECT_EQ(settings_of({}, {{"TINYSERVE_BIND", "::1"}}).place_asked_by, "TINYSERVE_BIND");
}

TEST(Settings, NameTheChoices) {
  EXPECT_EQ(error_of({"--log-format", "xml"}),
            "--log-format: 'xml' is not json, pretty, combined, common or "
            "none");
  EXPECT_EQ(error_of({"--color", "yes"}), "--color: 'yes' is not auto, always or never");
}

TEST(Settings, UnderstandEveryChoiceOfTheTable) {
  for (const Flag& flag : kFlags) {
    std::string_view rest = flag.choices;
    while (!rest.empty()) {
      const std::string choice(rest.substr(0, rest.find('|')));
      const std::string name = "--" + std::string(flag.name);
      EXPECT_EQ(error_of({name.c_str(), choice.c_str()}), "no error");
      rest.remove_prefix(std::min(choice.size() + 1, rest.size()));
    }
  }
  EXPECT_EQ(settings_of({"--color", "always"}).color, Color::kAlways);
  EXPECT_EQ(settings_of({"--color", "never"}).color, Color::kNever);
}

// A row of the table without its line in interpret() would be taken and then forgotten.
TEST(Settings, LookAtEveryValueThatIsGiven) {
  for (const Flag& flag : kFlags) {
    if (is_switch(flag)) continue;
    EXPECT_NE(interpret({{flag.name, {Layer::kCommandLine, {""}, "--flag"}}}).index(), 0u)
        << flag.name;
  }
}

TEST(Settings, RefuseWhatMakesNoSense) {
  EXPECT_EQ(error_of({"--max-connections", "0"}),
            "--max-connections: '0' is not a number from 1 up");
  EXPECT_EQ(error_of({"--header-timeout", "0"}),
            "--header-timeout: '0' is not a number of seconds above 0 (such as 10 or 0.5)");
  EXPECT_EQ(error_of({""}), "--root: '' is not a path");
}

TEST(Settings, TakeABareNumberForAMistakenPort) {
  EXPECT_EQ(error_of({"65123"}), "there is no directory '65123'; for the port write --port 65123");
}

TEST(Settings, LetTheFlagOutvoteTheEnvironmentOnHowMuchIsSaid) {
  EXPECT_EQ(settings_of({"-q"}).verbosity, Verbosity::kQuiet);
  EXPECT_EQ(settings_of({"-v"}).verbosity, Verbosity::kVerbose);
  EXPECT_EQ(settings_of({"-v"}, {{"TINYSERVE_QUIET", "1"}}).verbosity, Verbosity::kVerbose);
  EXPECT_EQ(settings_of({"-q"}, {{"TINYSERVE_VERBOSE", "1"}}).verbosity, Verbosity::kQuiet);
  EXPECT_EQ(error_of({"-qv"}), "--quiet contradicts --verbose; leave one out");
}

TEST(Settings, BindEveryAddressForTheLan) {
  const Settings settings = settings_of({"--lan"});
  EXPECT_TRUE(settings.lan);
  EXPECT_EQ(settings.config.net.addresses, (Texts{"0.0.0.0", "::"}));
  EXPECT_EQ(settings.place_asked_by, "--lan");
  EXPECT_FALSE(settings_of({}).lan);
}

TEST(Settings, LetTheWeightierOfLanAndBindDecide) {
  EXPECT_EQ(error_of({"--lan", "--bind", "127.0.0.1"}), "--lan contradicts --bind; leave one out");
  const Settings bound = settings_of({"--bind", "127.0.0.1"}, {{"TINYSERVE_LAN", "1"}});
  EXPECT_FALSE(bound.lan);
  EXPECT_EQ(bound.config.net.addresses, Texts{"127.0.0.1"});
  EXPECT_EQ(settings_of({"--lan"}, {{"TINYSERVE_BIND", "127.0.0.1"}}).config.net.addresses,
            (Texts{"0.0.0.0", "::"}));
  EXPECT_EQ(settings_of({}, {{"TINYSERVE_LAN", "0"}, {"TINYSERVE_BIND", "::1"}}).lan, false);
}

}  // namespace
}  // namespace tinyserve::cmd
