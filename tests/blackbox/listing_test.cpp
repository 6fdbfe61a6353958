// A directory without an index shows what is in it, and no name in it can do harm.
#include <gtest/gtest.h>

#include <string>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

constexpr const char* kBrowser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Listing, ShowsFilesAndDirectories) {
  const TempTree site{{"dir/file.txt", "x"}, {"dir/sub/x", "x"}};
  const ServerProcess server{site.path()};
  const Response answer = get(server.address(), "/dir/", kBrowser);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(contains(answer.body, "href=\"./file.txt\"")) << answer.body;
  EXPECT_TRUE(contains(answer.body, "href=\"./sub/\"")) << answer.body;
}

TEST(Listing, ShowsWhatIsThereNow) {
  const TempTree site{{"a.txt", "x"}};
  const ServerProcess server{site.path()};
  EXPECT_FALSE(contains(get(server.address(), "/", kBrowser).body, "b.txt"));
  site.write("b.txt", "x");
  EXPECT_TRUE(contains(get(server.address(), "/", kBrowser).body, "b.txt"));
  site.remove("b.txt");
  EXPECT_FALSE(contains(get(server.address(), "/", kBrowser).body, "b.txt"));
}

TEST(Listing, EscapesNamesInTextAndLinks) {
  const TempTree site{{"<script>alert(1)<!script>.txt", "x"},
                      {"a&b.txt", "x"},
                      {"quote\".txt", "x"},
                      {"apo'strophe.txt", "x"},
                      {"with space.txt", "x"},
                      {"percent%41.txt", "x"},
                      {"question?.txt", "x"},
                      {"hash#.txt", "x"},
                      {"\xc3\xa4.txt", "x"}};
  const ServerProcess server{site.path()};
  const std::string page = get(server.address(), "/", kBrowser).body;
  EXPECT_FALSE(contains(page, "<script>alert")) << page;
  EXPECT_TRUE(contains(page, "&lt;script&gt;alert(1)")) << page;
  EXPECT_TRUE(contains(page, "href=\"./%3Cscript%3Ealert")) << page;
  EXPECT_TRUE(contains(page, "a&amp;b.txt")) << page;
  EXPECT_FALSE(contains(page, "quote\"")) << page;
  EXPECT_TRUE(contains(page, "href=\"./quote%22.txt\"")) << page;
  EXPECT_TRUE(contains(page, "href=\"./with%20space.txt\"")) << page;
  EXPECT_TRUE(contains(page, "href=\"./percent%2541.txt\"")) << page;
  EXPECT_TRUE(contains(page, "href=\"./question%3F.txt\"")) << page;
  EXPECT_TRUE(contains(page, "href=\"./hash%23.txt\"")) << page;
  EXPECT_TRUE(contains(page, "href=\"./%C3%A4.txt\"")) << page;
}

TEST(Listing, MakesNoSchemeOfAName) {
  const TempTree site{{"javascript:alert(1)", "x"}, {"data:text", "x"}};
  const ServerProcess server{site.path()};
  const std::string page = get(server.address(), "/", kBrowser).body;
  EXPECT_FALSE(contains(page, "href=\"javascript")) << page;
  EXPECT_FALSE(contains(page, "href=\"data")) << page;
  EXPECT_TRUE(contains(page, "href=\"./javascript")) << page;
}

TEST(Listing, ShowsControlBytesAndBrokenUtf8Harmlessly) {
  const TempTree site{
      {"new\nline", "x"}, {"bell\x07", "x"}, {"bad\xff\xfe", "x"}, {"esc\x1b[31m", "x"}};
  const ServerProcess server{site.path()};
  const std::string page = get(server.address(), "/", kBrowser).body;
  EXPECT_FALSE(contains(page, "new\nline")) << page;
  EXPECT_FALSE(contains(page, "\x07"));
  EXPECT_FALSE(contains(page, "\x1b"));
  EXPECT_FALSE(contains(page, "\xff"));
  EXPECT_TRUE(contains(page, "new<i>\\n</i>line")) << page;
  EXPECT_TRUE(contains(page, "bad<i>\\xFF</i><i>\\xFE</i>")) << page;
}

TEST(Listing, CountsAsPeopleDoAndHasDirectoriesFirst) {
  const TempTree site{{"file10", "x"}, {"file9", "x"}, {"zoo/x", "x"}};
  const ServerProcess server{site.path()};
  const std::string page = get(server.address(), "/", kBrowser).body;
  EXPECT_LT(page.find("./zoo/"), page.find("./file9")) << page;
  EXPECT_LT(page.find("./file9"), page.find("./file10")) << page;
}

TEST(Listing, AllowsNothingButItself) {
  const TempTree site{{"x", "x"}};
  const ServerProcess server{site.path()};
  const std::string policy = get(server.address(), "/", kBrowser).field("Content-Security-Policy");
  EXPECT_TRUE(contains(policy, "default-src 'none'")) << policy;
  EXPECT_FALSE(contains(policy, "unsafe")) << policy;
  EXPECT_FALSE(contains(policy, "*")) << policy;
}

TEST(Listing, HidesWhatIsHidden) {
  const TempTree tree{{"site/.env", "x"}, {"site/shown.txt", "x"}};
  const ServerProcess server{tree.path("site")};
  const std::string page = get(server.address(), "/", kBrowser).body;
  EXPECT_TRUE(contains(page, "shown.txt"));
  EXPECT_FALSE(contains(page, ".env"));
}

TEST(Listing, ShowsDotfilesWhenToldTo) {
  const TempTree site{{".env", "x"}};
  const ServerProcess server{site.path(), {"--dotfiles"}};
  EXPECT_TRUE(contains(get(server.address(), "/", kBrowser).body, "href=\"./.env\""));
}

TEST(Listing, CanBeTurnedOff) {
  const TempTree site{{"dir/x", "x"}, {"with/index.html", "index"}};
  const ServerProcess server{site.path(), {"--no-listing"}};
  EXPECT_EQ(get(server.address(), "/dir/").status, 404);
  EXPECT_EQ(get(server.address(), "/").status, 404);
  EXPECT_EQ(get(server.address(), "/with/").body, "index");
}

TEST(Listing, OfAnEmptyDirectoryIsAPageAsWell) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer = get(server.address(), "/", kBrowser);
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.body.empty());
}

TEST(Listing, OfThousandsOfFilesIsComplete) {
  const TempTree site;
  for (int i = 0; i < 3000; ++i) site.write("file-" + std::to_string(i) + ".txt", "");
  const ServerProcess server{site.path()};
  const std::string page = get(server.address(), "/", kBrowser).body;
  for (int i = 0; i < 3000; i += 7) {
    ASSERT_TRUE(contains(page, "href=\"./file-" + std::to_string(i) + ".txt\"")) << i;
  }
}

}  // namespace
}  // namespace tinyserve::test
