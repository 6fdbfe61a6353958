#include "cmd/generate.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "cmd/quoting.h"

namespace tinyserve::cmd {
namespace {

// A flag whose text has all that some language takes for its own.
constexpr std::array kHardFlags{
    Flag{.name = "hard",
         .short_name = 'x',
         .metavar = "A:B",
         .default_text = "'q\\",
         .brief = R"(don't [x]: `id` $HOME "q" a|b * back\slash)",
         .details = "First one. .Second one. 'Third."},
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Generate, KnowsFiveKinds) {
  for (const char* kind : {"bash", "zsh", "fish", "man", "readme"}) {
    ASSERT_TRUE(generate(kind)) << kind;
    EXPECT_TRUE(generate(kind)->ends_with("\n")) << kind;
  }
  EXPECT_FALSE(generate("pdf"));
  EXPECT_FALSE(generate(""));
}

TEST(Generate, NamesEveryFlagInEveryKind) {
  for (const Flag& flag : kFlags) {
    const std::string name(flag.name);
    EXPECT_TRUE(has(*generate("bash"), " --" + name + " ") ||
                has(*generate("bash"), "'--" + name + " ") ||
                has(*generate("bash"), " --" + name + "'"))
        << name;
    EXPECT_NE(has(*generate("bash"), "--" + name + ")"), is_switch(flag)) << name;
    const std::string end = is_switch(flag) ? "" : value_is_optional(flag) ? "=-" : "=";
    EXPECT_TRUE(has(*generate("zsh"), "--" + name + end + "'[") ||
                has(*generate("zsh"), "--" + name + end + "}'["))
        << name;
    EXPECT_TRUE(has(*generate("fish"), " -l " + name + " ")) << name;
    const bool optional = value_is_optional(flag);
    const std::string in_manual = is_switch(flag) ? "\n" : optional ? " Ns Oo = Ns " : " Ns = Ns ";
    EXPECT_TRUE(has(*generate("man"), "Fl Fl " + name + in_manual)) << name;
    const std::string in_readme = is_switch(flag) ? "`" : optional ? "[=" : " ";
    EXPECT_TRUE(has(*generate("readme"), "`--" + name + in_readme)) << name;
  }
}

TEST(Generate, NamesEveryVariableInTheManual) {
  const std::string manual = *generate("man");
  EXPECT_TRUE(has(manual, ".It Ev TINYSERVE_PORT\n.Fl Fl port .\n"));
  EXPECT_TRUE(has(manual, ".It Ev TINYSERVE_NO_API\n.Fl Fl no-api ,\nwhen it is 1.\n"));
  EXPECT_FALSE(has(manual, "TINYSERVE_HELP"));
}

TEST(Generate, FillsTheHolesOfTheManual) {
  const std::string manual = *generate("man");
  EXPECT_FALSE(has(manual, "hole:"));
  EXPECT_TRUE(has(manual, manual_options(kFlags)));
  EXPECT_TRUE(has(manual, manual_environment(kFlags)));
}

TEST(Generate, QuotesTextsForZsh) {
  EXPECT_TRUE(
      has(zsh_completion(kHardFlags),
          R"('(-x --hard)'{-x+,--hard=}'[don'\''t \[x\]\: `id` $HOME "q" a|b * back\\slash])"
          R"(:A\:B: ')"));
}

TEST(Generate, QuotesTextsForFish) {
  EXPECT_TRUE(has(fish_completion(kHardFlags),
                  R"( -s x -l hard -x -d 'don\'t [x]: `id` $HOME "q" a|b * back\\slash')"));
}

TEST(Generate, GivesBashNamesOnly) {
  const std::string script = bash_completion(kHardFlags);
  EXPECT_TRUE(has(script, "compgen -W \\\n      '-x --hard' \\\n"));
  EXPECT_FALSE(has(script, "don't"));
}

TEST(Generate, KeepsTheManualFreeOfAccidentalRequests) {
  EXPECT_EQ(manual_options(kHardFlags), R"(.Bl -tag -width Ds
.It Fl x , Fl Fl hard Ns = Ns Ar A:B
Don't [x]: `id` $HOME "q" a|b * back\eslash.
First one.
\&.Second one.
\&'Third.
The default is
.Ql "\&'q\e" .
.El
)");
}

TEST(Generate, BreaksTheLinesOfTheManual) {
  const std::array flags{Flag{
      .name = "long",
      .brief = "one two three four five six seven eight nine ten eleven twelve thirteen padding 'x "
               "y"}};
  EXPECT_TRUE(has(manual_options(flags), " twelve thirteen padding\n\\&'x y.\n"))
      << manual_options(flags);
}

TEST(Generate, KeepsTheColumnsOfTheReadme) {
  EXPECT_EQ(readme_table(kHardFlags),
            "| flag | default | meaning |\n"
            "|---|---|---|\n"
            "| `-x`, `--hard A:B` | 'q\\\\ | don't \\[x\\]: \\`id\\` $HOME \"q\" a\\|b \\* "
            "back\\\\slash |\n");
}

TEST(Quoting, MakesOneWordOfAnyText) {
  EXPECT_EQ(shell_quoted(""), "''");
  EXPECT_EQ(shell_quoted("a'b'"), R"('a'\''b'\''')");
}

TEST(Quoting, ReplacesEveryPlaceOnce) {
  EXPECT_EQ(with_replaced("a.b..", ".", ".."), "a..b....");
  EXPECT_EQ(with_replaced("abc", "x", "y"), "abc");
}

}  // namespace
}  // namespace tinyserve::cmd
