#include "http/request_parser.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "support/every_split.h"
#include "support/guard_page.h"

namespace tinyserve::http {
namespace {

using namespace std::string_view_literals;
using Step = RequestParser::Step;
using test::every_split;
using test::GuardPage;
using test::Pieces;

constexpr Limits kDefaults;

struct Outcome {
  Step step = Step::kNeedMore;
  int status = 0;             // when it was refused
  std::size_t head_size = 0;  // when it was done
  std::string method;
  std::string target;
  std::optional<std::string> host;
};

// Feeds the pieces until the parser has seen enough. Each time the bytes so far lie somewhere else,
// flush against an unreadable page, and the last place is gone.
Outcome parse(const Pieces& pieces, const Limits& limits = kDefaults) {
  RequestParser parser(limits);
  Outcome outcome;
  std::string so_far;
  for (const std::string_view piece : pieces) {
    so_far += piece;
    const GuardPage page(so_far);
    outcome.step = parser.parse(page.view());
    const RequestHead head = parser.head(page.view().data());
    outcome.method = head.method;
    outcome.target = head.target;
    if (const auto host = head.fields.find(FieldName::kHost)) outcome.host = std::string(*host);
    if (outcome.step != Step::kNeedMore) break;
  }
  if (outcome.step == Step::kRefused) outcome.status = code(parser.refusal().status);
  if (outcome.step == Step::kDone) outcome.head_size = parser.head_size();
  return outcome;
}

void expect_refused(std::string_view input, int status) {
  SCOPED_TRACE(::testing::PrintToString(input));
  every_split(input, [&](const Pieces& pieces) {
    const Outcome outcome = parse(pieces);
    EXPECT_EQ(outcome.step, Step::kRefused);
    EXPECT_EQ(outcome.status, status);
  });
}

// --- what is accepted
// -----------------------------------------------------------------------------

TEST(RequestParser, FindsTheHeadHoweverItWasCut) {  // §1.1
  const std::string_view input = "GET /a?b HTTP/1.1\r\nHost: localhost\r\nX-Empty:\r\n\r\n";
  every_split(input, [&](const Pieces& pieces) {
    const Outcome outcome = parse(pieces);
    EXPECT_EQ(outcome.step, Step::kDone);
    EXPECT_EQ(outcome.head_size, input.size());
    EXPECT_EQ(outcome.method, "GET");
    EXPECT_EQ(outcome.target, "/a?b");
    EXPECT_EQ(outcome.host, "localhost");
  });
}

TEST(RequestParser, WaitsForTheRestOfEveryPrefix) {  // §1.8
  const std::string_view whole =
      "\r\nPOST /api/echo HTTP/1.1\r\nHost: [::1]:80\r\nA: \t b \r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(parse({whole.substr(0, size)}).step, Step::kNeedMore) << size;
  }
  EXPECT_EQ(parse({whole}).step, Step::kDone);
}

TEST(RequestParser, IgnoresUpToEightEmptyLinesBeforeTheRequest) {  // §1.3
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string input = request;
  for (int lines = 0; lines <= 8; ++lines) {
    every_split(input, [&](const Pieces& pieces) {
      const Outcome outcome = parse(pieces);
      EXPECT_EQ(outcome.step, Step::kDone);
      EXPECT_EQ(outcome.head_size, input.size());
      EXPECT_EQ(outcome.method, "GET");
      EXPECT_EQ(outcome.target, "/");
      EXPECT_EQ(outcome.host, "a");
    });
    input.insert(0, "\r\n");
  }
  expect_refused(input, 400);  // nine of them
}

TEST(RequestParser, ReadsTheMinorVersion) {  // §1.6
  const auto minor_of = [](std::string_view input) {
    RequestParser parser(kDefaults);
    EXPECT_EQ(parser.parse(input), Step::kDone);
    EXPECT_TRUE(parser.head(input.data()).has_version);
    return parser.head(input.data()).minor_version;
  };
  EXPECT_EQ(minor_of("GET / HTTP/1.0\r\n\r\n"), 0);
  EXPECT_EQ(minor_of("GET / HTTP/1.1\r\n\r\n"), 1);
  EXPECT_EQ(minor_of("GET / HTTP/1.2\r\n\r\n"), 1);
  EXPECT_EQ(minor_of("GET / HTTP/1.9\r\n\r\n"), 1);
}

TEST(RequestParser, TakesEveryTokenAsAMethod) {  // §1.5: what it means is for others to say
  EXPECT_EQ(parse({"get / HTTP/1.1\r\n\r\n"}).method, "get");
  EXPECT_EQ(parse({"!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n\r\n"}).method, "!#$%&'*+-.^_`|~09azAZ");
}

TEST(RequestParser, TrimsSpacesAndTabsAroundAValueAndNothingElse) {  // §2.3
  const auto host_of = [](const std::string& raw) {
    return parse({"GET / HTTP/1.1\r\nHost:" + raw + "\r\n\r\n"}).host;
  };
  EXPECT_EQ(host_of("a"), "a");
  EXPECT_EQ(host_of(" \t a b \t "), "a b");
  EXPECT_EQ(host_of(""), "");
  EXPECT_EQ(host_of(" \t "), "");
  EXPECT_EQ(host_of(" \x85 a\xA0 "), "\x85 a\xA0");
  EXPECT_EQ(host_of(" \xA0 \xFF\t\x80"), "\xA0 \xFF\t\x80");
}

TEST(RequestParser, AllowsEachByteOfAValueOrRefusesItWhereverItStands) {  // §2.3, §1.2
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string value(20, 'v');
      value[at] = static_cast<char>(byte);
      const Outcome outcome = parse({"GET / HTTP/1.1\r\nHost: x" + value + "\r\n\r\n"});
      const bool legal = byte == '\t' || (byte >= 0x20 && byte != 0x7F);
      EXPECT_EQ(outcome.step, legal ? Step::kDone : Step::kRefused) << byte << " at " << at;
      EXPECT_EQ(outcome.status, legal ? 0 : 400) << byte << " at " << at;
    }
  }
}

