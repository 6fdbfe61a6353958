#include "cmd/help.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "cmd/flags.h"

namespace tinyserve::cmd {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Help, BeginsWithUsageAndThreeExamples) {
  const auto lines = lines_of(help_text());
  ASSERT_GT(lines.size(), 5u);
  EXPECT_EQ(lines[0], "Usage: tinyserve [FLAGS] [ROOT] [-- COMMAND...]");
  EXPECT_EQ(lines[1], "");
  for (int i = 2; i < 5; ++i) {
    EXPECT_EQ(lines[static_cast<std::size_t>(i)].find("  tinyserve "), 0u);
  }
  EXPECT_EQ(lines[5], "");
}

TEST(Help, FitsOnAPage) {
  const auto lines = lines_of(help_text());
  EXPECT_LT(lines.size(), 60u);
  for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
}

TEST(Help, NamesEveryFlagOnce) {
  const auto lines = lines_of(help_text());
  for (const Flag& flag : kFlags) {
    const std::string name = "--" + std::string(flag.name);
    const auto names_flag = [&name](const std::string& line) {
      // Behind "  -p, " or as many spaces.
      return line.find(name) == 6 && line.find_first_of(" [", 6) == 6 + name.size();
    };
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(), names_flag), 1) << name;
  }
}

TEST(Help, ShowsValuesDefaultsAndChoices) {
  const std::string help = help_text();
  EXPECT_NE(help.find("  -p, --port N                   port; 0 takes any free one [8080]\n"),
            std::string::npos);
  EXPECT_NE(help.find("      --color auto|always|never  colour in messages and the log [auto]\n"),
            std::string::npos);
  EXPECT_NE(
      help.find("      --log-format FORMAT        as json, pretty, combined, common, none [json]"
                "\n"),
      std::string::npos);
  EXPECT_NE(help.find("      --cors[=ORIGIN]...         let pages of ORIGIN read what is served [*]"
                      "\n"),
            std::string::npos);
  EXPECT_NE(help.find("      --index NAME...            answers for its directory [index.html]\n"),
            std::string::npos);
}

TEST(Version, StandsAloneOnTheFirstLine) {
  const auto lines = lines_of(version_text());
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines[0].find("tinyserve "), 0u);
  const std::string number = lines[0].substr(10);
  EXPECT_EQ(number.find_first_not_of("0123456789."), std::string::npos) << number;
  EXPECT_EQ(std::count(number.begin(), number.end(), '.'), 2) << number;
}

}  // namespace
}  // namespace tinyserve::cmd
