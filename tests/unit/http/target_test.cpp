#include "http/target.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "support/guard_page.h"

namespace tinyserve::http {
namespace {

using namespace std::string_view_literals;
using Form = Target::Form;

// --- parse_target
// ---------------------------------------------------------------------------------

struct Good {
  std::string_view text;
  Form form;
  std::string_view authority;
  std::string_view path;
  std::optional<std::string_view> query;
};

constexpr Good kGood[] = {
    {"/", Form::kOrigin, "", "/", {}},
    {"/a/b.css?v=2", Form::kOrigin, "", "/a/b.css", "v=2"},
    {"/?", Form::kOrigin, "", "/", ""},
    {"/a?b?c", Form::kOrigin, "", "/a", "b?c"},           // §3.5: the first ? counts
    {"/a%3Fb;c+d", Form::kOrigin, "", "/a%3Fb;c+d", {}},  // §3.5: literal
    {"//evil/..", Form::kOrigin, "", "//evil/..", {}},
    {"/-._~!$&'()*+,;=:@/", Form::kOrigin, "", "/-._~!$&'()*+,;=:@/", {}},
    {"/[a]|b^", Form::kOrigin, "", "/[a]|b^", {}},                     // §3.4: browsers send them
    {"/?\"<>\\^`{|}#%zz", Form::kOrigin, "", "/", "\"<>\\^`{|}#%zz"},  // §3.4: liberal in the query
    {"/http://a/", Form::kOrigin, "", "/http://a/", {}},
    {"http://localhost/a?b", Form::kAbsolute, "localhost", "/a", "b"},
    {"HTTP://localhost:8080", Form::kAbsolute, "localhost:8080", "/", {}},
    {"hTTp://[::1]:80/", Form::kAbsolute, "[::1]:80", "/", {}},
    {"http://a?b/c", Form::kAbsolute, "a", "/", "b/c"},
};

TEST(Target, IsTakenApartByItsForm) {  // §3.3
  for (const Good& good : kGood) {
    for (const Method method : {Method::kGet, Method::kPost, Method::kOptions, Method::kUnknown}) {
      const test::GuardPage page(good.text);
      const auto target = parse_target(page.view(), method);
      ASSERT_TRUE(target.has_value()) << good.text;
      EXPECT_EQ(target->form, good.form) << good.text;
      EXPECT_EQ(target->text, good.text);
      EXPECT_EQ(target->authority, good.authority) << good.text;
      EXPECT_EQ(target->path, good.path) << good.text;
      EXPECT_EQ(target->query, good.query) << good.text;
    }
  }
}

TEST(Target, IsAnAsteriskForOptionsOnly) {  // §3.3
  const auto target = parse_target("*", Method::kOptions);
  ASSERT_TRUE(target.has_value());
  EXPECT_EQ(target->form, Form::kAsterisk);
  EXPECT_EQ(target->path, "*");
  for (const Method method : {Method::kGet, Method::kHead, Method::kPost, Method::kPut,
                              Method::kDelete, Method::kTrace, Method::kUnknown}) {
    EXPECT_FALSE(parse_target("*", method).has_value());
  }
  for (const std::string_view other : {"**", "*?", "*/", "/*x*?\x80"}) {
    EXPECT_FALSE(parse_target(other, Method::kOptions).has_value()) << other;
  }
}

TEST(Target, IsRefusedWhenItHasNoFormOrAWrongByte) {
  for (const std::string_view text :
       {// §3.3: no form
        ""sv, "a"sv, "../x"sv, "./"sv, "?"sv, "#"sv, "localhost:80"sv, "[::1]:80"sv, "\\"sv,
        "%2f"sv, "https://a/"sv, "ftp://a/"sv, "file:///"sv, "ws://a/"sv, "http:"sv, "http:/"sv,
        "http:/a"sv, "http://"sv, "http:///a"sv, "http://?q"sv, "http//a"sv, "httpx://a"sv,
        "xhttp://a"sv, "http://user@a/"sv, "http://u:p@a/"sv, "http://@a/"sv, "http://a:b/"sv,
        "http://a:65536/"sv, "http://[::1/"sv, "http://a#f"sv, "http://a\\b/"sv, "http://a%/"sv,
        "http://a:1:2/"sv, "http://a b/"sv, "http://a/\x01"sv, "http://a/%"sv,
        // §3.4: bytes
        "/ "sv, "/\t"sv, "/\0"sv, "/\x01"sv, "/\x7F"sv, "/\x80"sv, "/\xC3\xA4"sv, "/\""sv, "/<"sv,
        "/>"sv, "/\\"sv, "/`"sv, "/{"sv, "/}"sv, "/#"sv, "/a#b"sv, "/? "sv, "/?\x80"sv, "/?\x7F"sv,
        "/?\0"sv,
        // §3.4: a % without two digits
        "/%"sv, "/%4"sv, "/%zz"sv, "/%4g"sv, "/%g4"sv, "/%%41"sv, "/a%2"sv, "/%u0041"sv, "/%-1"sv,
        "/%2?0"sv}) {
    const test::GuardPage page(text);
    EXPECT_FALSE(parse_target(page.view(), Method::kGet)) << ::testing::PrintToString(text);
  }
}

// --- decode_path
// ----------------------------------------------------------------------------------

// A slash at the end stands for wants_directory, "(hidden)" for what the name says.
std::string decoded(std::string_view encoded) {
  const test::GuardPage page(encoded);
  const auto path = decode_path(page.view());
  if (!path) return "refused";
  return path->text + (path->wants_directory ? "/" : "") + (path->hidden ? " (hidden)" : "");
}

struct Decoded {
  std::string_view encoded;
  std::string_view text;
};

constexpr Decoded kDecoded[] = {
    {"/", "/"},
    {"//", "/"},
    {"/a", "a"},
    {"/a/", "a/"},
    {"/a/b.css", "a/b.css"},
    {"//a///b//", "a/b/"},  // empty segments
    {"/./a/./b/.", "a/b/"},
    {"/.", "/"},
    {"/a/../b", "b"},  // climbing within the root
    {"/a/b/../../c", "c"},
    {"/a/..", "/"},
    {"/a/b/..", "a/"},
    {"/a//../b", "b"},
    {"/.%2e/", "refused"},
    {"/a/%2E%2e/b", "b"},  // encoded and plain are equal
    {"/a%2Fb", "a/b"},
    {"/%61%7e%2B+", "a~++"},
    {"/%3Fq", "?q"},
    {"/a%20b%C3%A4", "a b\xC3\xA4"},
    {"/%2541", "%41"},  // once
    {"/%252e%252e/x", "%2e%2e/x"},
    {"/%c0%ae%c0%ae/x", "\xC0\xAE\xC0\xAE/x"},  // overlong look-alikes are plain bytes
    {"/%ef%bc%8fx", "\xEF\xBC\x8Fx"},
    {"/..%5cx", "..\\x (hidden)"},  // a backslash separates nothing
    {"/a\\b", "a\\b"},
    {"/.../x", ".../x (hidden)"},  // ordinary names that begin with a dot
    {"/..foo", "..foo (hidden)"},
    {"/foo..", "foo.."},
    {"/A/a", "A/a"},
    // climbing above the root
    {"/..", "refused"},
    {"/../", "refused"},
    {"/../etc/passwd", "refused"},
    {"/%2e%2e/", "refused"},
    {"/..%2f", "refused"},
    {"/%2f..%2f", "refused"},
    {"/a/../..", "refused"},
    {"/a/../../a", "refused"},
    {"/./../a", "refused"},
    {"//..", "refused"},
    // control bytes
    {"/%00", "refused"},
    {"/a%00.html", "refused"},
    {"/%01", "refused"},
    {"/%0a", "refused"},
    {"/%0D", "refused"},
    {"/%1f", "refused"},
    {"/%7f", "refused"},
    // §10.5: hidden
    {"/.git", ".git (hidden)"},
    {"/.git/config", ".git/config (hidden)"},
    {"/a/.env", "a/.env (hidden)"},
    {"/%2egit", ".git (hidden)"},
    {"/.git/../a", "a"},
    {"/a./b.c", "a./b.c"},
    {"/.well-known", ".well-known"},
    {"/.well-known/", ".well-known/"},
    {"/.well-known/x", ".well-known/x"},
    {"/a/../.well-known/x", ".well-known/x"},
    {"/.well-known/.x", ".well-known/.x (hidden)"},
    {"/.well-known/a/.x", ".well-known/a/.x (hidden)"},
    {"/.well-knownx/a", ".well-knownx/a (hidden)"},
    {"/.well-known.d", ".well-known.d (hidden)"},
    {"/a/.well-known/x", "a/.well-known/x (hidden)"},
    {"/.Well-Known/x", ".Well-Known/x (hidden)"},
};

TEST(Path, IsDecodedOnceAndNormalised) {  // §10.1, §10.5
  for (const Decoded& c : kDecoded) EXPECT_EQ(decoded(c.encoded), c.text) << c.encoded;
}

std::string random_text(std::minstd_rand& random, std::string_view alphabet) {
  std::string text;
  for (auto left = random() % 24; left > 0; --left) text += alphabet[random() % alphabet.size()];
  return text;
}

TEST(Path, NormalisedTwiceIsNormalisedOnce) {
  std::minstd_rand random(1);
  for (int round = 0; round < 20'000; ++round) {
    const auto once = decode_path("/" + random_text(random, "/.a%2e%2F\\"));
    if (!once) continue;
    const std::string again =
        "/" + encode_path(once->text) + (once->wants_directory && !once->text.empty() ? "/" : "");
    const auto twice = decode_path(again);
    ASSERT_TRUE(twice.has_value()) << again;
    ASSERT_EQ(twice->text, once->text);
    ASSERT_EQ(twice->wants_directory, once->wants_directory);
    ASSERT_EQ(twice->hidden, once->hidden);
  }
}

TEST(Path, NeverLeavesTheRootOrKeepsADotSegment) {
  std::minstd_rand random(2);
  for (int round = 0; round < 20'000; ++round) {
    const auto path = decode_path("/" + random_text(random, "/.a"));
    if (!path) continue;
    const std::string framed = "/" + path->text + "/";
    ASSERT_EQ(framed.find("/../"), framed.npos) << framed;
    ASSERT_EQ(framed.find("/./"), framed.npos) << framed;
    ASSERT_EQ(framed.find("//", path->text.empty() ? 1 : 0), framed.npos) << framed;
  }
}

// --- encode_path
// ----------------------------------------------------------------------------------

TEST(Path, IsEncodedButForUnreservedBytesAndSlashes) {
  EXPECT_EQ(encode_path(""), "");
  EXPECT_EQ(encode_path("/a b/\xC3\xA4?#%"), "/a%20b/%C3%A4%3F%23%25");
  EXPECT_EQ(encode_path("\r\n\x7F\"<>\\:@&'"), "%0D%0A%7F%22%3C%3E%5C%3A%40%26%27");
  EXPECT_EQ(encode_path("azAZ09-._~/"), "azAZ09-._~/");
  EXPECT_EQ(encode_path("\xFF\0"sv), "%FF%00");
}

TEST(Path, ComesBackFromItsEncoding) {
  for (unsigned byte = 0x20; byte < 256; ++byte) {
    if (byte == '/' || byte == 0x7F) continue;
    const std::string name = std::string("a") + static_cast<char>(byte) + "b";
    const std::string encoded = "/" + encode_path(name);
    ASSERT_TRUE(parse_target(encoded, Method::kGet).has_value()) << encoded;
    ASSERT_EQ(decode_path(encoded)->text, name);
  }
}

}  // namespace
}  // namespace tinyserve::http