TEST(RequestParser, AllowsOnlyTokenBytesInANameAndAMethod) {  // §1.5, §2.1
  const std::string_view marks = "!#$%&'*+-.^_`|~";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c != '\0' && marks.find(c) != marks.npos);
    const std::string name = std::string("N") + c + "n";
    const Outcome field = parse({"GET / HTTP/1.1\r\n" + name + ": v\r\n\r\n"});
    EXPECT_EQ(field.status, token || c == ':' ? 0 : 400) << byte;
    const Outcome method = parse({name + " / HTTP/1.1\r\n\r\n"});
    EXPECT_EQ(method.status, token ? 0 : 400) << byte;
  }
}

// --- what is refused
// ------------------------------------------------------------------------------

TEST(RequestParser, RefusesMalformedRequestLines) {
  for (const std::string_view line : {
           // §1.2: only CRLF ends a line
           "GET / HTTP/1.1\nHost: a\r\n\r\n"sv,
           "GET / HTTP/1.1\rHost: a\r\n\r\n"sv,
           "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"sv,
           "\nGET / HTTP/1.1\r\n\r\n"sv,
           "\rGET / HTTP/1.1\r\n\r\n"sv,
           "\r\r\nGET / HTTP/1.1\r\n\r\n"sv,
           "GET /\r HTTP/1.1\r\n\r\n"sv,
           "GET /\n HTTP/1.1\r\n\r\n"sv,
           // §1.4: method SP target SP version
           "GET  / HTTP/1.1\r\n\r\n"sv,
           "GET /  HTTP/1.1\r\n\r\n"sv,
           "GET\t/ HTTP/1.1\r\n\r\n"sv,
           "GET /\tHTTP/1.1\r\n\r\n"sv,
           "GET\v/ HTTP/1.1\r\n\r\n"sv,
           " GET / HTTP/1.1\r\n\r\n"sv,
           "\tGET / HTTP/1.1\r\n\r\n"sv,
           "GET / HTTP/1.1 \r\n\r\n"sv,
           "GET / HTTP/1.1\t\r\n\r\n"sv,
           "GET / extra HTTP/1.1\r\n\r\n"sv,
           "GET / HTTP/1.1 extra\r\n\r\n"sv,
           "GET HTTP/1.1\r\n\r\n"sv,
           "/ HTTP/1.1\r\n\r\n"sv,
           "GET\r\n\r\n"sv,
           "GET \r\n\r\n"sv,
           "GET / \r\n\r\n"sv,
           // §1.5: the method is a token
           "GE(T / HTTP/1.1\r\n\r\n"sv,
           "GET: / HTTP/1.1\r\n\r\n"sv,
           "\"GET\" / HTTP/1.1\r\n\r\n"sv,
           "G\xC4T / HTTP/1.1\r\n\r\n"sv,
           "G\0T / HTTP/1.1\r\n\r\n"sv,
           "G\x7FT / HTTP/1.1\r\n\r\n"sv,
           // §1.6: HTTP/ DIGIT . DIGIT; no HTTP/0.9
           "GET /\r\n"sv,
           "GET /\r\n\r\n"sv,
           "GET / http/1.1\r\n\r\n"sv,
           "GET / Http/1.1\r\n\r\n"sv,
           "GET / HTTP/1\r\n\r\n"sv,
           "GET / HTTP/1.\r\n\r\n"sv,
           "GET / HTTP/.1\r\n\r\n"sv,
           "GET / HTTP/11\r\n\r\n"sv,
           "GET / HTTP/1.10\r\n\r\n"sv,
           "GET / HTTP/01.1\r\n\r\n"sv,
           "GET / HTTP/1,1\r\n\r\n"sv,
           "GET / HTTP/1.x\r\n\r\n"sv,
           "GET / HTTP/x.1\r\n\r\n"sv,
           "GET / HTTP /1.1\r\n\r\n"sv,
           "GET / HTTPS/1.1\r\n\r\n"sv,
           "GET / HTTP 1.1\r\n\r\n"sv,
           "GET / HTP/1.1\r\n\r\n"sv,
           "GET / ICY/1.1\r\n\r\n"sv,
           "GET / HTTP/-1.1\r\n\r\n"sv,
           "GET / HTTP/1.1\0\r\n\r\n"sv,
           "GET / HTTP/1.1;\r\n\r\n"sv,
           // §3.4: bytes that no target has
           "GET /\0 HTTP/1.1\r\n\r\n"sv,
           "GET /\x01 HTTP/1.1\r\n\r\n"sv,
           "GET /\x7F HTTP/1.1\r\n\r\n"sv,
           "GET /\xC3\xA4 HTTP/1.1\r\n\r\n"sv,
           "GET /?\xFF HTTP/1.1\r\n\r\n"sv,
       }) {
    expect_refused(line, 400);
  }
}

