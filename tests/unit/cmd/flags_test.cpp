#include "cmd/flags.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace tinyserve::cmd {
namespace {

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

TEST(Flags, HaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  std::set<char> letters;
  for (const Flag& flag : kFlags) {
    EXPECT_TRUE(names.insert(flag.name).second) << flag.name;
    if (flag.short_name != '\0') {
      EXPECT_TRUE(letters.insert(flag.short_name).second) << flag.name;
    }
  }
}

TEST(Flags, AreNamedInSmallLettersDigitsAndDashes) {
  for (const Flag& flag : kFlags) {
    EXPECT_GE(flag.name.size(), 3u);
    EXPECT_EQ(flag.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"),
              std::string_view::npos)
        << flag.name;
    EXPECT_NE(flag.name.front(), '-') << flag.name;
  }
}

TEST(Flags, HaveTextsThatShellsAndManualPagesCanHold) {
  for (const Flag& flag : kFlags) {
    EXPECT_FALSE(flag.brief.empty()) << flag.name;
    EXPECT_FALSE(flag.brief.ends_with('.')) << flag.name;
    for (const auto text : {flag.brief, flag.metavar, flag.choices, flag.default_text}) {
      EXPECT_TRUE(is_plain_ascii(text)) << flag.name << ": " << text;
    }
  }
}

TEST(Flags, ThatAreSwitchesHaveNoValueToDescribe) {
  for (const Flag& flag : kFlags) {
    if (!is_switch(flag)) continue;
    EXPECT_EQ(flag.kind, ValueKind::kNone) << flag.name;
    EXPECT_EQ(flag.default_text, "") << flag.name;
    EXPECT_FALSE(flag.repeatable) << flag.name;
  }
}

TEST(Flags, NameChoicesExactlyWhereOneIsToBeMade) {
  for (const Flag& flag : kFlags) {
    const bool has_choices = flag.kind == ValueKind::kChoice || flag.kind == ValueKind::kWord;
    EXPECT_EQ(has_choices, !flag.choices.empty()) << flag.name;
    if (flag.choices.empty()) continue;
    const std::string bounded = "|" + std::string(flag.choices) + "|";
    const std::string_view choice = value_is_optional(flag) ? flag.implied : flag.default_text;
    EXPECT_NE(bounded.find("|" + std::string(choice) + "|"), std::string::npos) << flag.name;
  }
}

TEST(Flags, ImplyAValueOnlyWhereTheyTakeOne) {
  for (const Flag& flag : kFlags) {
    if (!value_is_optional(flag)) continue;
    EXPECT_FALSE(is_switch(flag)) << flag.name;
    EXPECT_EQ(flag.short_name, '\0') << flag.name << ": -xVALUE would be several switches";
    EXPECT_EQ(flag.default_text, "") << flag.name << ": brackets hold the implied value";
  }
}

TEST(Flags, AreQuestionsOnlyWhenTheyAreSwitches) {
  for (const Flag& flag : kFlags) {
    EXPECT_TRUE(flag.role != Role::kQuestion || is_switch(flag)) << flag.name;
  }
}

TEST(Flags, AreFoundByTheirLongName) {
  ASSERT_NE(find_flag("port"), nullptr);
  EXPECT_EQ(find_flag("port")->short_name, 'p');
  EXPECT_EQ(find_flag("por"), nullptr);
  EXPECT_EQ(find_flag(""), nullptr);
}

}  // namespace
}  // namespace tinyserve::cmd
