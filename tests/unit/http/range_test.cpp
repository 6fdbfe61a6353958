#include "http/range.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tinyserve::http {
namespace {

using Kind = RangeAnswer::Kind;

// "whole", "unsatisfiable", or the parts: "0-4 7-9".
std::string resolved(std::string_view field, std::uint64_t size = 10) {
  const RangeAnswer answer = resolve_range(field, size);
  if (answer.kind() == Kind::kWhole) return "whole";
  if (answer.kind() == Kind::kUnsatisfiable) return "unsatisfiable";
  std::string text;
  for (const ByteRange part : answer.parts()) {
    if (!text.empty()) text += ' ';
    text += std::to_string(part.first) + '-' + std::to_string(part.last);
  }
  return text;
}

TEST(Range, ReadsTheThreeForms) {  // RFC 9110 §14.1.2
  EXPECT_EQ(resolved("bytes=0-4"), "0-4");
  EXPECT_EQ(resolved("bytes=5-"), "5-9");
  EXPECT_EQ(resolved("bytes=-3"), "7-9");
  EXPECT_EQ(resolved("bytes=0-0"), "0-0");
  EXPECT_EQ(resolved("bytes=9-9"), "9-9");
}

TEST(Range, IsClampedToTheEnd) {
  EXPECT_EQ(resolved("bytes=5-10"), "5-9");
  EXPECT_EQ(resolved("bytes=0-9999"), "0-9");
  EXPECT_EQ(resolved("bytes=-10"), "0-9");
  EXPECT_EQ(resolved("bytes=-11"), "0-9");
}

TEST(Range, TakesNumbersOfAnyLength) {
  EXPECT_EQ(resolved("bytes=0-18446744073709551616"), "0-9");
  EXPECT_EQ(resolved("bytes=5-99999999999999999999999999999999"), "5-9");
  EXPECT_EQ(resolved("bytes=-99999999999999999999999999999999"), "0-9");
  EXPECT_EQ(resolved("bytes=18446744073709551616-"), "unsatisfiable");
  EXPECT_EQ(resolved("bytes=18446744073709551615-18446744073709551616"), "unsatisfiable");
  EXPECT_EQ(resolved("bytes=00000000000000000000000000000001-02"), "1-2");
}

TEST(Range, WorksAtTheEndOfTheLargestFile) {
  EXPECT_EQ(resolved("bytes=9223372036854775806-", INT64_MAX),
            "9223372036854775806-9223372036854775806");
  EXPECT_EQ(resolved("bytes=9223372036854775807-", INT64_MAX), "unsatisfiable");
  EXPECT_EQ(resolved("bytes=0-", INT64_MAX), "0-9223372036854775806");
}

TEST(Range, KnowsItsUnitInAnyCaseAndNoOther) {
  EXPECT_EQ(resolved("BYTES=0-4"), "0-4");
  EXPECT_EQ(resolved("items=0-4"), "whole");
  EXPECT_EQ(resolved("byte=0-4"), "whole");
  EXPECT_EQ(resolved("bytes =0-4"), "whole");
  EXPECT_EQ(resolved("bytes 0-4"), "whole");
  EXPECT_EQ(resolved(""), "whole");
}

TEST(Range, IsIgnoredWhenMalformed) {
  for (const std::string_view field :
       {"bytes",       "bytes=",     "bytes=,",       "bytes=4-0",     "bytes=5",
        "bytes=-",     "bytes=--3",  "bytes=+1-2",    "bytes=1-+2",    "bytes=0x1-2",
        "bytes=1-2-3", "bytes=1 -2", "bytes=1- 2",    "bytes=a-b",     "bytes=1-b",
        "bytes=1.0-2", "bytes==0-1", "bytes=0-1;2-3", "bytes=\"0-1\"", "bytes=*"}) {
    EXPECT_EQ(resolved(field), "whole") << field;
  }
}

TEST(Range, IsIgnoredWhenOneOfSeveralIsMalformed) {
  EXPECT_EQ(resolved("bytes=0-1,x"), "whole");
  EXPECT_EQ(resolved("bytes=0-1,5-3"), "whole");
  EXPECT_EQ(resolved("bytes=100-,x"), "whole");
  EXPECT_EQ(resolved("bytes=100-50"), "whole");
  EXPECT_EQ(resolved("bytes=0-1,100-50"), "whole");
}

TEST(Range, IsUnsatisfiableBeyondTheEnd) {
  EXPECT_EQ(resolved("bytes=10-"), "unsatisfiable");
  EXPECT_EQ(resolved("bytes=10-20"), "unsatisfiable");
  EXPECT_EQ(resolved("bytes=-0"), "unsatisfiable");
  EXPECT_EQ(resolved("bytes=10-, -0"), "unsatisfiable");
}

TEST(Range, IsIgnoredForAnEmptyFile) {
  EXPECT_EQ(resolved("bytes=0-", 0), "whole");
  EXPECT_EQ(resolved("bytes=-5", 0), "whole");
}

TEST(Range, KeepsSeveralInTheOrderAsked) {
  EXPECT_EQ(resolved("bytes=7-9,0-1"), "7-9 0-1");
  EXPECT_EQ(resolved("bytes=0-1 ,\t4-5, ,-1"), "0-1 4-5 9-9");
}

TEST(Range, DropsTheUnsatisfiableOnesAmongOthers) {
  EXPECT_EQ(resolved("bytes=0-1,10-,-0,4-5"), "0-1 4-5");
  EXPECT_EQ(resolved("bytes=10-,3-3"), "3-3");
}

TEST(Range, IsIgnoredWhenTheSumExceedsTheFile) {  // RFC 9110 §17.15
  EXPECT_EQ(resolved("bytes=0-5,3-7"), "whole");
  EXPECT_EQ(resolved("bytes=0-,0-"), "whole");
  EXPECT_EQ(resolved("bytes=0-,-1"), "whole");
  EXPECT_EQ(resolved("bytes=0-4,5-9"), "0-4 5-9");
  EXPECT_EQ(resolved("bytes=0-3,2-5"), "0-3 2-5");
  EXPECT_EQ(resolved("bytes=0-,0-,0-", INT64_MAX), "whole");
}

TEST(Range, TakesSixteenAndNotOneMore) {
  std::string field = "bytes=0-0";
  std::string expected = "0-0";
  for (int i = 1; i < 16; ++i) {
    field += ",0-0";
    expected += " 0-0";
  }
  EXPECT_EQ(resolved(field, 1000), expected);
  EXPECT_EQ(resolved(field + ",0-0", 1000), "whole");
}

TEST(Range, AgreesWithCountingByHand) {
  for (std::uint64_t size = 1; size < 6; ++size) {
    for (std::uint64_t first = 0; first < 7; ++first) {
      for (std::uint64_t last = first; last < 8; ++last) {
        const std::string spec = std::to_string(first) + '-' + std::to_string(last);
        const std::uint64_t end = std::min(last, size - 1);
        const std::string expected =
            first < size ? std::to_string(first) + '-' + std::to_string(end) : "unsatisfiable";
        EXPECT_EQ(resolved("bytes=" + spec, size), expected) << spec << " of " << size;
      }
    }
  }
}

TEST(ContentRange, SaysWhichBytesOfHowMany) {
  EXPECT_EQ(content_range({0, 4}, 10), "bytes 0-4/10");
  EXPECT_EQ(unsatisfied_range(10), "bytes */10");
  EXPECT_EQ((ByteRange{0, 4}).size(), 5U);
}

TEST(Multipart, FramesEachPart) {  // RFC 9110 §14.6
  const ByteRange parts[] = {{7, 9}, {0, 1}};
  const Multipart plan = plan_multipart("SEP", "text/plain", 10, parts);
  ASSERT_EQ(plan.heads.size(), 2U);
  EXPECT_EQ(plan.heads[0],
            "--SEP\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-9/10\r\n\r\n");
  EXPECT_EQ(plan.heads[1],
            "\r\n--SEP\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n");
  EXPECT_EQ(plan.tail, "\r\n--SEP--\r\n");
}

TEST(Multipart, AnnouncesTheLengthOfAllItSends) {
  const std::string file = "0123456789";
  const ByteRange parts[] = {{7, 9}, {0, 1}, {4, 4}};
  const Multipart plan = plan_multipart("SEP", "text/plain", file.size(), parts);
  std::string content;
  for (std::size_t i = 0; i < plan.heads.size(); ++i) {
    content += plan.heads[i] + file.substr(parts[i].first, parts[i].size());
  }
  content += plan.tail;
  EXPECT_EQ(plan.content_length, content.size());
  EXPECT_EQ(content,
            "--SEP\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-9/10\r\n\r\n789"
            "\r\n--SEP\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
            "\r\n--SEP\r\nContent-Type: text/plain\r\nContent-Range: bytes 4-4/10\r\n\r\n4"
            "\r\n--SEP--\r\n");
}

TEST(Multipart, CountsBytesBeyondFourGigabytes) {
  const ByteRange parts[] = {{0, 5'999'999'999}};
  const Multipart plan = plan_multipart("S", "a/b", 6'000'000'000, parts);
  EXPECT_EQ(plan.content_length, 6'000'000'000 + plan.heads[0].size() + plan.tail.size());
}

TEST(Multipart, NamesItsBoundary) {
  EXPECT_EQ(multipart_content_type("SEP"), "multipart/byteranges; boundary=SEP");
}

}  // namespace
}  // namespace tinyserve::http
