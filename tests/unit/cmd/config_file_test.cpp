#include "cmd/config_file.h"

#include <gtest/gtest.h>

#include <string>

#include "cmd/settings.h"
#include "support/temp_tree.h"

namespace tinyserve::cmd {
namespace {

using test::TempTree;

// What was read, as "name=value,value name=value ", or the error with "error: " before it.
std::string read(std::string_view text) {
  const auto result = parse_config(text, "c.json");
  if (const auto* error = std::get_if<UsageError>(&result)) return "error: " + error->text;
  std::string said;
  for (const auto& [name, values] : std::get<RawOptions>(result)) {
    EXPECT_EQ(values.layer, Layer::kConfigFile);
    said += std::string(name) + "=";
    for (const std::string& value : values.texts) said += value + ",";
    said += " ";
  }
  return said;
}

TEST(ConfigFile, HasTheLongNamesOfFlags) {
  EXPECT_EQ(read("{}"), "");
  EXPECT_EQ(read(R"({"port": 9000, "root": "site"})"), "port=9000, root=site, ");
  EXPECT_EQ(read(R"({"max-body": "64M", "header-timeout": 0.50})"),
            "header-timeout=0.50, max-body=64M, ");
}

TEST(ConfigFile, HasSwitchesAsTruths) {
  EXPECT_EQ(read(R"({"no-api": true, "dotfiles": false})"), "dotfiles=0, no-api=1, ");
}

TEST(ConfigFile, HasOptionalValuesAsTruthsOrTexts) {
  EXPECT_EQ(read(R"({"spa": true})"), "spa=index.html, ");
  EXPECT_EQ(read(R"({"spa": "app.html"})"), "spa=app.html, ");
  EXPECT_EQ(read(R"({"spa": false})"), "spa= ");
}

TEST(ConfigFile, HasListsWhereAFlagMayBeRepeated) {
  EXPECT_EQ(read(R"({"index": ["a.html", "b.html"]})"), "index=a.html,b.html, ");
  EXPECT_EQ(read(R"({"index": "a.html"})"), "index=a.html, ");
}

TEST(ConfigFile, MayHaveComments) {
  EXPECT_EQ(read("// mine\n{\n  /* the\n port */ \"port\": 1\n}\n"), "port=1, ");
}

TEST(ConfigFile, NamesTheLineAndTheNearestSetting) {
  EXPECT_EQ(read("{\n  \"port\": 1,\n  \"prot\": 2\n}"),
            "error: c.json:3: 'prot' is no setting; did you mean 'port'?");
  EXPECT_EQ(read(R"({"colour-scheme": 1})"),
            "error: c.json:1: 'colour-scheme' is no setting; 'tinyserve --help' names them all");
}

TEST(ConfigFile, HasNoQuestionsAndNamesNoOtherFile) {
  EXPECT_EQ(read(R"({"help": true})").find("error: c.json:1: 'help' is no setting"), 0u);
  EXPECT_EQ(read(R"({"config": "d.json"})").find("error: c.json:1: 'config' is no setting"), 0u);
}

TEST(ConfigFile, SaysWhatKindAValueShouldBe) {
  EXPECT_EQ(read("{\n\"no-api\": 1}"), "error: c.json:2: 'no-api' wants true or false");
  EXPECT_EQ(read(R"({"root": 5})"), "error: c.json:1: 'root' wants a text");
  EXPECT_EQ(read(R"({"root": ["a"]})"), "error: c.json:1: 'root' wants a text");
  EXPECT_EQ(read(R"({"port": true})"), "error: c.json:1: 'port' wants a number or a text");
  EXPECT_EQ(read(R"({"port": null})"), "error: c.json:1: 'port' wants a number or a text");
  EXPECT_EQ(read(R"({"port": {}})"), "error: c.json:1: 'port' wants a number or a text");
  EXPECT_EQ(read(R"({"index": [["a"]]})"),
            "error: c.json:1: 'index' wants a text, or a list of such");
  EXPECT_EQ(read(R"({"spa": 1})"), "error: c.json:1: 'spa' wants a text, true or false");
}

TEST(ConfigFile, HasEverySettingOnce) {
  EXPECT_EQ(read("{\"port\": 1,\n\"port\": 2}"), "error: c.json:2: 'port' stands there twice");
}

TEST(ConfigFile, IsAnObject) {
  for (const std::string_view text : {"[]", "5", "true", "null", "\"port\""}) {
    EXPECT_EQ(read(text), "error: c.json:1: a configuration is an object: { \"port\": 9000 }")
        << text;
  }
}

TEST(ConfigFile, IsJson) {
  EXPECT_EQ(read("{\n  \"port\": 1\n  \"root\": \".\"\n}").find("error: c.json:3: this is no JSON"),
            0u);
  EXPECT_EQ(read("").find("error: c.json:1: this is no JSON"), 0u);
  EXPECT_EQ(read("{} {}").find("error: c.json:1: this is no JSON"), 0u);
}

TEST(ConfigFile, DoesNotEndAtAZeroByte) {
  using namespace std::string_view_literals;
  EXPECT_EQ(read("{\"port\": 1}\n\0{\"lan\": true}"sv),
            "error: c.json:2: this is no JSON, it has a zero byte");
  EXPECT_EQ(read("{\"port\": 1} // \0\n"sv),
            "error: c.json:1: this is no JSON, it has a zero byte");
}

TEST(ConfigFile, IsFoundWhereTheUserKeepsSuchFiles) {
  const TempTree home{{"tinyserve/config.json", "{}"},
                      {"home/.config/tinyserve/config.json", "{}"}};
  EXPECT_EQ(find_user_config({{"XDG_CONFIG_HOME", home.path()}}),
            home.path("tinyserve/config.json"));
  EXPECT_EQ(find_user_config({{"HOME", home.path("home")}}),
            home.path("home/.config/tinyserve/config.json"));
  EXPECT_EQ(find_user_config({{"XDG_CONFIG_HOME", "relative"}, {"HOME", home.path("home")}}),
            home.path("home/.config/tinyserve/config.json"));
  EXPECT_EQ(find_user_config({{"HOME", home.path()}}), "");
  EXPECT_EQ(find_user_config({}), "");
}

// What `arguments` and `environment` make of the port.
std::string port_of(const std::vector<const char*>& arguments, const Environment& environment) {
  const auto settings = read_settings(arguments, environment);
  if (const auto* error = std::get_if<UsageError>(&settings)) return error->text;
  return std::to_string(std::get<Settings>(settings).config.net.port);
}

TEST(ConfigFile, IsOutvotedByVariablesAndFlags) {
  const TempTree home{{"tinyserve/config.json", "{\"port\": 1}"}, {"other.json", "{\"port\": 4}"}};
  const Environment user{{"XDG_CONFIG_HOME", home.path()}};
  EXPECT_EQ(port_of({}, user), "1");
  EXPECT_EQ(port_of({}, {{"XDG_CONFIG_HOME", home.path()}, {"TINYSERVE_PORT", "2"}}), "2");
  EXPECT_EQ(port_of({"--port", "3"}, user), "3");
  EXPECT_EQ(port_of({"--config", home.path("other.json").c_str()}, user), "4");
}

TEST(ConfigFile, SwitchesAChoiceOff) {
  const TempTree home{{"c.json", R"({"compress": false})"}};
  const std::string path = home.path("c.json");
  const auto read = read_settings(std::vector<const char*>{"--config", path.c_str()}, {});
  const auto* const settings = std::get_if<Settings>(&read);
  ASSERT_NE(settings, nullptr);
  EXPECT_EQ(settings->config.handlers.compression, handlers::Compression::kOff);
}

TEST(ConfigFile, IsNamedWithTheLineOfAWrongValue) {
  const TempTree home{{"c.json", "{\n\"port\": 70000}"}};
  const std::string path = home.path("c.json");
  EXPECT_EQ(port_of({"--config", path.c_str()}, {}),
            path + ":2: 'port': '70000' is not a port (0 to 65535)");
}

TEST(ConfigFile, ThatIsNamedMustBeThere) {
  EXPECT_EQ(port_of({"--config", "/nonexistent/c.json"}, {}),
            "cannot read the configuration '/nonexistent/c.json': No such file or directory");
  EXPECT_EQ(port_of({"--config", "/"}, {}), "cannot read the configuration '/': Is a directory");
}

}  // namespace
}  // namespace tinyserve::cmd