TEST(RequestParser, RefusesOtherMajorVersions) {  // §1.6, §1.7: the last is the HTTP/2 preface
  for (const std::string_view line :
       {"GET / HTTP/0.9\r\n\r\n", "GET / HTTP/0.0\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/3.1\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"}) {
    expect_refused(line, 505);
  }
}

TEST(RequestParser, RefusesMalformedFields) {
  for (const std::string_view fields : {
           // §1.2
           "Host: a\n\r\n"sv,
           "Host: a\n\n"sv,
           "Host: a\r\r\n\r\n"sv,
           "Host: a\rX: b\r\n\r\n"sv,
           "Host: a\r\n\rX"sv,
           "Host: a\r\n\n"sv,
           "\n"sv,
           "\rX"sv,
           "Host: \ra\r\n\r\n"sv,
           "Host:\n\r\n"sv,
           // §2.1
           "Host : a\r\n\r\n"sv,
           "Host\t: a\r\n\r\n"sv,
           ": a\r\n\r\n"sv,
           "Host\r\n\r\n"sv,
           "Ho st: a\r\n\r\n"sv,
           "Ho(st: a\r\n\r\n"sv,
           "Host@: a\r\n\r\n"sv,
           "H\xC3st: a\r\n\r\n"sv,
           "Ho\0st: a\r\n\r\n"sv,
           "Ho\x7Fst: a\r\n\r\n"sv,
           "\"Host\": a\r\n\r\n"sv,
           "a\r\n\r\n"sv,
           // §2.2: folding, and white space in front of the first field
           " Host: a\r\n\r\n"sv,
           "\tHost: a\r\n\r\n"sv,
           "Host: a\r\n b\r\n\r\n"sv,
           "Host: a\r\n\tb\r\n\r\n"sv,
           "Host:\r\n a\r\n\r\n"sv,
           "Host: a\r\nConnection:\r\n close\r\n\r\n"sv,
           "Host: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"sv,
           " \r\n\r\n"sv,
           // §2.3
           "Host: a\0b\r\n\r\n"sv,
           "Host: \x01\r\n\r\n"sv,
           "Host: a\x08\r\n\r\n"sv,
           "Host: a\v\r\n\r\n"sv,
           "Host: a\f\r\n\r\n"sv,
           "Host: \x1F\r\n\r\n"sv,
           "Host: a\x7F\r\n\r\n"sv,
       }) {
    expect_refused("GET / HTTP/1.1\r\n" + std::string(fields), 400);
  }
}

