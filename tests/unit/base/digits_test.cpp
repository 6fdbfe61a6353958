#include "base/digits.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

namespace tinyserve {
namespace {

std::string number(std::uint64_t value) {
  std::array<char, kDigitsRoom> text{};
  return {text.data(), put_number(text.data(), value)};
}

std::string three(std::uint64_t value) {
  std::array<char, kDigitsRoom> text{};
  return {text.data(), put_three(text.data(), value)};
}

TEST(Digits, SpellsANumberWithoutLeadingZeros) {
  for (std::uint64_t value = 0; value < 10'000; ++value) {
    ASSERT_EQ(number(value), std::to_string(value));
  }
}

TEST(Digits, SpellsANumberOfEveryLength) {
  for (std::uint64_t power = 1; power <= UINT64_MAX / 10; power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1, 3 * power, power * 10 - 1}) {
      ASSERT_EQ(number(value), std::to_string(value));
    }
  }
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(9), "9");
  EXPECT_EQ(number(10), "10");
  EXPECT_EQ(number(9223372036854775807U), "9223372036854775807");
  EXPECT_EQ(number(10'000'000'000'000'000'000U), "10000000000000000000");
  EXPECT_EQ(number(UINT64_MAX), "18446744073709551615");
}

TEST(Digits, PutsTextAlsoWhereThereIsNone) {
  std::string room(8, '.');
  char* const end = put_text(put_text(put_text(room.data(), "ab"), {}), "cd");
  EXPECT_EQ(end, room.data() + 4);
  EXPECT_EQ(room, "abcd....");
}

TEST(Digits, KeepsTheZerosOfThree) {
  EXPECT_EQ(three(0), "000");
  EXPECT_EQ(three(7), "007");
  EXPECT_EQ(three(70), "070");
  EXPECT_EQ(three(999), "999");
}

}  // namespace
}  // namespace tinyserve
