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

TEST(ErrorPage, LeadsToTheParentAndTheRoot) {
  const auto links = [](std::string_view parent) {
    const std::string body =
        body_of(error_page(Status::kNotFound, "Gone.", browser().fields(), parent));
    const std::size_t begin = body.find("<nav>");
    return begin == body.npos ? "" : body.substr(begin, body.find("</nav>") - begin);
  };
  EXPECT_EQ(links(""), "");
  EXPECT_EQ(links("/"), "<nav>\n<a href=\"/\">Start page</a>\n");
  EXPECT_EQ(links("../"),
            "<nav>\n<a href=\"../\">Parent directory</a>\n<a href=\"/\">Start page</a>\n");
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

// What `body` holds between two texts.
std::string between(const std::string& body, std::string_view begin, std::string_view end) {
  const std::size_t from = body.find(begin) + begin.size();
  return body.substr(from, body.find(end, from) - from);
}

// The rows of a listing, one text.
std::string rows_of(std::string_view path, const std::vector<files::ListedEntry>& entries) {
  return between(body_of(listing_page(path, entries)), "<tbody id=\"entries\">", "</tbody>");
}

std::string crumbs_of(std::string_view path) {
  return between(body_of(listing_page(path, {})), "<h1>", "</h1>");
}

std::string summary_of(const std::vector<files::ListedEntry>& entries) {
  return between(body_of(listing_page("", entries)), "role=\"status\">", "</p>");
}

TEST(ListingPage, HasARowForEachEntry) {
  EXPECT_EQ(rows_of("", {directory("sub"), file("a.txt", 5, 784111777)}),
            "\n<tr><td><a href=\"./sub/\"><bdi>sub</bdi>/</a></td><td></td>"
            "<td><time datetime=\"1970-01-01T00:00:00.000Z\">1970-01-01 00:00</time></td></tr>"
            "\n<tr><td><a href=\"./a.txt\"><bdi>a.txt</bdi></a></td><td title=\"5 bytes\">5 B</td>"
            "<td><time datetime=\"1994-11-06T08:49:37.000Z\">1994-11-06 08:49</time></td></tr>");
}

TEST(ListingPage, LeadsUpEverywhereButAtTheRoot) {
  constexpr std::string_view kUp = "<tr><td><a href=\"../\">Parent directory</a></td></tr>";
  EXPECT_FALSE(has(body_of(listing_page("", {})), kUp));
  EXPECT_TRUE(has(body_of(listing_page("sub", {})), kUp));
}

TEST(ListingPage, LinksEveryDirectoryAbove) {
  EXPECT_EQ(crumbs_of(""), "<bdi id=\"root\">/</bdi>");
  EXPECT_EQ(crumbs_of("a"), "<a href=\"../\" id=\"root\">/</a><bdi>a</bdi>/");
  EXPECT_EQ(crumbs_of("a/<b>/c"),
            "<a href=\"../../../\" id=\"root\">/</a><a href=\"../../\"><bdi>a</bdi></a>/"
            "<a href=\"../\"><bdi>&lt;b&gt;</bdi></a>/<bdi>c</bdi>/");
}

TEST(ListingPage, CountsWhatThereIs) {
  EXPECT_EQ(summary_of({}), "This directory is empty, or what it holds is hidden.");
  EXPECT_EQ(summary_of({directory("a")}), "1 directory");
  EXPECT_EQ(summary_of({file("a", 0)}), "1 file, 0 B");
  EXPECT_EQ(summary_of({directory("a"), directory("b"), file("c", 700), file("d", 800)}),
            "2 directories, 2 files, 1.5 kB");
  EXPECT_EQ(summary_of(std::vector<files::ListedEntry>(1234, file("a"))), "1,234 files, 0 B");
}

TEST(ListingPage, EncodesLinksAndEscapesText) {
  const std::string rows = rows_of("", {file("a \"<b>'&?#%.txt")});
  EXPECT_TRUE(has(rows, "href=\"./a%20%22%3Cb%3E%27%26%3F%23%25.txt\"")) << rows;
  EXPECT_TRUE(has(rows, "<bdi>a &quot;&lt;b&gt;&#39;&amp;?#%.txt</bdi>")) << rows;
}

TEST(ListingPage, LinksToNamesThatLookLikeSchemes) {
  EXPECT_TRUE(has(rows_of("", {file("javascript:alert(1)")}), "href=\"./javascript%3A"));
}

TEST(ListingPage, EncodesEachByteOfANameThatIsNoUtf8) {
  const std::string rows = rows_of("", {file("\xFFx")});
  EXPECT_TRUE(has(rows, "href=\"./%FFx\"")) << rows;
  EXPECT_TRUE(has(rows, "<bdi><i>\\xFF</i>x</bdi></a>")) << rows;
}

TEST(ListingPage, HasNoLinkWhereNoRequestMayNameIt) {  // decode_path() refuses control bytes
  const std::string rows = rows_of("", {file("a\nb"), directory("c\x7F")});
  EXPECT_FALSE(has(rows, "href")) << rows;
  EXPECT_TRUE(has(rows, "<bdi>a<i>\\n</i>b</bdi></a>")) << rows;
  EXPECT_TRUE(has(rows, "<bdi>c<i>\\x7F</i></bdi>/</a>")) << rows;
}

TEST(ListingPage, DoesNotFillInWhatFileNamesSpell) {
  const std::string rows = rows_of("", {file("{{crumbs}}{{rows}}")});
  EXPECT_TRUE(has(rows, "<bdi>{{crumbs}}{{rows}}</bdi>")) << rows;
}

TEST(ListingPage, NamesItsDirectory) {
  EXPECT_TRUE(has(body_of(listing_page("", {})), "<title>/</title>"));
  EXPECT_TRUE(has(body_of(listing_page("a/<b>", {})), "<title>/a/&lt;b&gt;/</title>"));
}

TEST(ListingPage, AllowsItsOwnStyleAndScript) {
  const std::string policy = head_of(listing_page("", {})).field("Content-Security-Policy");
  EXPECT_TRUE(has(policy, "; style-src 'sha256-")) << policy;
  EXPECT_TRUE(has(policy, "; script-src 'sha256-")) << policy;
  EXPECT_FALSE(has(policy, "unsafe")) << policy;
}

TEST(ListingPage, IsHtmlUnderAStrictPolicy) {
  const auto head = head_of(listing_page("", {}));
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(head.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(head.field("Cache-Control"), "no-cache");
  EXPECT_TRUE(head.field("Content-Security-Policy").starts_with("default-src 'none';"));
}

TEST(ListingPage, ShowsExactSizesInTitles) {
  const std::pair<std::uint64_t, std::string_view> expected[] = {
      {0, "0 bytes"},
      {1, "1 byte"},
      {999, "999 bytes"},
      {1000, "1,000 bytes"},
      {UINT64_MAX, "18,446,744,073,709,551,615 bytes"},
  };
  for (const auto& [size, text] : expected) {
    const std::string rows = rows_of("", {file("a", size)});
    EXPECT_TRUE(has(rows, "<td title=\"" + std::string(text) + "\">")) << size << ": " << rows;
  }
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
    EXPECT_TRUE(has(rows, ">" + std::string(text) + "</td>")) << size << ": " << rows;
  }
}

}  // namespace
}  // namespace tinyserve::handlers