TEST(RequestParser, RefusesAsSoonAsAPrefixCannotBecomeARequest) {  // §1.7
  for (const std::string_view prefix :
       {"\x16"sv, "\x80"sv, "\0"sv, " "sv, "\n"sv, "\rG"sv, "GET  "sv, "GET / X"sv,
        "GET / HTTP/1.1x"sv, "GET / HTTP/1.1\r\n "sv, "GET / HTTP/1.1\r\nHost:\x01"sv,
        "GET / HTTP/1.1\r\n\rx"sv}) {
    expect_refused(prefix, 400);
    EXPECT_EQ(parse({prefix.substr(0, prefix.size() - 1)}).step, Step::kNeedMore) << prefix;
  }
}

// --- limits
// ---------------------------------------------------------------------------------------

// Parsed whole and byte by byte, without a page for each: these inputs are large.
int status_of(const std::string& input, const Limits& limits = kDefaults) {
  RequestParser whole(limits);
  const Step step = whole.parse(input);
  RequestParser bytewise(limits);
  Step last = Step::kNeedMore;
  for (std::size_t size = 1; size <= input.size() && last == Step::kNeedMore; ++size) {
    last = bytewise.parse(std::string_view(input).substr(0, size));
  }
  EXPECT_EQ(step, last);
  if (step == Step::kNeedMore) return -1;
  if (step == Step::kDone) return 0;
  EXPECT_EQ(code(whole.refusal().status), code(bytewise.refusal().status));
  return code(whole.refusal().status);
}

std::string request_line(std::size_t size) {
  return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1\r\n";
}

