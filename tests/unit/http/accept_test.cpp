#include "http/accept.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

namespace tinyserve::http {
namespace {

using Lines = std::vector<std::string_view>;

constexpr Codings kAll{true, true, true};

// The name of what is chosen from all codings.
std::string_view chosen(const Lines& accept_encoding, Codings offered = kAll) {
  return name(choose_coding(accept_encoding, offered));
}

TEST(AcceptEncoding, TakesWhatIsNamedAndOffered) {  // RFC 9110 §12.5.3
  EXPECT_EQ(chosen({"gzip"}), "gzip");
  EXPECT_EQ(chosen({"br"}), "br");
  EXPECT_EQ(chosen({"zstd"}), "zstd");
  EXPECT_EQ(chosen({"GZip"}), "gzip");
  EXPECT_EQ(chosen({"x-gzip"}), "gzip");
  EXPECT_EQ(chosen({"gzip"}, {.br = true}), "identity");
  EXPECT_EQ(chosen({"gzip, br"}, {.gzip = true}), "gzip");
}

TEST(AcceptEncoding, PrefersBrThenZstdThenGzipBetweenEquals) {
  EXPECT_EQ(chosen({"gzip, deflate, br, zstd"}), "br");
  EXPECT_EQ(chosen({"gzip, deflate, br, zstd"}, {.zstd = true, .gzip = true}), "zstd");
  EXPECT_EQ(chosen({"identity, gzip"}), "gzip");
  EXPECT_EQ(chosen({"gzip;q=0.5, br;q=0.5"}), "br");
}

TEST(AcceptEncoding, FollowsTheWeights) {
  EXPECT_EQ(chosen({"br;q=0.5, gzip;q=0.8"}), "gzip");
  EXPECT_EQ(chosen({"br;q=0.998, gzip;q=0.999"}), "gzip");
  EXPECT_EQ(chosen({"br ; Q=0.1 , gzip\t;\tq=1.000"}), "gzip");
  EXPECT_EQ(chosen({"gzip;q=0.001"}), "gzip");
  EXPECT_EQ(chosen({"gzip;q=0.5, identity"}), "identity");
  EXPECT_EQ(chosen({"gzip;q=0.5, identity;q=0.4"}), "gzip");
  EXPECT_EQ(chosen({"br;q=0., gzip;q=1."}), "gzip");
}

TEST(AcceptEncoding, NeverTakesWhatWeighsNothing) {
  EXPECT_EQ(chosen({"gzip;q=0"}), "identity");
  EXPECT_EQ(chosen({"gzip;q=0.000"}), "identity");
  EXPECT_EQ(chosen({"br;q=0, gzip"}), "gzip");
  EXPECT_EQ(chosen({"*;q=0"}), "identity");
  EXPECT_EQ(chosen({"*, br;q=0"}), "zstd");
  EXPECT_EQ(chosen({"gzip;q=0, gzip"}), "identity");
  EXPECT_EQ(chosen({"gzip, gzip;q=0"}), "identity");
  EXPECT_EQ(chosen({"gzip;q=0;q=1"}), "identity");
}

TEST(AcceptEncoding, TakesAStarForWhatIsNotNamed) {
  EXPECT_EQ(chosen({"*"}), "br");
  EXPECT_EQ(chosen({"*"}, {.gzip = true}), "gzip");
  EXPECT_EQ(chosen({"br;q=0.1, *;q=0.5"}), "zstd");
  EXPECT_EQ(chosen({"*;q=0, gzip"}), "gzip");
}

TEST(AcceptEncoding, SendsIdentityWhenNothingFits) {
  EXPECT_EQ(chosen({}), "identity");
  EXPECT_EQ(chosen({""}), "identity");
  EXPECT_EQ(chosen({"deflate"}), "identity");
  EXPECT_EQ(chosen({"identity;q=0"}), "identity");
  EXPECT_EQ(chosen({"identity;q=0, br;q=0"}), "identity");
  EXPECT_EQ(chosen({"gzip, br"}, {}), "identity");
  EXPECT_EQ(chosen({"identity;q=0, *"}), "br");
}

TEST(AcceptEncoding, ComparesWholeTokens) {
  EXPECT_EQ(chosen({"gzipx"}), "identity");
  EXPECT_EQ(chosen({"xgzip, bro, b"}), "identity");
  EXPECT_EQ(chosen({"gzip q=1"}), "identity");
  EXPECT_EQ(chosen({"\"gzip\""}), "identity");
}

TEST(AcceptEncoding, IgnoresElementsWithAMalformedWeight) {
  for (const std::string_view field :
       {"gzip;q=", "gzip;q=2", "gzip;q=1.001", "gzip;q=1.1", "gzip;q=0.1234", "gzip;q=-1",
        "gzip;q=+1", "gzip;q=.5", "gzip;q=0,5x;q=x", "gzip;q=01", "gzip;q=1e0", "gzip;q=\"1\"",
        "gzip;q=1 x", "gzip;q= 1", "gzip;q=0.5.5"}) {
    EXPECT_EQ(chosen({field}), "identity") << field;
  }
  EXPECT_EQ(chosen({"br;q=7, gzip;q=0.5"}), "gzip");
}

TEST(AcceptEncoding, ReadsAllLines) {
  EXPECT_EQ(chosen({"deflate", "gzip;q=0.5", "br;q=0.1"}), "gzip");
  EXPECT_EQ(chosen({"gzip", "gzip;q=0"}), "identity");
}

TEST(PrefersHtml, WhenItIsAskedForByName) {
  EXPECT_TRUE(prefers_html(Lines{"text/html"}));
  EXPECT_TRUE(prefers_html(Lines{"TEXT/HTML;charset=utf-8;q=0.1"}));
  EXPECT_TRUE(prefers_html(Lines{"application/xhtml+xml"}));
  EXPECT_TRUE(prefers_html(Lines{"text/*;q=0.3"}));
  EXPECT_TRUE(prefers_html(Lines{"image/png", "text/html"}));
  EXPECT_TRUE(prefers_html(
      Lines{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"}));
}

TEST(PrefersHtml, NotForAStarOrOtherTypes) {
  EXPECT_FALSE(prefers_html(Lines{}));
  EXPECT_FALSE(prefers_html(Lines{""}));
  EXPECT_FALSE(prefers_html(Lines{"*/*"}));
  EXPECT_FALSE(prefers_html(Lines{"*"}));
  EXPECT_FALSE(prefers_html(Lines{"text/plain, application/json"}));
  EXPECT_FALSE(prefers_html(Lines{"text/htmlx, xtext/html"}));
  EXPECT_FALSE(prefers_html(Lines{"a/b;c=\",text/html,\""}));
}

TEST(PrefersHtml, NotWhenItIsRefused) {
  EXPECT_FALSE(prefers_html(Lines{"text/html;q=0"}));
  EXPECT_FALSE(prefers_html(Lines{"text/html;q=0, text/*"}));
  EXPECT_FALSE(prefers_html(Lines{"text/html;q=x"}));
  EXPECT_FALSE(prefers_html(Lines{"text/html;a=\";q=1\";q=0"}));
}

TEST(PrefersJson, WhenItIsNamedAndWeighsMoreThanHtml) {
  EXPECT_TRUE(prefers_json(Lines{"application/json"}));
  EXPECT_TRUE(prefers_json(Lines{"application/json, text/html;q=0.9"}));
  EXPECT_TRUE(prefers_json(Lines{"text/html;q=0", "Application/JSON;q=0.1"}));
  EXPECT_TRUE(prefers_json(Lines{"application/json, text/plain, */*"}));
}

TEST(PrefersJson, NotOtherwise) {
  EXPECT_FALSE(prefers_json(Lines{}));
  EXPECT_FALSE(prefers_json(Lines{"*/*"}));
  EXPECT_FALSE(prefers_json(Lines{"application/*"}));
  EXPECT_FALSE(prefers_json(Lines{"application/json;q=0"}));
  EXPECT_FALSE(prefers_json(Lines{"application/json, text/html"}));
  EXPECT_FALSE(prefers_json(Lines{"application/json;q=0.5, text/html"}));
  EXPECT_FALSE(prefers_json(Lines{"application/json;q=0.5, text/*"}));
}

}  // namespace
}  // namespace tinyserve::http
