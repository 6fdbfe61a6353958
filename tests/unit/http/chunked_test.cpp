#include "http/chunked.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tinyserve::http {
namespace {

using State = ChunkedDecoder::State;

constexpr std::uint64_t kLimit = 1 << 20;

struct Decoded {
  State state = State::kNeedMore;
  std::string content;
  std::size_t consumed = 0;
  Status status = Status::kOk;
  std::string why;

  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& d) {
  return out << "state " << static_cast<int>(d.state) << ", content '" << d.content
             << "', consumed " << d.consumed << ", status " << code(d.status) << ' ' << d.why;
}

// Feeds the pieces one after the other, each until nothing of it is left or the end is reached.
Decoded decode(const std::vector<std::string_view>& pieces, std::uint64_t limit = kLimit) {
  ChunkedDecoder decoder(limit);
  Decoded all;
  for (std::string_view piece : pieces) {
    while (!piece.empty() && all.state != State::kDone && all.state != State::kRefused) {
      const auto step = decoder.decode(piece);
      all.state = step.state == State::kData ? State::kNeedMore : step.state;
      all.content += step.data;
      all.consumed += step.consumed;
      piece.remove_prefix(step.consumed);
    }
  }
  EXPECT_EQ(decoder.content_size(), all.content.size());
  if (all.state == State::kRefused) {
    all.status = decoder.refusal().status;
    all.why = decoder.refusal().why;
    // What a refused content said before is of no use to anybody.
    all.content.clear();
    all.consumed = 0;
  }
  return all;
}

std::vector<std::string_view> single_bytes(std::string_view text) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

// The result of `text`, which has to be the same whole, byte by byte, and cut in two anywhere.
Decoded every_split(std::string_view text, std::uint64_t limit = kLimit) {
  const Decoded whole = decode({text}, limit);
  EXPECT_EQ(decode(single_bytes(text), limit), whole) << "byte by byte: " << text;
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    EXPECT_EQ(decode({text.substr(0, cut), text.substr(cut)}, limit), whole)
        << "cut at " << cut << ": " << text;
  }
  return whole;
}

// Accepted, with this content, to the last byte of `text`.
void expect_content(std::string_view text, std::string_view content, std::uint64_t limit = kLimit) {
  const Decoded expected{State::kDone, std::string(content), text.size(), Status::kOk, ""};
  EXPECT_EQ(every_split(text, limit), expected) << text;
  // Every byte is needed: one less and more has to come.
  const Decoded cut = decode({text.substr(0, text.size() - 1)}, limit);
  EXPECT_EQ(cut.state, State::kNeedMore) << text;
  EXPECT_EQ(cut.consumed, text.size() - 1) << text;
}

void expect_refused(std::string_view text, std::string_view why) {
  const Decoded expected{State::kRefused, "", 0, Status::kBadRequest, std::string(why)};
  EXPECT_EQ(every_split(text), expected) << text;
}

TEST(Chunked, PutsTheChunksTogether) {  // RFC 9112 §7.1
  expect_content("5\r\nhello\r\n0\r\n\r\n", "hello");
  expect_content("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world");
  expect_content("0\r\n\r\n", "");
}

TEST(Chunked, TakesDataForWhatItIs) {
  expect_content("A\r\n0\r\n\r\n5\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n5\r\n\r\n");
  expect_content(std::string_view("3\r\n\0\r\xFF\r\n0\r\n\r\n", 13),
                 std::string_view("\0\r\xFF", 3));
}

TEST(Chunked, ReadsSizesInAnyCaseAndWithLeadingZeros) {
  expect_content("a\r\n0123456789\r\n0\r\n\r\n", "0123456789");
  expect_content("A\r\n0123456789\r\n0\r\n\r\n", "0123456789");
  expect_content("00000000000000000000000000010\r\n0123456789abcdef\r\n0000\r\n\r\n",
                 "0123456789abcdef");
}

