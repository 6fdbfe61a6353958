#include "http/plan.h"
#include "support/asked_request.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tinyserve::http {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr Condition kFile{"\"a\"", 784111777, 1'500'000'000};  // last modified at kDate

struct Asked : test::AskedRequest {
  explicit Asked(const std::string& fields, const std::string& method = "GET")
      : AskedRequest(method + " / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") {}
};

Verdict verdict(const std::string& fields, const Condition& file = kFile) {
  return check_preconditions(Asked(fields).request(), file);
}

std::string line(std::string_view name, std::string_view value) {
  return std::string(name) + ": " + std::string(value) + "\r\n";
}

// "whole", "none", or the parts of ten bytes: "0-4 7-9".
std::string range(const std::string& fields, const std::string& method = "GET",
                  const Condition& file = kFile) {
  const RangeAnswer answer = choose_range(Asked(fields, method).request(), file, 10);
  if (answer.kind() == RangeAnswer::Kind::kWhole) return "whole";
  if (answer.kind() == RangeAnswer::Kind::kUnsatisfiable) return "none";
  std::string text;
  for (const ByteRange part : answer.parts()) {
    if (!text.empty()) text += ' ';
    text += std::to_string(part.first) + '-' + std::to_string(part.last);
  }
  return text;
}

// --- preconditions
// --------------------------------------------------------------------------------

TEST(Plan, ProceedsWithoutConditions) {
  EXPECT_EQ(verdict(""), Verdict::kProceed);
  EXPECT_EQ(verdict("Range: bytes=0-4\r\n"), Verdict::kProceed);
}

