#include "http/conditional.h"

#include <gtest/gtest.h>

#include <vector>

namespace tinyserve::http {
namespace {

constexpr std::int64_t kNow = 1'795'342'530;
constexpr std::string_view kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kExact = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kLater = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr Validators kOurs{{false, R"("abc")"}, 784'111'777};
constexpr Validators kNone{};

// The conditions of a request, in words.
struct Asked {
  std::vector<std::string_view> if_match = {};
  std::vector<std::string_view> if_none_match = {};
  std::optional<std::string_view> if_modified_since = {};
  std::optional<std::string_view> if_unmodified_since = {};
};

Verdict verdict(const Asked& asked, const Validators& ours = kOurs) {
  const Preconditions preconditions{asked.if_match, asked.if_none_match, asked.if_modified_since,
                                    asked.if_unmodified_since, std::nullopt};
  return evaluate(preconditions, ours, kNow);
}

bool range_counts(std::optional<std::string_view> if_range, const Validators& ours = kOurs) {
  Preconditions preconditions;
  preconditions.if_range = if_range;
  return if_range_holds(preconditions, ours, kNow);
}

TEST(Conditional, ProceedsWithoutConditions) { EXPECT_EQ(verdict({}), Verdict::kProceed); }

TEST(IfMatch, ComparesStrongly) {  // RFC 9110 §13.1.1
  EXPECT_EQ(verdict({.if_match = {R"("x", "abc")"}}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_match = {R"("x")"}}), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict({.if_match = {R"(W/"abc")"}}), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict({.if_match = {"abc"}}), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict({.if_match = {""}}), Verdict::kPreconditionFailed);
}

TEST(IfMatch, TakesAStarForWhateverExists) {
  EXPECT_EQ(verdict({.if_match = {"*"}}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_match = {"*"}}, kNone), Verdict::kProceed);
}

TEST(IfMatch, FailsWhereWeHaveNoTag) {
  EXPECT_EQ(verdict({.if_match = {R"("abc")"}}, kNone), Verdict::kPreconditionFailed);
}

TEST(IfUnmodifiedSince, FailsWhenOursIsLater) {  // RFC 9110 §13.1.4
  EXPECT_EQ(verdict({.if_unmodified_since = kEarlier}), Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict({.if_unmodified_since = kExact}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_unmodified_since = kLater}), Verdict::kProceed);
}

TEST(IfUnmodifiedSince, IsIgnoredWhenInvalid) {
  EXPECT_EQ(verdict({.if_unmodified_since = "yesterday"}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_unmodified_since = "Sun, 31 Feb 1990 08:49:37 GMT"}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_unmodified_since = kEarlier}, kNone), Verdict::kProceed);
}

TEST(IfUnmodifiedSince, DoesNotCountNextToIfMatch) {  // RFC 9110 §13.2.2, step 2
  EXPECT_EQ(verdict({.if_match = {R"("abc")"}, .if_unmodified_since = kEarlier}),
            Verdict::kProceed);
}

TEST(IfNoneMatch, ComparesWeakly) {  // RFC 9110 §13.1.2
  EXPECT_EQ(verdict({.if_none_match = {R"("abc")"}}), Verdict::kNotModified);
  EXPECT_EQ(verdict({.if_none_match = {R"(W/"abc")"}}), Verdict::kNotModified);
  EXPECT_EQ(verdict({.if_none_match = {R"("x")", R"("y", "abc")"}}), Verdict::kNotModified);
  EXPECT_EQ(verdict({.if_none_match = {"*"}}), Verdict::kNotModified);
  EXPECT_EQ(verdict({.if_none_match = {R"("x")"}}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_none_match = {"abc"}}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_none_match = {R"("abc")"}}, kNone), Verdict::kProceed);
}

TEST(IfModifiedSince, HoldsWhenOursIsLater) {  // RFC 9110 §13.1.3
  EXPECT_EQ(verdict({.if_modified_since = kEarlier}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_modified_since = kExact}), Verdict::kNotModified);
  EXPECT_EQ(verdict({.if_modified_since = kLater}), Verdict::kNotModified);
}

TEST(IfModifiedSince, ReadsTheObsoleteForms) {
  EXPECT_EQ(verdict({.if_modified_since = "Sunday, 06-Nov-94 08:49:37 GMT"}),
            Verdict::kNotModified);
  EXPECT_EQ(verdict({.if_modified_since = "Sun Nov  6 08:49:37 1994"}), Verdict::kNotModified);
}

TEST(IfModifiedSince, IsIgnoredWhenInvalid) {
  EXPECT_EQ(verdict({.if_modified_since = "Sun, 32 Dec 2025 08:49:37 GMT"}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_modified_since = ""}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_modified_since = kLater}, kNone), Verdict::kProceed);
}

TEST(IfModifiedSince, DoesNotCountNextToIfNoneMatch) {  // RFC 9110 §13.2.2, step 4
  EXPECT_EQ(verdict({.if_none_match = {R"("x")"}, .if_modified_since = kLater}), Verdict::kProceed);
  EXPECT_EQ(verdict({.if_none_match = {R"("abc")"}, .if_modified_since = kEarlier}),
            Verdict::kNotModified);
}

TEST(Conditional, LetsAFailedPreconditionGoFirst) {  // RFC 9110 §13.2.2, steps 1 to 3
  EXPECT_EQ(verdict({.if_match = {R"("x")"}, .if_none_match = {R"("abc")"}}),
            Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict({.if_none_match = {R"("abc")"}, .if_unmodified_since = kEarlier}),
            Verdict::kPreconditionFailed);
  EXPECT_EQ(verdict({.if_match = {R"("abc")"}, .if_none_match = {R"("abc")"}}),
            Verdict::kNotModified);
}

TEST(IfRange, HoldsWhenAbsent) { EXPECT_TRUE(range_counts(std::nullopt, kNone)); }

TEST(IfRange, WantsOurStrongTag) {  // RFC 9110 §13.1.5
  EXPECT_TRUE(range_counts(R"("abc")"));
  EXPECT_FALSE(range_counts(R"("x")"));
  EXPECT_FALSE(range_counts(R"(W/"abc")"));
  EXPECT_FALSE(range_counts(R"("abc")", {{true, R"("abc")"}, 784'111'777}));
  EXPECT_FALSE(range_counts(R"("x", "abc")"));
}

TEST(IfRange, WantsTheExactDate) {
  EXPECT_TRUE(range_counts(kExact));
  EXPECT_FALSE(range_counts(kEarlier));
  EXPECT_FALSE(range_counts(kLater));
  EXPECT_FALSE(range_counts(kExact, kNone));
}

TEST(IfRange, DoesNotHoldForAnythingElse) {
  EXPECT_FALSE(range_counts("*"));
  EXPECT_FALSE(range_counts("abc"));
  EXPECT_FALSE(range_counts(""));
  EXPECT_FALSE(range_counts("garbage", kNone));
}

}  // namespace
}  // namespace tinyserve::http