TEST(Chunked, LeavesWhatFollowsToTheNextRequest) {
  const Decoded found = every_split("1\r\nx\r\n0\r\n\r\nGET / HTTP/1.1\r\n");
  EXPECT_EQ(found.state, State::kDone);
  EXPECT_EQ(found.content, "x");
  EXPECT_EQ(found.consumed, 11U);
}

TEST(Chunked, ConsumesNothingAfterTheEnd) {
  ChunkedDecoder decoder(kLimit);
  EXPECT_EQ(decoder.decode("0\r\n\r\n").state, State::kDone);
  const auto again = decoder.decode("5\r\nhello");
  EXPECT_EQ(again.state, State::kDone);
  EXPECT_EQ(again.consumed, 0U);
}

TEST(Chunked, ConsumesNothingAfterARefusal) {
  ChunkedDecoder decoder(kLimit);
  EXPECT_EQ(decoder.decode("x").state, State::kRefused);
  const auto again = decoder.decode("0\r\n\r\n");
  EXPECT_EQ(again.state, State::kRefused);
  EXPECT_EQ(again.consumed, 0U);
}

TEST(Chunked, NeedsMoreWhenNothingCame) {
  ChunkedDecoder decoder(kLimit);
  const auto step = decoder.decode("");
  EXPECT_EQ(step.state, State::kNeedMore);
  EXPECT_EQ(step.consumed, 0U);
}

TEST(Chunked, HandsOutDataWithoutCopying) {
  const std::string_view text = "5\r\nhello\r\n";
  ChunkedDecoder decoder(kLimit);
  const auto step = decoder.decode(text);
  EXPECT_EQ(step.state, State::kData);
  EXPECT_EQ(step.data, "hello");
  EXPECT_EQ(step.data.data(), text.data() + 3);
  EXPECT_EQ(step.consumed, 8U);
}

TEST(Chunked, RefusesSizesInOtherSpellings) {
  for (const std::string_view text : {"\r\n", " 5\r\nhello", "\t5\r\nhello", "+5\r\nhello",
                                      "-5\r\nhello", ";a\r\n", "x5\r\n", "\n5\r\n"}) {
    expect_refused(text, "chunk without a size");
  }
  expect_refused("1\r\nx\r\n\r\n", "chunk without a size");
  for (const std::string_view text : {"0x5\r\nhello", "5_0\r\nhello", "5.0\r\nhello", "5h\r\nhello",
                                      "5\nhello", "5,\r\n", "5=\r\n", "5\x7F\r\n"}) {
    expect_refused(text, "malformed chunk size");
  }
}

TEST(Chunked, RefusesASpaceAtTheEndOfALine) {
  expect_refused("5 \r\nhello", "malformed chunk extension");
  expect_refused("5\t\r\nhello", "malformed chunk extension");
  expect_refused("5;a \r\nhello", "malformed chunk extension");
  expect_refused("5;a=b \r\nhello", "malformed chunk extension");
  expect_refused("5;a=\"b\" \r\nhello", "malformed chunk extension");
}

TEST(Chunked, RefusesALineThatDoesNotEndInCrLf) {
  expect_refused("5\rhello", "CR without LF in a chunk line");
  expect_refused("5\r\rhello", "CR without LF in a chunk line");
  expect_refused("5;a\rb\r\nhello", "CR without LF in a chunk line");
  expect_refused("5;a\nhello", "malformed chunk extension");
}

TEST(Chunked, RefusesMoreThanSixteenDigits) {
  expect_refused("10000000000000000\r\n", "chunk size with too many digits");
  expect_refused("00FFFFFFFFFFFFFFFFF\r\n", "chunk size with too many digits");
}

TEST(Chunked, NeverWrapsASizeAround) {
  const Decoded most = every_split("FFFFFFFFFFFFFFFF\r\n");
  EXPECT_EQ(most.status, Status::kContentTooLarge);
  const Decoded second = every_split("5\r\nhello\r\nFFFFFFFFFFFFFFFF\r\n");
  EXPECT_EQ(second.status, Status::kContentTooLarge);
  const Decoded unlimited = every_split("5\r\nhello\r\nFFFFFFFFFFFFFFFF\r\n", UINT64_MAX);
  EXPECT_EQ(unlimited.status, Status::kContentTooLarge);
}

