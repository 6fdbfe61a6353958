#include "handlers/listing_json.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tinyserve::handlers {
namespace {

using files::Kind;
using files::ListedEntry;

ListedEntry entry(std::string name, Kind kind, std::uint64_t size, std::int64_t mtime_ns) {
  ListedEntry entry{std::move(name), {}};
  entry.facts.kind = kind;
  entry.facts.size = size;
  entry.facts.mtime_ns = mtime_ns;
  return entry;
}

std::string text_of(const std::vector<ListedEntry>& entries) {
  const http::Response response = listing_data(entries);
  return std::get<std::string>(response.body);
}

TEST(ListingJson, SaysWhatIsKnownOfEachEntryInTheirOrder) {
  EXPECT_EQ(text_of({entry("sub", Kind::kDirectory, 4096, 784'111'777'123'456'789),
                     entry("a.txt", Kind::kRegular, 5'000'000'000, 0)}),
            "[\n"
            "  {\n"
            "    \"name\": \"sub\",\n"
            "    \"type\": \"directory\",\n"
            "    \"size\": null,\n"
            "    \"modified\": \"1994-11-06T08:49:37.123Z\",\n"
            "    \"href\": \"./sub/\"\n"
            "  },\n"
            "  {\n"
            "    \"name\": \"a.txt\",\n"
            "    \"type\": \"file\",\n"
            "    \"size\": 5000000000,\n"
            "    \"modified\": \"1970-01-01T00:00:00.000Z\",\n"
            "    \"href\": \"./a.txt\"\n"
            "  }\n"
            "]\n");
}

TEST(ListingJson, IsAnEmptyArrayForAnEmptyDirectory) { EXPECT_EQ(text_of({}), "[]\n"); }

TEST(ListingJson, HasTheFieldsOfAChosenRepresentation) {
  const http::Response response = listing_data({});
  EXPECT_EQ(response.status, http::Status::kOk);
  EXPECT_EQ(response.fields.text(),
            "Content-Type: application/json\r\n"
            "Cache-Control: no-cache\r\n"
            "Vary: Accept\r\n"
            "X-Content-Type-Options: nosniff\r\n");
}

// The lines of the only entry's name and href.
std::string name_and_href(const std::string& name) {
  const std::string text = text_of({entry(name, Kind::kRegular, 0, 0)});
  const std::size_t at = text.find("\"name\"");
  const std::size_t href = text.find("\"href\"");
  return text.substr(at, text.find('\n', at) - at) + " " +
         text.substr(href, text.find('\n', href) - href);
}

TEST(ListingJson, EscapesNamesForTextAndForLinks) {
  EXPECT_EQ(name_and_href("a \"b\"\n?#%.txt"),
            R"("name": "a \"b\"\n?#%.txt", "href": "./a%20%22b%22%0A%3F%23%25.txt")");
  EXPECT_EQ(name_and_href("\xC3\xA4"), "\"name\": \"\xC3\xA4\", \"href\": \"./%C3%A4\"");
}

TEST(ListingJson, LinksToANameWithAColonRelatively) {  // RFC 3986 §4.2
  EXPECT_TRUE(name_and_href("javascript:x").find("\"href\": \"./javascript") != std::string::npos)
      << name_and_href("javascript:x");
}

TEST(ListingJson, ShowsANameThatIsNoUtf8AndStillLeadsToIt) {
  EXPECT_EQ(name_and_href("a\xFF"
                          "b"),
            "\"name\": \"a\xEF\xBF\xBD"
            "b\", \"href\": \"./a%FFb\"");
}

}  // namespace
}  // namespace tinyserve::handlers
