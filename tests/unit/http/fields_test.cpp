#include "http/fields.h"

#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <string_view>
#include <utility>

#include "http/request_parser.h"
#include "support/guard_page.h"

namespace tinyserve::http {
namespace {

using Values = std::vector<std::string_view>;

constexpr std::pair<std::string_view, FieldName> kNames[] = {
    {"Host", FieldName::kHost},
    {"Connection", FieldName::kConnection},
    {"Content-Length", FieldName::kContentLength},
    {"Content-Type", FieldName::kContentType},
    {"Content-Encoding", FieldName::kContentEncoding},
    {"Content-Range", FieldName::kContentRange},
    {"Transfer-Encoding", FieldName::kTransferEncoding},
    {"Expect", FieldName::kExpect},
    {"Accept", FieldName::kAccept},
    {"Accept-Encoding", FieldName::kAcceptEncoding},
    {"Range", FieldName::kRange},
    {"If-Range", FieldName::kIfRange},
    {"If-Match", FieldName::kIfMatch},
    {"If-None-Match", FieldName::kIfNoneMatch},
    {"If-Modified-Since", FieldName::kIfModifiedSince},
    {"If-Unmodified-Since", FieldName::kIfUnmodifiedSince},
    {"User-Agent", FieldName::kUserAgent},
    {"Referer", FieldName::kReferer},
    {"Origin", FieldName::kOrigin},
    {"Sec-Fetch-Site", FieldName::kSecFetchSite},
    {"Sec-Fetch-Mode", FieldName::kSecFetchMode},
    {"Sec-Fetch-Dest", FieldName::kSecFetchDest},
    {"Access-Control-Request-Method", FieldName::kAccessControlRequestMethod},
    {"Access-Control-Request-Headers", FieldName::kAccessControlRequestHeaders},
};

TEST(Fields, KnowsItsNamesInAnyCase) {  // §2.4
  for (const auto& [name, known] : kNames) {
    std::string lower(name);
    std::string upper(name);
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(parse_field_name(test::GuardPage(name).view()), known) << name;
    EXPECT_EQ(parse_field_name(lower), known) << name;
    EXPECT_EQ(parse_field_name(upper), known) << name;
  }
}

TEST(Fields, TakesNoOtherNameForOneOfThem) {
  for (const auto& [name, known] : kNames) {
    for (std::size_t at = 0; at < name.size(); ++at) {
      std::string other(name);
      other[at] = other[at] == '-' ? '_' : '!';  // `_` is not `-`
      EXPECT_EQ(parse_field_name(other), FieldName::kOther) << other;
    }
    EXPECT_EQ(parse_field_name(std::string(name) + "x"), FieldName::kOther);
    EXPECT_EQ(parse_field_name(name.substr(1)), FieldName::kOther);
  }
  EXPECT_EQ(parse_field_name("x"), FieldName::kOther);
}

// A head that was parsed, with its bytes.
struct Parsed {
  explicit Parsed(std::string_view lines)
      : text("GET / HTTP/1.1\r\n" + std::string(lines) + "\r\n") {
    EXPECT_EQ(parser.parse(text), RequestParser::Step::kDone);
  }
  [[nodiscard]] Fields fields() const { return parser.head(text.data()).fields; }

  Limits limits;
  std::string text;
  RequestParser parser{limits};
};

TEST(Fields, GivesTheFirstLineAndAllLinesInOrder) {  // §2.4: a list may be spread over lines
  const Parsed parsed("Accept: a\r\nHost: h\r\nACCEPT:\r\nX: y\r\naccept: \t b, c \r\n");
  EXPECT_EQ(parsed.fields().find(FieldName::kAccept), "a");
  EXPECT_EQ(parsed.fields().count(FieldName::kAccept), 3U);
  EXPECT_EQ(parsed.fields().all(FieldName::kAccept), (Values{"a", "", "b, c"}));
  EXPECT_EQ(parsed.fields().all(FieldName::kHost), Values{"h"});
  Values seen;
  parsed.fields().for_each(FieldName::kAccept, [&](std::string_view v) { seen.push_back(v); });
  EXPECT_EQ(seen, (Values{"a", "", "b, c"}));
}

TEST(Fields, GivesEveryLineAsSentAndInOrder) {
  const Parsed parsed("x-B: 1\r\nHOST: h\r\nX-b:\r\n");
  std::string lines;
  parsed.fields().for_each_line([&lines](std::string_view name, std::string_view value) {
    lines.append(name).append("=").append(value).append(";");
  });
  EXPECT_EQ(lines, "x-B=1;HOST=h;X-b=;");
}

TEST(Fields, TellsAnEmptyValueFromAnAbsentField) {
  const Parsed parsed("Expect:\r\n");
  EXPECT_TRUE(parsed.fields().has(FieldName::kExpect));
  EXPECT_EQ(parsed.fields().find(FieldName::kExpect), "");
  EXPECT_FALSE(parsed.fields().has(FieldName::kRange));
  EXPECT_EQ(parsed.fields().find(FieldName::kRange), std::nullopt);
  EXPECT_EQ(parsed.fields().count(FieldName::kRange), 0U);
  EXPECT_EQ(parsed.fields().all(FieldName::kRange), Values{});
}

TEST(Fields, TellsWhetherAnyOfSeveralIsThere) {
  const auto bit = [](FieldName name) { return Fields::bit(name); };
  const Parsed parsed("Range:\r\nX: y\r\n");
  EXPECT_TRUE(parsed.fields().has_any(bit(FieldName::kRange)));
  EXPECT_TRUE(parsed.fields().has_any(bit(FieldName::kIfMatch) | bit(FieldName::kRange)));
  EXPECT_FALSE(parsed.fields().has_any(bit(FieldName::kIfMatch) | bit(FieldName::kIfRange)));
  EXPECT_FALSE(parsed.fields().has_any(0));
  EXPECT_FALSE(Fields().has_any(bit(FieldName::kRange)));
}

TEST(Fields, TellsWhichStandMoreThanOnce) {
  const Parsed parsed("Range: a\r\nAccept: a\r\nX: y\r\naccept: a\r\nAccept: a\r\n");
  EXPECT_TRUE(parsed.fields().repeats(FieldName::kAccept));
  EXPECT_FALSE(parsed.fields().repeats(FieldName::kRange));
  EXPECT_FALSE(parsed.fields().repeats(FieldName::kHost));
  EXPECT_FALSE(Fields().repeats(FieldName::kAccept));
}

TEST(Fields, FollowTheHeadToAnotherPlace) {
  const Parsed parsed("Host: moved\r\n");
  const std::string elsewhere = parsed.text;
  const Fields fields = parsed.parser.head(elsewhere.data()).fields;
  EXPECT_EQ(fields.find(FieldName::kHost), "moved");
  EXPECT_EQ(fields.find(FieldName::kHost)->data(), elsewhere.data() + 22);
}

TEST(Fields, AreNoneByDefault) {
  EXPECT_FALSE(Fields().has(FieldName::kHost));
  EXPECT_EQ(Fields().find(FieldName::kHost), std::nullopt);
  EXPECT_EQ(Fields().count(FieldName::kHost), 0U);
}

}  // namespace
}  // namespace tinyserve::http