TEST(Chunked, RefusesContentBeyondTheLimitAsSoonAsItIsAnnounced) {
  expect_content("5\r\nhello\r\n0\r\n\r\n", "hello", 5);
  expect_content("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello", 5);
  EXPECT_EQ(every_split("6\r\n", 5).status, Status::kContentTooLarge);
  EXPECT_EQ(every_split("2\r\nhe\r\n4\r\n", 5).status, Status::kContentTooLarge);
  EXPECT_EQ(every_split("1\r\n", 0).status, Status::kContentTooLarge);
  EXPECT_EQ(every_split("1\r\n", 0).why, "content too large");
}

TEST(Chunked, CallsAMalformedLineMalformedBeforeItCallsItLarge) {
  EXPECT_EQ(every_split("FFFFFFFF;\r\n", 5).status, Status::kBadRequest);
  EXPECT_EQ(every_split("FFFFFFFF\rx", 5).status, Status::kBadRequest);
}

TEST(Chunked, RefusesDataThatIsNotFollowedByCrLf) {
  for (const std::string_view text :
       {"5\r\nhello0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\rX", "5\r\nhello \r\n",
        "5\r\nhello!\r\n0\r\n\r\n", "5\r\nhell\r\n0\r\n\r\n"}) {
    expect_refused(text, "chunk longer than its size");
  }
}

TEST(Chunked, SkipsExtensions) {  // RFC 9112 §7.1.1
  for (const std::string_view line :
       {"1;a", "1;a=b", "1;a=\"b\"", "1;a=\"\"", "1;a;b;c", "1;a=b;c=\"d;e\"", "1 ; a = b ; c",
        "1\t;\ta\t=\t\"b\"", "1;a=\"\\\"\"", "1;a=\"\\\\\"", "1;a=\"x,\ty = z\"",
        "1;!#$%&'*+-.^_`|~=1", "1;a=\"\x80\xFF\"", "1;a=\"\\\t\\ \""}) {
    expect_content(std::string(line) + "\r\nx\r\n0;last=1\r\n\r\n", "x");
  }
}

TEST(Chunked, RefusesMalformedExtensions) {
  for (const std::string_view line :
       {"1;",           "1;;a",           "1; ;a",   "1;=b",        "1;a=",
        "1;a=;b",       "1;a==b",         "1;a=b=c", "1;a b",       "1;a=b c",
        "1 a",          "1 =a",           "1;a=\"b", "1;a=\"b\"c",  "1;a=b\"c\"",
        "1;a\"b\"",     "1;a=\"b\\",      "1;a,b",   "1;a=b,c",     "1;a=\"\x01\"",
        "1;a=\"\x7F\"", "1;a=\"\\\x01\"", "1;\x80",  "1;a=\"b\"=c", "1;a=\"b\nc\"",
        "1;a=@",        "1;a \"b\""}) {
    expect_refused(std::string(line) + "\r\nx\r\n0\r\n\r\n", "malformed chunk extension");
  }
  expect_refused(std::string_view("1;a=\"\0\"\r\n", 9), "malformed chunk extension");
}

TEST(Chunked, ValidatesTrailersAndDropsThem) {  // RFC 9112 §7.1.2
  expect_content("1\r\nx\r\n0\r\nA: b\r\n\r\n", "x");
  expect_content("0\r\nA:\r\nB:c\r\nContent-Length: 5\r\nA:  \t d: e\t\xFF \r\n\r\n", "");
}

