#include "codec/encoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "support/decode.h"
#include "support/every_split.h"

namespace tinyserve::codec {
namespace {

using test::decode;
using test::Decoded;

std::string encode_whole(Coding coding, std::string_view content) {
  return Encoder(coding).encode(content, Flush::kEnd);
}

// Of `size` bytes, the same each time.
std::string noise(std::size_t size) {
  std::mt19937 generator(1);
  std::string bytes;
  while (bytes.size() < size) bytes += static_cast<char>(generator() & 0xff);
  return bytes;
}

// `size` bytes of words that stand in the same order each time, never twice the same way for long.
std::string prose(std::size_t size) {
  const std::vector<std::string> words{"reed", "water", "level", "bank ", "of ", "the ", "heron, "};
  std::mt19937 generator(2);
  std::string text;
  while (text.size() < size) text += words[generator() % words.size()];
  text.resize(size);
  return text;
}

// The places where `size` bytes are cut, and how each part is flushed.
struct Part {
  std::size_t size;
  Flush flush;
};

std::vector<Part> random_parts(std::size_t size) {
  std::mt19937 generator(3);
  std::vector<Part> parts;
  while (size > 0) {
    const std::size_t part = std::min<std::size_t>(size, generator() % 70'000);
    parts.push_back({part, generator() % 4 == 0 ? Flush::kSync : Flush::kNone});
    size -= part;
  }
  return parts;
}

class EveryEncoder : public ::testing::TestWithParam<Coding> {};

std::string name_of(const ::testing::TestParamInfo<Coding>& test) {
  static constexpr const char* kNames[] = {"br", "zstd", "gzip"};
  return kNames[static_cast<std::size_t>(test.param)];
}

INSTANTIATE_TEST_SUITE_P(Codec, EveryEncoder,
                         ::testing::Values(Coding::kBr, Coding::kZstd, Coding::kGzip), name_of);

TEST_P(EveryEncoder, MakesWhatDecodesToTheContent) {
  for (const std::string& content : {std::string(), std::string("a"), std::string("\0\xff", 2),
                                     noise(1 << 20), prose(3 << 20), std::string(5 << 20, 'x')}) {
    EXPECT_TRUE(decode(GetParam(), encode_whole(GetParam(), content)) == (Decoded{content, true}))
        << content.size();
  }
}

TEST_P(EveryEncoder, MakesWhatDecodesToTheContentHoweverItWasCut) {
  const std::string content = "the reeds, the reeds, the water and the reeds";
  test::every_split(content, [&](const test::Pieces& pieces) {
    Encoder encoder(GetParam());
    std::string encoded;
    for (const std::string_view piece : pieces) encoded += encoder.encode(piece, Flush::kNone);
    encoded += encoder.encode("", Flush::kEnd);
    EXPECT_EQ(decode(GetParam(), encoded), (Decoded{content, true}));
  });
}

TEST_P(EveryEncoder, MakesWhatDecodesToTheContentInPartsOfAllSizes) {
  const std::string content = prose(2 << 20) + noise(1 << 20);
  std::string_view rest = content;
  Encoder encoder(GetParam());
  std::string encoded;
  for (const Part& part : random_parts(content.size())) {
    encoded += encoder.encode(rest.substr(0, part.size), part.flush);
    rest.remove_prefix(part.size);
  }
  encoded += encoder.encode("", Flush::kEnd);
  EXPECT_TRUE(decode(GetParam(), encoded) == (Decoded{content, true}));
}

TEST_P(EveryEncoder, LetsAllSoFarBeDecodedWithASync) {
  const std::string content = prose(300'000);
  Encoder encoder(GetParam());
  std::string encoded = encoder.encode(content, Flush::kSync);
  EXPECT_TRUE(decode(GetParam(), encoded) == (Decoded{content, false}));
  encoded += encoder.encode("tick", Flush::kSync);
  EXPECT_TRUE(decode(GetParam(), encoded) == (Decoded{content + "tick", false}));
  encoded += encoder.encode("", Flush::kSync);
  encoded += encoder.encode("", Flush::kSync);
  encoded += encoder.encode("tock", Flush::kEnd);
  EXPECT_TRUE(decode(GetParam(), encoded) == (Decoded{content + "ticktock", true}));
}

TEST_P(EveryEncoder, LetsGoOfOutputWhileThereIsMoreToCome) {
  Encoder encoder(GetParam());
  const std::string content = noise(1 << 20);
  EXPECT_GT(encoder.encode(content, Flush::kNone).size(), 700'000U);
}

TEST_P(EveryEncoder, MakesTheSameBytesEachTime) {
  const std::string content = prose(200'000);
  EXPECT_TRUE(encode_whole(GetParam(), content) == encode_whole(GetParam(), content));
}

TEST_P(EveryEncoder, GoesOnWhereItWasMovedTo) {
  Encoder first(GetParam());
  std::string encoded = first.encode("begun here, ", Flush::kNone);
  Encoder second(std::move(first));
  encoded += second.encode("gone on with there, ", Flush::kNone);
  Encoder third(GetParam());
  third = std::move(second);
  encoded += third.encode("ended elsewhere", Flush::kEnd);
  EXPECT_EQ(decode(GetParam(), encoded),
            (Decoded{"begun here, gone on with there, ended elsewhere", true}));
}

TEST_P(EveryEncoder, IsNotToBeUsedWhereItWasMovedFrom) {
  Encoder first(GetParam());
  const Encoder second(std::move(first));
  // NOLINTNEXTLINE(bugprone-use-after-move)
  EXPECT_DEATH((void)first.encode("", Flush::kNone), "internal error");
}

TEST_P(EveryEncoder, IsNotToBeUsedBehindItsEnd) {
  Encoder encoder(GetParam());
  (void)encoder.encode("all", Flush::kEnd);
  EXPECT_DEATH((void)encoder.encode("", Flush::kEnd), "internal error");
}

TEST_P(EveryEncoder, CompressesWhatBecomesSmaller) {
  const std::string content = prose(30'000);
  const auto compressed = compress(GetParam(), content);
  ASSERT_TRUE(compressed);
  EXPECT_LT(compressed->size(), content.size() / 2);
  EXPECT_TRUE(decode(GetParam(), *compressed) == (Decoded{content, true}));
}

TEST_P(EveryEncoder, CompressesNothingThatDoesNotBecomeSmaller) {
  EXPECT_FALSE(compress(GetParam(), ""));
  EXPECT_FALSE(compress(GetParam(), "a"));
  EXPECT_FALSE(compress(GetParam(), noise(1 << 20)));
}

TEST_P(EveryEncoder, CompressesOnlyWhatBecomesSmallerByATwentieth) {
  const std::string tail(100'000, 'x');
  EXPECT_FALSE(compress(GetParam(), noise(2'100'000) + tail));
  EXPECT_TRUE(compress(GetParam(), noise(1'700'000) + tail));
}

TEST(GzipEncoder, SaysNeitherANameNorATime) {
  // RFC 1952 §2.3: magic, deflate, no flags, no time, no remark on the level, Unix.
  EXPECT_EQ(encode_whole(Coding::kGzip, "abc").substr(0, 10),
            std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10));
}

}  // namespace
}  // namespace tinyserve::codec
