#include "cmd/options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tinyserve::cmd {
namespace {

using Arguments = std::vector<const char*>;

// What was read, as "name=value,value name=value ", or the error with "error: " before it.
std::string read(const Arguments& arguments, const Environment& environment = {}) {
  const auto result = read_options(arguments, environment);
  if (const auto* error = std::get_if<UsageError>(&result)) return "error: " + error->text;
  std::string text;
  for (const auto& [name, values] : std::get<RawOptions>(result)) {
    text += std::string(name) + "=";
    for (const std::string& value : values.texts) text += value + ",";
    text += values.layer == Layer::kEnvironment ? "(env) " : " ";
  }
  return text;
}

TEST(Options, AreEmptyWhenNothingIsSaid) { EXPECT_EQ(read({}), ""); }

TEST(Options, TakeValuesInEveryUsualForm) {
  EXPECT_EQ(read({"--port", "80"}), "port=80, ");
  EXPECT_EQ(read({"--port=80"}), "port=80, ");
  EXPECT_EQ(read({"-p", "80"}), "port=80, ");
  EXPECT_EQ(read({"-p80"}), "port=80, ");
  EXPECT_EQ(read({"-qp", "80"}), "port=80, quiet=1, ");
}

TEST(Options, KeepAllValuesInTheirOrder) {
  EXPECT_EQ(read({"--port", "1", "--port=2"}), "port=1,2, ");
  EXPECT_EQ(read({"--index", "a", "--index", "b"}), "index=a,b, ");
}

TEST(Options, TakeOneValuePerFlagAndLeaveTheNextArgumentToRoot) {
  EXPECT_EQ(read({"--index", "a", "b"}), "index=a, root=b, ");
}

TEST(Options, TakeASwitchThatIsRepeatedAsOne) { EXPECT_EQ(read({"-vv", "-v"}), "verbose=1, "); }

TEST(Options, TakeAnOptionalValueBehindAnEqualsSignOnly) {
  EXPECT_EQ(read({"--spa", "site"}), "root=site, spa=index.html, ");
  EXPECT_EQ(read({"--spa=app.html", "site"}), "root=site, spa=app.html, ");
  EXPECT_EQ(read({"--cors", "--cors=http://a.example"}), "cors=*,http://a.example, ");
  EXPECT_EQ(read({"--spa="}), "error: --spa needs a value: --spa FILE");
  EXPECT_EQ(read({"--spa", "app.html", "site"}),
            "error: only one ROOT can be served, but 'app.html' and 'site' were given; the value "
            "of --spa is written --spa=FILE");
}

TEST(Options, TakeAnOptionalValueFromTheEnvironment) {
  EXPECT_EQ(read({}, {{"TINYSERVE_SPA", "1"}}), "spa=index.html,(env) ");
  EXPECT_EQ(read({}, {{"TINYSERVE_SPA", "app.html"}}), "spa=app.html,(env) ");
  EXPECT_EQ(read({}, {{"TINYSERVE_SPA", "0"}}), "spa=(env) ");
  EXPECT_EQ(read({"--cors=http://a.example"}, {{"TINYSERVE_CORS", "1"}}),
            "cors=http://a.example, ");
}

TEST(Options, SplitFieldsFromTheEnvironmentAtLineFeeds) {
  EXPECT_EQ(read({}, {{"TINYSERVE_HEADER", "A: b, c\nD: e"}}), "header=A: b, c,D: e,(env) ");
}

TEST(Options, TakeRootBeforeBetweenAndBehindTheFlags) {
  EXPECT_EQ(read({"site", "-q"}), "quiet=1, root=site, ");
  EXPECT_EQ(read({"-q", "site"}), "quiet=1, root=site, ");
}

TEST(Options, LeaveBracketsAlone) {
  EXPECT_EQ(read({"[id]"}), "root=[id], ");
  EXPECT_EQ(read({"--bind", "[::1]", "--root=[a,b]"}), "bind=[::1], root=[a,b], ");
}

TEST(Options, TakeTheSameRootTwiceButNotTwoRoots) {
  EXPECT_EQ(read({"site", "--root", "site"}), "root=site, ");
  EXPECT_EQ(read({"site", "--root", "other"}),
            "error: ROOT is given twice, as 'site' and as --root 'other'; leave one out");
  EXPECT_EQ(read({"a", "b"}), "error: only one ROOT can be served, but 'a' and 'b' were given");
}

// Both halves, with a bar between, or the error.
std::string split(const Arguments& arguments) {
  const auto result = split_command_line(arguments);
  if (const auto* error = std::get_if<UsageError>(&result)) return "error: " + error->text;
  const auto& line = std::get<CommandLine>(result);
  std::string text;
  for (const char* argument : line.own) text += std::string(argument) + " ";
  text += "|";
  for (const char* argument : line.command) text += std::string(" ") + argument;
  return text;
}

TEST(Options, EndWhereTheCommandBegins) {
  EXPECT_EQ(split({}), "|");
  EXPECT_EQ(split({"site", "-q"}), "site -q |");
  EXPECT_EQ(split({"site", "--", "npm", "test", "--", "-q"}), "site | npm test -- -q");
  EXPECT_EQ(split({"--", "true"}), "| true");
  EXPECT_EQ(split({"site", "--"}),
            "error: no command follows the two dashes; for a ROOT that begins with one write "
            "--root=ROOT");
}

TEST(Options, SuggestTheNearestFlag) {
  EXPECT_EQ(read({"--prot", "3"}), "error: unknown flag '--prot'; did you mean '--port'?");
  EXPECT_EQ(read({"--prot=3"}), "error: unknown flag '--prot'; did you mean '--port'?");
  EXPECT_EQ(read({"--log_format=json"}),
            "error: unknown flag '--log_format'; did you mean '--log-format'?");
  EXPECT_EQ(read({"--nolisting"}),
            "error: unknown flag '--nolisting'; did you mean '--no-listing'?");
}

TEST(Options, SuggestNothingWhereNothingIsNear) {
  EXPECT_EQ(read({"--frobnicate"}),
            "error: unknown flag '--frobnicate'; 'tinyserve --help' names them all");
  EXPECT_EQ(read({"-x"}), "error: unknown flag '-x'; 'tinyserve --help' names them all");
  EXPECT_EQ(read({"-qx"}), "error: unknown flag '-x'; 'tinyserve --help' names them all");
  EXPECT_EQ(read({"-5"}), "error: unknown flag '-5'; 'tinyserve --help' names them all");
}

TEST(Options, AskForAMissingValue) {
  EXPECT_EQ(read({"--port"}), "error: --port needs a value: --port N");
  EXPECT_EQ(read({"-p"}), "error: --port needs a value: --port N");
  EXPECT_EQ(read({"-qp"}), "error: --port needs a value: --port N");
  EXPECT_EQ(read({"--port=", "site"}), "error: --port needs a value: --port N");
  EXPECT_EQ(read({"--log-file", "--quiet"}),
            "error: --log-file needs a value: --log-file PATH ('--quiet' follows)");
}

TEST(Options, RefuseAValueForASwitch) {
  EXPECT_EQ(read({"--quiet=no"}), "error: --quiet takes no value");
  EXPECT_EQ(read({"--quiet=0"}), "error: --quiet takes no value");
}

TEST(Options, ComeFromTheEnvironmentWhereNoFlagIsGiven) {
  const Environment environment{{"TINYSERVE_PORT", "80"}, {"TINYSERVE_LOG_FILE", "x.log"}};
  EXPECT_EQ(read({}, environment), "log-file=x.log,(env) port=80,(env) ");
  EXPECT_EQ(read({"--port", "81"}, environment), "log-file=x.log,(env) port=81, ");
}

TEST(Options, TakeRootFromTheEnvironmentAfterThePositional) {
  EXPECT_EQ(read({}, {{"TINYSERVE_ROOT", "there"}}), "root=there,(env) ");
  EXPECT_EQ(read({"here"}, {{"TINYSERVE_ROOT", "there"}}), "root=here, ");
}

TEST(Options, SplitListsFromTheEnvironmentAtCommas) {
  EXPECT_EQ(read({}, {{"TINYSERVE_INDEX", "a.html, b.html,,"}}), "index=a.html,b.html,(env) ");
  EXPECT_EQ(read({"--index", "c"}, {{"TINYSERVE_INDEX", "a,b"}}), "index=c, ");
  EXPECT_EQ(read({}, {{"TINYSERVE_ROOT", "a,b"}}), "root=a,b,(env) ");
}

TEST(Options, TakeSwitchesFromTheEnvironmentAsOneOrZero) {
  EXPECT_EQ(read({}, {{"TINYSERVE_NO_API", "1"}}), "no-api=1,(env) ");
  EXPECT_EQ(read({}, {{"TINYSERVE_NO_API", "0"}}), "no-api=0,(env) ");
  EXPECT_EQ(read({}, {{"TINYSERVE_NO_API", "yes"}}),
            "error: TINYSERVE_NO_API: 'yes' is neither 1 nor 0");
}

TEST(Options, TakeAnEmptyVariableAsUnset) {
  EXPECT_EQ(read({}, {{"TINYSERVE_PORT", ""}, {"TINYSERVE_NO_API", ""}}), "");
}

TEST(Options, DoNotLetTheEnvironmentAskQuestions) {
  EXPECT_EQ(read({}, {{"TINYSERVE_VERSION", "2.7"}, {"TINYSERVE_HELP", "1"}}), "");
}

TEST(Options, AnswerQuestionsWhateverElseIsWrong) {
  EXPECT_EQ(find_question(Arguments{"--prot", "--help"}), "help");
  EXPECT_EQ(find_question(Arguments{"--port", "-V"}), "version");
  EXPECT_EQ(find_question(Arguments{"-qh"}), "help");
  EXPECT_EQ(find_question(Arguments{"--version", "--help"}), "version");
}

TEST(Options, SeeNoQuestionWhereNoneIsAsked) {
  EXPECT_EQ(find_question(Arguments{}), "");
  EXPECT_EQ(find_question(Arguments{"site", "-q", "-phV"}), "");
}

TEST(Options, NameTheirSources) {
  EXPECT_EQ(variable_of(*find_flag("log-format")), "TINYSERVE_LOG_FORMAT");
  const auto raw = read_options(Arguments{"-p", "1"}, {{"TINYSERVE_INDEX", "a"}});
  EXPECT_EQ(std::get<RawOptions>(raw).at("port").source, "--port");
  EXPECT_EQ(std::get<RawOptions>(raw).at("index").source, "TINYSERVE_INDEX");
}

TEST(Environment, IsReadFromTheProcess) {
  const char* const entries[] = {"A=1", "B=", "C=x=y", "broken", nullptr};
  EXPECT_EQ(read_environment(entries), (Environment{{"A", "1"}, {"B", ""}, {"C", "x=y"}}));
}

}  // namespace
}  // namespace tinyserve::cmd