TEST(Chunked, RefusesMalformedTrailers) {
  for (const std::string_view text :
       {"0\r\n A: b\r\n\r\n", "0\r\nA : b\r\n\r\n", "0\r\n: b\r\n\r\n", "0\r\nA\r\n\r\n",
        "0\r\nA: b\r\n c\r\n\r\n", "0\r\nA: b\n\r\n", "0\r\nA: \x01\r\n\r\n",
        "0\r\nA: \x7F\r\n\r\n", "0\r\nA(: b\r\n\r\n", "0\r\n\x80: b\r\n\r\n", "0\r\n\n"}) {
    expect_refused(text, "malformed trailer");
  }
  expect_refused(std::string_view("0\r\nA: \0\r\n\r\n", 11), "malformed trailer");
  expect_refused("0\r\nA: b\rc\r\n\r\n", "CR without LF in a trailer");
  expect_refused("0\r\n\rX", "CR without LF in a trailer");
}

TEST(Chunked, BoundsALine) {
  const std::string most = "1;" + std::string(4096 - 4, 'a') + "\r\nx\r\n0\r\n\r\n";
  EXPECT_EQ(decode({most}).state, State::kDone);
  EXPECT_EQ(decode(single_bytes(most)).state, State::kDone);
  const std::string more = "1;" + std::string(4096 - 3, 'a') + "\r\nx\r\n0\r\n\r\n";
  EXPECT_EQ(decode({more}).status, Status::kBadRequest);
  EXPECT_EQ(decode({more}).why, "chunk line too long");
  EXPECT_EQ(decode(single_bytes(more)), decode({more}));
  EXPECT_EQ(decode({std::string(5000, '0')}).why, "chunk line too long");
}

TEST(Chunked, BoundsTheExtensionsOfAllChunks) {
  const auto repeated = [](std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) text += "1;" + std::string(1024, 'a') + "\r\nx\r\n";
    return text + "0\r\n\r\n";
  };
  EXPECT_EQ(decode({repeated(63)}).state, State::kDone);
  EXPECT_EQ(decode({repeated(65)}).status, Status::kBadRequest);
  EXPECT_EQ(decode({repeated(65)}).why, "too many chunk extensions");
  EXPECT_EQ(decode(single_bytes(repeated(65))), decode({repeated(65)}));
}

TEST(Chunked, BoundsTheTrailers) {
  const auto trailer = [](std::size_t size) {  // with the empty line that ends it
    return "0\r\nA:" + std::string(size - 6, 'b') + "\r\n\r\n";
  };
  EXPECT_EQ(decode({trailer(16 * 1024)}).state, State::kDone);
  EXPECT_EQ(decode({trailer(16 * 1024 + 1)}).status, Status::kBadRequest);
  EXPECT_EQ(decode({trailer(16 * 1024 + 1)}).why, "trailers too large");
}

TEST(Chunked, TakesManyTinyChunks) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "1\r\nx\r\n";
  text += "0\r\n\r\n";
  const Decoded found = decode({text});
  EXPECT_EQ(found.state, State::kDone);
  EXPECT_EQ(found.content, std::string(200'000, 'x'));
  EXPECT_EQ(decode(single_bytes(text)), found);
}

// --- chunks of ours
// -------------------------------------------------------------------------------

TEST(ChunkFrame, IsReadBackAsWhatWasFramed) {  // RFC 9112 §7.1
  for (const std::size_t size : {1, 9, 10, 15, 16, 255, 256, 65'536}) {
    const std::string data(size, '\n');
    std::string text = chunk_begin(size).append(data).append(kChunkEnd);
    text.append(chunk_begin(3)).append("end").append(kChunkEnd).append(kLastChunk);
    const Decoded expected{State::kDone, data + "end", text.size(), Status::kOk, ""};
    EXPECT_EQ(decode({text}), expected) << size;
  }
  expect_content(kLastChunk, "");
}

TEST(ChunkFrame, HasItsSizeInHexadecimal) {
  EXPECT_EQ(chunk_begin(1), "1\r\n");
  EXPECT_EQ(chunk_begin(0xABCDE), "abcde\r\n");
  EXPECT_EQ(chunk_begin(SIZE_MAX), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace tinyserve::http
