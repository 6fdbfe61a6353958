#include "base/result.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

namespace tinyserve {
namespace {

Result<std::string> greet() { return std::string("hello"); }
Result<std::string> refuse() { return fail("listen", EADDRINUSE); }

TEST(Result, HoldsAValue) {
  const Result<std::string> result = greet();
  EXPECT_TRUE(result.has_value());
  EXPECT_TRUE(static_cast<bool>(result));
  EXPECT_EQ(result.value(), "hello");
  EXPECT_EQ(*result, "hello");
  EXPECT_EQ(result->size(), 5U);
}

TEST(Result, HoldsAnErrorThatNamesTheOperation) {
  const Result<std::string> result = refuse();
  EXPECT_FALSE(result.has_value());
  EXPECT_FALSE(static_cast<bool>(result));
  EXPECT_STREQ(result.error().operation, "listen");
  EXPECT_EQ(result.error().message(), "listen: Address already in use");
  EXPECT_TRUE(result.error().is(EADDRINUSE));
  EXPECT_FALSE(result.error().is(EACCES));
}

TEST(Result, TakesErrnoWhenNoNumberIsGiven) {
  errno = ENOENT;
  const Error error = fail("openat2");
  EXPECT_TRUE(error.is(ENOENT));
  EXPECT_EQ(error.message(), "openat2: No such file or directory");
}

TEST(Result, GivesItsValueUpWhenItIsMovedFrom) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(result).value();
  ASSERT_NE(taken, nullptr);
  EXPECT_EQ(*taken, 7);
  EXPECT_EQ(*result, nullptr);
}

TEST(Result, LetsItsValueBeChanged) {
  Result<std::string> result = greet();
  result->append(" world");
  *result += "!";
  EXPECT_EQ(result.value(), "hello world!");
}

TEST(Result, OfNothingIsASuccessOrAnError) {
  const Result<void> good;
  EXPECT_TRUE(good.has_value());
  const Result<void> bad = fail("bind", EACCES);
  EXPECT_FALSE(bad.has_value());
  EXPECT_FALSE(static_cast<bool>(bad));
  EXPECT_EQ(bad.error().message(), "bind: Permission denied");
}

TEST(ResultDeathTest, ReadingWhatIsNotThereStopsTheProgram) {
  EXPECT_DEATH(static_cast<void>(refuse().value()), "internal error.*has_value");
  EXPECT_DEATH(static_cast<void>(greet().error()), "internal error.*has_value");
  EXPECT_DEATH(static_cast<void>(Result<void>().error()), "internal error.*has_value");
}

}  // namespace
}  // namespace tinyserve
