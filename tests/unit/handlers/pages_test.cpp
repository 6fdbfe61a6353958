#include "handlers/pages.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/request_parser.h"
#include "support/response.h"

namespace tinyserve::handlers {
namespace {

using http::Status;

// The fields of a request that has this one.
class SentFields {
 public:
  explicit SentFields(const std::string& line)
      : text_("GET / HTTP/1.1\r\nHost: localhost\r\n" + line + "\r\n") {
    EXPECT_EQ(parser_.parse(text_), http::RequestParser::Step::kDone);
  }
  [[nodiscard]] http::Fields fields() const { return parser_.head(text_.data()).fields; }

 private:
  std::string text_;
  http::Limits limits_;
  http::RequestParser parser_{limits_};
};

std::string body_of(const http::Response& response) {
  const auto* const text = std::get_if<std::string>(&response.body);
  return text == nullptr ? "(no text)" : *text;
}

test::Response head_of(const http::Response& response) {
  std::string text;
  http::append_head(text, response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
  return test::parse_response_head(text);
}

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

const SentFields& browser() {
  static const SentFields sent("Accept: text/html,*/*;q=0.8\r\n");
  return sent;
}
const SentFields& tool() {
  static const SentFields sent("Accept: */*\r\n");
  return sent;
}

files::ListedEntry file(std::string name, std::uint64_t size = 0, std::int64_t seconds = 0) {
  files::Facts facts;
  facts.kind = files::Kind::kRegular;
  facts.size = size;
  facts.mtime_ns = seconds * 1'000'000'000;
  return {std::move(name), facts};
}

files::ListedEntry directory(std::string name) {
  files::ListedEntry entry = file(std::move(name), 4096);
  entry.facts.kind = files::Kind::kDirectory;
  return entry;
}

// --- text
// -----------------------------------------------------------------------------------------

TEST(EscapeHtml, EscapesTheFiveSpecialCharacters) {
  EXPECT_EQ(escape_html("<a href='x' title=\"y\">&amp;"),
            "&lt;a href=&#39;x&#39; title=&quot;y&quot;&gt;&amp;amp;");
}

TEST(EscapeHtml, KeepsUtf8) {
  EXPECT_EQ(escape_html("gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x98\x80");
}

TEST(EscapeHtml, ShowsWhatCannotBeShownAsReplacementCharacters) {
  EXPECT_EQ(escape_html("a\nb\x7F"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(escape_html("\xFF\xC3<"), "\xEF\xBF\xBD\xEF\xBF\xBD&lt;");
  EXPECT_EQ(escape_html(std::string_view("\0", 1)), "\xEF\xBF\xBD");
}

// --- errors
// ---------------------------------------------------------------------------------------

TEST(ErrorPage, IsALineOfPlainTextForTools) {
  const auto page = error_page(Status::kNotFound, "There is nothing here.", tool().fields());
  EXPECT_EQ(body_of(page), "404 Not Found: There is nothing here.\n");
  EXPECT_EQ(head_of(page).field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_FALSE(head_of(page).has("Content-Security-Policy"));
}

TEST(ErrorPage, IsHtmlForBrowsers) {
  const auto page = error_page(Status::kNotFound, "There is <nothing> here.", browser().fields());
  EXPECT_EQ(head_of(page).status, 404);
  EXPECT_EQ(head_of(page).field("Content-Type"), "text/html; charset=utf-8");
  const std::string body = body_of(page);
  EXPECT_TRUE(body.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(has(body, "<title>404 Not Found</title>"));
  EXPECT_TRUE(has(body, "There is &lt;nothing&gt; here."));
  EXPECT_TRUE(has(body, "color-scheme"));
  EXPECT_FALSE(has(body, "{{"));
}

TEST(ErrorPage, AllowsItsOwnStyleAndNothingElse) {
  const auto head = head_of(error_page(Status::kForbidden, "No.", browser().fields()));
  const std::string policy = head.field("Content-Security-Policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'sha256-")) << policy;
  EXPECT_FALSE(has(policy, "unsafe"));
}

TEST(ErrorPage, SaysThatItDependsOnAccept) {
  for (const SentFields* sent : {&browser(), &tool()}) {
    const auto head = head_of(error_page(Status::kNotFound, "Gone.", sent->fields()));
    EXPECT_EQ(head.field("Vary"), "Accept");
    EXPECT_EQ(head.field("Cache-Control"), "no-cache");
    EXPECT_EQ(head.field("X-Content-Type-Options"), "nosniff");
    EXPECT_FALSE(head.has("Retry-After"));
  }
}

TEST(WaitingPage, LoadsItselfAgain) {
  const auto page = waiting_page(Status::kUnavailable, "Soon.", browser().fields());
  EXPECT_TRUE(has(body_of(page), "<meta http-equiv=\"refresh\" content=\"1\">"));
  EXPECT_EQ(head_of(page).field("Retry-After"), "1");
  EXPECT_EQ(head_of(page).status, 503);
}

TEST(WaitingPage, IsALineOfPlainTextForTools) {
  const auto page = waiting_page(Status::kUnavailable, "Soon.", tool().fields());
  EXPECT_EQ(body_of(page), "503 Service Unavailable: Soon.\n");
  EXPECT_EQ(head_of(page).field("Retry-After"), "1");
}

// --- listing
// --------------------------------------------------------------------------------------

// The rows of a listing, one text.
std::string rows_of(std::string_view path, const std::vector<files::ListedEntry>& entries) {
  const std::string body = body_of(listing_page(path, entries));
  const std::size_t begin = body.find("<tbody>\n") + 8;
  return body.substr(begin, body.find("</tbody>") - begin);
}

TEST(ListingPage, HasARowForEachEntry) {
  EXPECT_EQ(
      rows_of("", {directory("sub"), file("a.txt", 5, 784111777)}),
      "<tr><td><a href=\"./sub/\">sub/</a></td><td></td><td>01 Jan 1970 00:00</td></tr>\n"
      "<tr><td><a href=\"./a.txt\">a.txt</a></td><td>5 B</td><td>06 Nov 1994 08:49</td></tr>\n");
}

TEST(ListingPage, LeadsUpEverywhereButAtTheRoot) {
  EXPECT_EQ(rows_of("", {}), "");
  EXPECT_EQ(rows_of("sub", {}), "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
}

TEST(ListingPage, EncodesLinksAndEscapesText) {
  const std::string rows = rows_of("", {file("a \"<b>'&?#%.txt")});
  EXPECT_TRUE(has(rows, "href=\"./a%20%22%3Cb%3E%27%26%3F%23%25.txt\"")) << rows;
  EXPECT_TRUE(has(rows, ">a &quot;&lt;b&gt;&#39;&amp;?#%.txt</a>")) << rows;
}

TEST(ListingPage, LinksToNamesThatLookLikeSchemes) {
  EXPECT_TRUE(has(rows_of("", {file("javascript:alert(1)")}), "href=\"./javascript%3A"));
}

TEST(ListingPage, EncodesEachByteOfANameThatIsNoUtf8) {
  const std::string rows = rows_of("", {file("\xFFx\n")});
  EXPECT_TRUE(has(rows, "href=\"./%FFx%0A\"")) << rows;
  EXPECT_TRUE(has(rows, ">\xEF\xBF\xBDx\xEF\xBF\xBD</a>")) << rows;
}

TEST(ListingPage, DoesNotFillInWhatFileNamesSpell) {
  const std::string rows = rows_of("", {file("{{path}}{{rows}}")});
  EXPECT_TRUE(has(rows, ">{{path}}{{rows}}</a>")) << rows;
}

TEST(ListingPage, NamesItsDirectory) {
  EXPECT_TRUE(has(body_of(listing_page("", {})), "<title>/</title>"));
  EXPECT_TRUE(has(body_of(listing_page("a/<b>", {})), "<h1>/a/&lt;b&gt;/</h1>"));
}

TEST(ListingPage, IsHtmlUnderAStrictPolicy) {
  const auto head = head_of(listing_page("", {}));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(head.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(head.field("Cache-Control"), "no-cache");
  EXPECT_TRUE(head.field("Content-Security-Policy").starts_with("default-src 'none';"));
}

TEST(ListingPage, ShowsSizesForPeople) {
  const std::pair<std::uint64_t, std::string_view> expected[] = {
      {0, "0 B"},
      {999, "999 B"},
      {1000, "1.0 kB"},
      {9949, "9.9 kB"},
      {9950, "10 kB"},
      {999'499, "999 kB"},
      {999'500, "1.0 MB"},
      {23'400'000, "23 MB"},
      {5'000'000'000, "5.0 GB"},
      {UINT64_MAX, "18 EB"},
  };
  for (const auto& [size, text] : expected) {
    const std::string rows = rows_of("", {file("a", size)});
    EXPECT_TRUE(has(rows, "<td>" + std::string(text) + "</td>")) << size << ": " << rows;
  }
}

}  // namespace
}  // namespace tinyserve::handlers
