#include "http/framing.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

namespace tinyserve::http {
namespace {

constexpr Limits kLimits;  // 64 MiB of content

// "none", "length N", "chunked", or the status of the refusal.
std::string framing_of(std::string_view fields, std::string_view version = "HTTP/1.1",
                       const Limits& limits = kLimits) {
  RequestParser parser(limits);
  const std::string text = "POST / " + std::string(version) + "\r\n" + std::string(fields) + "\r\n";
  EXPECT_EQ(parser.parse(text), RequestParser::Step::kDone) << text;
  const auto decided = decide_framing(parser.head(text.data()), limits);
  if (const auto* refusal = std::get_if<Refusal>(&decided)) {
    EXPECT_FALSE(refusal->why.empty());
    return std::to_string(code(refusal->status));
  }
  const Framing& framing = std::get<Framing>(decided);
  if (framing.kind == Framing::Kind::kChunked) return "chunked";
  if (framing.kind == Framing::Kind::kNone) return "none";
  return "length " + std::to_string(framing.length);
}

std::string with_length(std::string_view value) {
  return framing_of("Content-Length: " + std::string(value) + "\r\n");
}

TEST(Framing, IsNoContentWithoutAField) {  // §4
  EXPECT_EQ(framing_of(""), "none");
  EXPECT_EQ(framing_of("Content-Type: text/plain\r\nContent_Length: 5\r\n"), "none");
  EXPECT_EQ(framing_of("", "HTTP/1.0"), "none");
}

TEST(Framing, IsTheLengthInDecimal) {  // §4
  EXPECT_EQ(with_length("0"), "length 0");
  EXPECT_EQ(with_length("12345"), "length 12345");
  EXPECT_EQ(with_length(" \t7\t "), "length 7");
  EXPECT_EQ(with_length("010"), "length 10");  // never octal
  EXPECT_EQ(framing_of("content-LENGTH: 3\r\n", "HTTP/1.0"), "length 3");
}

TEST(Framing, RefusesALengthThatIsNoNumber) {  // §4
  for (const std::string_view value : {"",
                                       "-1",
                                       "+1",
                                       "0x5",
                                       "5x",
                                       "1_0",
                                       "1.0",
                                       "1e1",
                                       "1 2",
                                       "1\t2",
                                       "a",
                                       "\"5\"",
                                       "5;",
                                       "5,",
                                       ",5",
                                       "5,5",
                                       "5, 5",
                                       "5, 6",
                                       "\xB2",
                                       "\xEF\xBC\x95",
                                       "-0",
                                       "0x",
                                       "''",
                                       "5\x85",
                                       "\xA0"
                                       "5"}) {
    EXPECT_EQ(with_length(value), "400") << value;
  }
}

TEST(Framing, RefusesALengthGivenTwice) {  // §4: equal ones, too
  EXPECT_EQ(framing_of("Content-Length: 1\r\nContent-Length: 2\r\n"), "400");
  EXPECT_EQ(framing_of("Content-Length: 5\r\nContent-Length: 5\r\n"), "400");
  EXPECT_EQ(framing_of("Content-Length: 5\r\nX: y\r\nCONTENT-LENGTH: 5\r\n"), "400");
  EXPECT_EQ(framing_of("Content-Length:\r\nContent-Length: 5\r\n"), "400");
}

TEST(Framing, RefusesMoreContentThanTheLimitAtOnce) {  // §4
  EXPECT_EQ(with_length("67108864"), "length 67108864");
  EXPECT_EQ(with_length("67108865"), "413");
  EXPECT_EQ(with_length("9223372036854775807"), "413");
  EXPECT_EQ(with_length("9223372036854775808"), "413");   // 63 bits
  EXPECT_EQ(with_length("18446744073709551616"), "413");  // 0 in 64 bits
  EXPECT_EQ(with_length("18446744073709551621"), "413");  // 5 in 64 bits
  EXPECT_EQ(with_length("99999999999999999999999999999999"), "413");
  EXPECT_EQ(framing_of("Content-Length: 11\r\n", "HTTP/1.1", {.max_content = 10}), "413");
  EXPECT_EQ(framing_of("Content-Length: 10\r\n", "HTTP/1.1", {.max_content = 10}), "length 10");
}

TEST(Framing, RefusesATransferCodingNextToALength) {  // §4: in any order, with any values
  for (const std::string_view coding :
       {"chunked", "identity", "gzip", "", "\xFF", "chunked, chunked"}) {
    for (const std::string_view length : {"5", "0", "", "x"}) {
      const std::string te = "Transfer-Encoding: " + std::string(coding) + "\r\n";
      const std::string cl = "Content-Length: " + std::string(length) + "\r\n";
      EXPECT_EQ(framing_of(te + cl), "400") << te << cl;
      EXPECT_EQ(framing_of(cl + te), "400") << cl << te;
      EXPECT_EQ(framing_of(cl + te, "HTTP/1.0"), "400") << cl << te;
    }
  }
}

TEST(Framing, RefusesATransferCodingInHttp10) {  // §4
  EXPECT_EQ(framing_of("Transfer-Encoding: chunked\r\n", "HTTP/1.0"), "400");
  EXPECT_EQ(framing_of("Transfer-Encoding: gzip\r\n", "HTTP/1.0"), "400");
  EXPECT_EQ(framing_of("Transfer-Encoding:\r\n", "HTTP/1.0"), "400");
}

// §4: 400 or 501, never content, and never "none" or a length.
TEST(Framing, RefusesEveryTransferCodingThatIsNotChunkedAlone) {
  for (const std::string_view lines : {
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
           "Transfer-Encoding: chunked, chunked\r\n",
           "Transfer-Encoding: chunked, gzip\r\n",
           "Transfer-Encoding: gzip, chunked\r\n",
           "Transfer-Encoding: chunked;q=1\r\n",
           "Transfer-Encoding: chunked;\r\n",
           "Transfer-Encoding:\r\n",
           "Transfer-Encoding: ,\r\n",
           "Transfer-Encoding: ,chunked\r\n",
           "Transfer-Encoding: chunked,\r\n",
           "Transfer-Encoding: \"chunked\"\r\n",
           "Transfer-Encoding: 'chunked'\r\n",
           "Transfer-Encoding: chunked chunked\r\n",
           "Transfer-Encoding: x chunked\r\n",
           "Transfer-Encoding: xchunked\r\n",
           "Transfer-Encoding: chunkedx\r\n",
           "Transfer-Encoding: chunke\r\n",
           "Transfer-Encoding: chunked\xA0\r\n",
           "Transfer-Encoding: identity\r\n",
           "Transfer-Encoding: gzip\r\n",
           "Transfer-Encoding: cow\r\n",
       }) {
    const std::string found = framing_of(lines);
    EXPECT_TRUE(found == "400" || found == "501") << lines << found;
  }
}

}  // namespace
}  // namespace tinyserve::http