TEST(RequestParser, BoundsTheRequestLine) {  // §9; RFC 9112 §3
  EXPECT_EQ(status_of(request_line(8000) + "\r\n"), 0);
  EXPECT_EQ(status_of(request_line(16 * 1024) + "\r\n"), 0);
  EXPECT_EQ(status_of(request_line(16 * 1024 + 16) + "\r\n"), 414);
  EXPECT_EQ(status_of("GET /?" + std::string(17'000, 'q')), 414);  // endless
  EXPECT_EQ(
      status_of("GET /" + std::string(27, 'a') + " HTTP/1.1\r\n\r\n", {.max_request_line = 32}), 0);
  EXPECT_EQ(
      status_of("GET /" + std::string(28, 'a') + " HTTP/1.1\r\n\r\n", {.max_request_line = 32}),
      414);
}

TEST(RequestParser, RefusesAnEndlessMethodAsNoise) {  // §9
  EXPECT_EQ(status_of(std::string(64, 'M') + " / HTTP/1.1\r\n\r\n"), 0);
  EXPECT_EQ(status_of(std::string(65, 'M')), 400);
  EXPECT_EQ(status_of(std::string(20'000, 'M')), 400);
}

TEST(RequestParser, BoundsAFieldLine) {  // §9
  const auto with_field = [](std::size_t size) {
    return "GET / HTTP/1.1\r\nCookie: " + std::string(size - 8, 'c') + "\r\n\r\n";
  };
  EXPECT_EQ(status_of(with_field(32 * 1024)), 0);
  EXPECT_EQ(status_of(with_field(32 * 1024 + 1)), 431);
  const Limits small{.max_field_line = 16};
  EXPECT_EQ(status_of(with_field(16), small), 0);
  EXPECT_EQ(status_of(with_field(17), small), 431);
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(status_of(line + std::string(15, 'n') + ":\r\n\r\n", small), 0);
  EXPECT_EQ(status_of(line + std::string(16, 'n') + "n:\r\n\r\n", small), 431);
  EXPECT_EQ(status_of(line + "n:" + std::string(14, ' ') + "\r\n\r\n", small), 0);
  EXPECT_EQ(status_of(line + "n:" + std::string(14, ' ') + " x\r\n\r\n", small), 431);
  EXPECT_EQ(status_of(line + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", small), 0);  // each its own
}

TEST(RequestParser, BoundsAllFieldsTogether) {  // §9
  const std::string field = "Cookie: " + std::string(16'000, 'c') + "\r\n";
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n" + field + field + field + field + "\r\n"), 0);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n" + field + field + field + field + field + "\r\n"), 431);
  const Limits small{.max_head = 30};
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: 34567890\r\n\r\n", small), 0);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nA: 3\r\nB: 3\r\nC: 3\r\n\r\n", small), 431);
  // Empty lines in front are none of the head's own.
  EXPECT_EQ(status_of("\r\n\r\n\r\nGET / HTTP/1.1\r\nA: 34567890\r\n\r\n", small), 0);
}

TEST(RequestParser, BoundsTheNumberOfFields) {  // §9
  const auto with_fields = [](int count) {
    std::string input = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < count; ++i) input += "A: b\r\n";
    return input + "\r\n";
  };
  EXPECT_EQ(status_of(with_fields(100)), 0);
  EXPECT_EQ(status_of(with_fields(128)), 0);
  EXPECT_EQ(status_of(with_fields(129)), 431);
  EXPECT_EQ(status_of(with_fields(3), {.max_fields = 3}), 0);
  EXPECT_EQ(status_of(with_fields(4), {.max_fields = 3}), 431);
  EXPECT_EQ(status_of(with_fields(129), {.max_fields = 1000}), 431);  // never above kMaxFields
}

// --- what stays after a call
// ----------------------------------------------------------------------

TEST(RequestParser, NeverLooksAtAFinishedLineAgain) {  // what was scanned is not scanned twice
  std::string input = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100; ++i) input += "Name: some value\r\n";
  input += "\r\n";
  RequestParser parser(kDefaults);
  Step step = Step::kNeedMore;
  for (std::size_t size = 1; size <= input.size(); ++size) {
    ASSERT_EQ(step, Step::kNeedMore);
    step = parser.parse(std::string_view(input).substr(0, size));
    if (input[size - 1] == '\n') input.replace(0, size, size, '\0');
  }
  EXPECT_EQ(step, Step::kDone);
}

TEST(RequestParser, KeepsWhatItReadBeforeItRefused) {  // for the record
  const std::string_view input = "BREW /pot HTTP/1.1\r\nHost: tea\r\nBad field\r\n\r\n";
  every_split(input, [](const Pieces& pieces) {
    const Outcome outcome = parse(pieces);
    EXPECT_EQ(outcome.status, 400);
    EXPECT_EQ(outcome.method, "BREW");
    EXPECT_EQ(outcome.target, "/pot");
    EXPECT_EQ(outcome.host, "tea");
  });
  EXPECT_EQ(parse({"GET / HTTP/2.0\r\n"}).target, "/");
  EXPECT_EQ(parse({"GET /never-ended"}).target, "");
  EXPECT_EQ(parse({"GE"}).method, "");
}

TEST(RequestParser, SaysWhetherARequestHasBegun) {
  RequestParser parser(kDefaults);
  EXPECT_FALSE(parser.begun());
  EXPECT_EQ(parser.parse("\r"), Step::kNeedMore);
  EXPECT_FALSE(parser.begun());
  EXPECT_EQ(parser.parse("\r\n"), Step::kNeedMore);
  EXPECT_FALSE(parser.begun());
  EXPECT_EQ(parser.parse("\r\nG"), Step::kNeedMore);
  EXPECT_TRUE(parser.begun());
  parser.reset();
  EXPECT_FALSE(parser.begun());
}

TEST(RequestParser, KnowsNothingOfTheLastRequestAfterAReset) {
  const std::string_view first = "\r\nPOST /long HTTP/1.0\r\nHost: a\r\nExpect: x\r\n\r\n";
  const std::string_view second = "GET /b HTTP/1.1\r\nAccept: c\r\n\r\n";
  RequestParser parser(kDefaults);
  EXPECT_EQ(parser.parse(first), Step::kDone);
  parser.reset();
  EXPECT_EQ(parser.parse(second), Step::kDone);
  EXPECT_EQ(parser.head_size(), second.size());
  const RequestHead head = parser.head(second.data());
  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/b");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_FALSE(head.fields.has(FieldName::kHost));
  EXPECT_FALSE(head.fields.has(FieldName::kExpect));
  EXPECT_EQ(head.fields.find(FieldName::kAccept), "c");
}

TEST(RequestParser, FindsTheSameHeadWhateverComesBehindIt) {  // §4.2
  const std::string valid = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  std::minstd_rand random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string input = valid;
    for (auto left = random() % 40; left > 0; --left) input += static_cast<char>(random() % 256);
    const Outcome outcome = parse({input});
    ASSERT_EQ(outcome.step, Step::kDone);
    ASSERT_EQ(outcome.head_size, valid.size());
    ASSERT_EQ(outcome.target, "/a");
    ASSERT_EQ(outcome.host, "h");
  }
}

}  // namespace
}  // namespace tinyserve::http