TEST(Plan, ChecksEachConditionAgainstTheFile) {  // RFC 9110 §13.1
  EXPECT_EQ(verdict("If-Match: \"a\"\r\n"), Verdict::kProceed);
  EXPECT_EQ(verdict("If-Match: W/\"a\"\r\n"), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict("If-Match: \"b\"\r\n"), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict("If-None-Match: W/\"a\"\r\n"), Verdict::kNotModified);
  EXPECT_EQ(verdict("If-None-Match: \"b\"\r\n"), Verdict::kProceed);
  EXPECT_EQ(verdict(line("If-Modified-Since", kDate)), Verdict::kNotModified);
  EXPECT_EQ(verdict("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), Verdict::kProceed);
  EXPECT_EQ(verdict(line("If-Unmodified-Since", kDate)), Verdict::kProceed);
  EXPECT_EQ(verdict("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"),
            Verdict::kPreconditionFailed);
}

TEST(Plan, KnowsAWeakTagOfOurOwn) {  // RFC 9110 §8.8.3.2
  const Condition weak{"W/\"a\"", 784111777, 1'500'000'000};
  EXPECT_EQ(verdict("If-None-Match: W/\"a\"\r\n", weak), Verdict::kNotModified);
  EXPECT_EQ(verdict("If-None-Match: \"a\"\r\n", weak), Verdict::kNotModified);
  EXPECT_EQ(verdict("If-None-Match: W/\"b\"\r\n", weak), Verdict::kProceed);
  EXPECT_EQ(verdict("If-Match: W/\"a\"\r\n", weak), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict("If-Match: \"a\"\r\n", weak), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict("If-Match: *\r\n", weak), Verdict::kProceed);
}

TEST(Plan, ReadsAListOverAllItsLines) {  // RFC 9110 §5.3
  EXPECT_EQ(verdict("If-None-Match: \"x\"\r\nIf-None-Match: \"a\"\r\n"), Verdict::kNotModified);
  EXPECT_EQ(verdict("If-Match: \"x\"\r\nIf-Match: \"y\", \"a\"\r\n"), Verdict::kProceed);
}

TEST(Plan, GivesTagsPrecedenceOverDates) {  // RFC 9110 §13.2.2
  const std::string earlier = "Sun, 06 Nov 1994 08:49:36 GMT";
  EXPECT_EQ(verdict("If-Match: \"a\"\r\n" + line("If-Unmodified-Since", earlier)),
            Verdict::kProceed);
  EXPECT_EQ(verdict("If-None-Match: \"b\"\r\n" + line("If-Modified-Since", kDate)),
            Verdict::kProceed);
  EXPECT_EQ(verdict("If-None-Match: \"a\"\r\n" + line("If-Modified-Since", earlier)),
            Verdict::kNotModified);
  // The conditions for 412 come before those for 304.
  EXPECT_EQ(verdict("If-None-Match: \"a\"\r\nIf-Match: \"b\"\r\n"), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict("If-None-Match: \"a\"\r\n" + line("If-Unmodified-Since", earlier)),
            Verdict::kPreconditionFailed);
}

TEST(Plan, TakesADateThatRepeatsForNone) {  // RFC 9110 §13.1.3, §13.1.4
  EXPECT_EQ(verdict(line("If-Modified-Since", kDate) + line("If-Modified-Since", kDate)),
            Verdict::kProceed);
  const std::string failing = "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n";
  EXPECT_EQ(verdict(failing + failing), Verdict::kProceed);
}

TEST(Plan, ComparesNoDateWithAFileThatHasNone) {
  const Condition undated{"\"a\"", std::nullopt, 1'500'000'000};
  EXPECT_EQ(verdict(line("If-Modified-Since", kDate), undated), Verdict::kProceed);
  EXPECT_EQ(verdict("If-Unmodified-Since: Sun, 06 Nov 1960 08:49:37 GMT\r\n", undated),
            Verdict::kProceed);
}

// --- changes  ------------------------------------------------------------------------------------

bool may_change_file(const std::string& fields) {
  return may_change(Asked(fields, "PUT").request(), kFile);
}
bool may_create(const std::string& fields) {
  return may_change(Asked(fields, "PUT").request(), std::nullopt);
}

TEST(Plan, LetsAFileBeChangedThatIsWhatTheClientThinks) {  // RFC 9110 §13.2.2
  EXPECT_TRUE(may_change_file(""));
  EXPECT_TRUE(may_change_file("If-Match: \"a\"\r\n"));
  EXPECT_TRUE(may_change_file("If-Match: *\r\n"));
  EXPECT_FALSE(may_change_file("If-Match: W/\"a\"\r\n"));
  EXPECT_FALSE(may_change_file("If-Match: \"b\"\r\n"));
  EXPECT_FALSE(may_change_file("If-Match:\r\n"));
  EXPECT_TRUE(may_change_file(line("If-Unmodified-Since", kDate)));
  EXPECT_FALSE(may_change_file("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"));
  EXPECT_FALSE(may_change_file("If-None-Match: *\r\n"));
  EXPECT_FALSE(may_change_file("If-None-Match: W/\"a\"\r\n"));
  EXPECT_TRUE(may_change_file("If-None-Match: \"b\"\r\n"));
}

TEST(Plan, TakesIfModifiedSinceForNoConditionOfAChange) {  // RFC 9110 §13.1.3
  EXPECT_TRUE(may_change_file(line("If-Modified-Since", kDate)));
}

TEST(Plan, LetsAFileBeCreatedUnlessOneIsExpected) {
  EXPECT_TRUE(may_create(""));
  EXPECT_TRUE(may_create("If-None-Match: *\r\n"));
  EXPECT_TRUE(may_create("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"));
  EXPECT_FALSE(may_create("If-Match: *\r\n"));
  EXPECT_FALSE(may_create("If-Match: \"a\"\r\n"));
}

// --- ranges
// ---------------------------------------------------------------------------------------

TEST(Plan, SendsAllWithoutARange) { EXPECT_EQ(range(""), "whole"); }

TEST(Plan, SendsTheBytesThatAreAskedFor) {
  EXPECT_EQ(range("Range: bytes=0-4\r\n"), "0-4");
  EXPECT_EQ(range("Range: bytes=-2,0-0\r\n"), "8-9 0-0");
  EXPECT_EQ(range("Range: bytes=10-\r\n"), "none");
}

TEST(Plan, HasRangesForGetAlone) {  // RFC 9110 §14.2
  for (const std::string method : {"HEAD", "POST"}) {
    EXPECT_EQ(range("Range: bytes=0-4\r\n", method), "whole") << method;
    EXPECT_EQ(range("Range: bytes=10-\r\n", method), "whole") << method;
  }
}

TEST(Plan, TakesARangeThatRepeatsForNone) {
  EXPECT_EQ(range("Range: bytes=0-4\r\nRange: bytes=0-4\r\n"), "whole");
}

TEST(Plan, SendsAPartOnlyOfTheVersionThatIsMeant) {  // RFC 9110 §13.1.5
  const std::string asked = "Range: bytes=0-4\r\n";
  EXPECT_EQ(range(asked + "If-Range: \"a\"\r\n"), "0-4");
  EXPECT_EQ(range(asked + "If-Range: W/\"a\"\r\n"), "whole");
  EXPECT_EQ(range(asked + "If-Range: \"b\"\r\n"), "whole");
  EXPECT_EQ(range(asked + line("If-Range", kDate)), "0-4");
  EXPECT_EQ(range(asked + "If-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n"), "whole");
  EXPECT_EQ(range(asked + "If-Range: nonsense\r\n"), "whole");
}

TEST(Plan, SendsAllOfAnotherVersionRatherThanSayItHasNoSuchBytes) {
  EXPECT_EQ(range("Range: bytes=10-\r\nIf-Range: \"a\"\r\n"), "none");
  EXPECT_EQ(range("Range: bytes=10-\r\nIf-Range: \"b\"\r\n"), "whole");
}

TEST(Plan, TakesNoPartWhereIfRangeRepeats) {
  EXPECT_EQ(range("Range: bytes=0-4\r\nIf-Range: \"a\"\r\nIf-Range: \"a\"\r\n"), "whole");
}

TEST(Plan, ReadsYearsOfTwoDigitsRelativeToNow) {  // RFC 9110 §5.6.7
  const std::string asked = "Range: bytes=0-4\r\nIf-Range: Sunday, 06-Nov-94 08:49:37 GMT\r\n";
  EXPECT_EQ(range(asked), "0-4");
  // In 2050 it means 2094, which is no more than fifty years ahead.
  EXPECT_EQ(range(asked, "GET", {"\"a\"", 784111777, 2'540'000'000}), "whole");
}

}  // namespace
}  // namespace tinyserve::http
