// A client that has the file gets no second copy, and one that wants another state of it gets none
// (RFC 9110 §13).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

constexpr const char* kModified = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr const char* kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";

// A file that was modified at kModified and whose tag stays: it is old enough for that.
class ConditionalGet : public ::testing::Test {
 protected:
  void SetUp() override {
    const timespec times[2] = {{784111777, 0}, {784111777, 500'000'000}};
    ASSERT_EQ(::utimensat(AT_FDCWD, site_.path("x.txt").c_str(), times, 0), 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(2100));
    tag_ = get(server_.address(), "/x.txt").field("ETag");
    ASSERT_EQ(get(server_.address(), "/x.txt").field("ETag"), tag_);
    ASSERT_EQ(get(server_.address(), "/x.txt").field("Last-Modified"), kModified);
  }

  // `fields` without the line end of the last one. The same must come by HEAD.
  int status_with(const std::string& fields) {
    RawClient client{server_.address()};
    client.send(get_request("/x.txt", fields + "\r\n"));
    const Response answer = client.read_response();
    client.send("HEAD /x.txt HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n\r\n");
    EXPECT_EQ(client.read_head().status, answer.status) << "of a HEAD with " << fields;
    EXPECT_EQ(answer.body == "content", answer.status == 200) << fields;
    return answer.status;
  }

  TempTree site_{
      {"x.txt", "content"}, {"dir/y", "y"}, {"app.js", "original"}, {"app.js.gz", "gzip"}};
  ServerProcess server_{site_.path()};
  std::string tag_;
};

TEST_F(ConditionalGet, IfMatchWantsOurStrongTag) {  // §11, step 1
  EXPECT_EQ(status_with("If-Match: " + tag_), 200);
  EXPECT_EQ(status_with("If-Match: *"), 200);
  EXPECT_EQ(status_with("if-match:\t" + tag_ + " "), 200);
  EXPECT_EQ(status_with("If-Match: \"a\", " + tag_ + ", \"b\""), 200);
  EXPECT_EQ(status_with("If-Match: \"a\"\r\nX: y\r\nIf-Match: " + tag_), 200);
  EXPECT_EQ(status_with("If-Match: ,, \"a,b\" ,," + tag_), 200);
  EXPECT_EQ(status_with("If-Match: \"other\""), 412);
  EXPECT_EQ(status_with("If-Match: W/" + tag_), 412);
  EXPECT_EQ(status_with("If-Match: " + tag_.substr(1, tag_.size() - 2)), 412);
  EXPECT_EQ(status_with("If-Match: \"a\", \"b\"\r\nIf-Match: W/" + tag_), 412);
}

TEST_F(ConditionalGet, IfUnmodifiedSinceFailsWhenTheFileIsLater) {  // §11, step 2
  EXPECT_EQ(status_with("If-Unmodified-Since: "s + kModified), 200);
  EXPECT_EQ(status_with("If-Unmodified-Since: "s + kAfter), 200);
  EXPECT_EQ(status_with("If-Unmodified-Since: "s + kBefore), 412);
  EXPECT_EQ(status_with("If-Unmodified-Since: Sunday, 06-Nov-94 08:49:36 GMT"), 412);
  EXPECT_EQ(status_with("If-Unmodified-Since: Sun Nov  6 08:49:36 1994"), 412);
  EXPECT_EQ(status_with("If-Unmodified-Since: yesterday"), 200);
  EXPECT_EQ(status_with("If-Unmodified-Since: "), 200);
  EXPECT_EQ(status_with("If-Unmodified-Since: Sun, 31 Feb 1993 08:49:36 GMT"), 200);
}

TEST_F(ConditionalGet, IfUnmodifiedSinceDoesNotCountNextToIfMatch) {  // §11, step 2
  EXPECT_EQ(status_with("If-Match: " + tag_ + "\r\nIf-Unmodified-Since: " + kBefore), 200);
  EXPECT_EQ(status_with("If-Match: \"a\"\r\nIf-Unmodified-Since: "s + kAfter), 412);
}

TEST_F(ConditionalGet, IfNoneMatchComparesWeakly) {  // §11, step 3
  EXPECT_EQ(status_with("If-None-Match: " + tag_), 304);
  EXPECT_EQ(status_with("If-None-Match: W/" + tag_), 304);
  EXPECT_EQ(status_with("If-None-Match: *"), 304);
  EXPECT_EQ(status_with("If-None-Match: \"a\", W/\"b\", " + tag_), 304);
  EXPECT_EQ(status_with("If-None-Match: \"a,b\"," + tag_), 304);
  EXPECT_EQ(status_with("If-None-Match: \"a\"\r\nX: y\r\nif-none-match: \"b\"," + tag_), 304);
  EXPECT_EQ(status_with("If-None-Match: ,\t," + tag_ + ",,"), 304);
  EXPECT_EQ(status_with("If-None-Match: \"other\""), 200);
  EXPECT_EQ(status_with("If-None-Match: " + tag_.substr(1, tag_.size() - 2)), 200);
  EXPECT_EQ(status_with("If-None-Match: \"a," + tag_.substr(1)), 200);
  EXPECT_EQ(status_with("If-None-Match: "), 200);
  EXPECT_EQ(status_with("If-None-Match: w/" + tag_), 200);
}

TEST_F(ConditionalGet, IfModifiedSinceHoldsWhenTheFileIsLater) {  // §11, step 4
  EXPECT_EQ(status_with("If-Modified-Since: "s + kModified), 304);
  EXPECT_EQ(status_with("If-Modified-Since: "s + kAfter), 304);
  EXPECT_EQ(status_with("If-Modified-Since: "s + kBefore), 200);
}

TEST_F(ConditionalGet, ReadsAllThreeFormsOfADate) {  // §11
  EXPECT_EQ(status_with("If-Modified-Since: Sunday, 06-Nov-94 08:49:37 GMT"), 304);
  EXPECT_EQ(status_with("If-Modified-Since: Sun Nov  6 08:49:37 1994"), 304);
  EXPECT_EQ(status_with("If-Modified-Since: Sunday, 06-Nov-94 08:49:36 GMT"), 200);
  EXPECT_EQ(status_with("If-Modified-Since: Sun Nov  6 08:49:36 1994"), 200);
  // The year of the second form lies at most 50 years ahead.
  EXPECT_EQ(status_with("If-Modified-Since: Sunday, 06-Nov-93 08:49:37 GMT"), 200);
}

TEST_F(ConditionalGet, IgnoresWhatIsNoDate) {  // §11
  for (const char* value : {
           "",
           "tomorrow",
           "9999999999",
           "Sun, 06 Nov 2050 08:49:37",
           "Sun, 06 Nov 2050 08:49:37 UTC",
           "Sun, 06 Nov 2050 08:49:37 +0000",
           "Sun, 32 Nov 2050 08:49:37 GMT",
           "Sun, 31 Feb 2050 08:49:37 GMT",
           "Sun, 06 Nov 2050 24:00:00 GMT",
           "Sun, 06 Nov 2050 08:60:37 GMT",
           "Sun, 06 Nov 2050 08:49:61 GMT",
           "Sun, 00 Nov 2050 08:49:37 GMT",
           "Sun, 6 Nov 2050 08:49:37 GMT",
           "Sun, 06 nov 2050 08:49:37 GMT",
           "Sun, 06 Nov 20500 08:49:37 GMT",
           "Sun, 06 Nov 2050 08:49:37 GMT, Sun, 06 Nov 2050 08:49:37 GMT",
           "Xxx, 06 Nov 2050 08:49:37 GMT",
           "\"Sun, 06 Nov 2050 08:49:37 GMT\"",
       }) {
    EXPECT_EQ(status_with("If-Modified-Since: "s + value), 200) << value;
  }
  // The field must not repeat.
  EXPECT_EQ(status_with("If-Modified-Since: "s + kAfter + "\r\nIf-Modified-Since: " + kAfter), 200);
}

TEST_F(ConditionalGet, IfModifiedSinceDoesNotCountNextToIfNoneMatch) {  // §11, step 4
  EXPECT_EQ(status_with("If-None-Match: \"other\"\r\nIf-Modified-Since: "s + kAfter), 200);
  EXPECT_EQ(status_with("If-Modified-Since: "s + kBefore + "\r\nIf-None-Match: " + tag_), 304);
}

TEST_F(ConditionalGet, LooksAtTheConditionsInTheirOrder) {  // §11
  EXPECT_EQ(status_with("If-None-Match: " + tag_ + "\r\nIf-Match: \"other\""), 412);
  EXPECT_EQ(status_with("If-None-Match: " + tag_ + "\r\nIf-Match: " + tag_), 304);
  EXPECT_EQ(status_with("If-None-Match: "s + tag_ + "\r\nIf-Unmodified-Since: " + kBefore), 412);
  EXPECT_EQ(status_with("Range: bytes=0-1\r\nIf-None-Match: " + tag_), 304);
  EXPECT_EQ(status_with("Range: bytes=99-\r\nIf-None-Match: " + tag_), 304);
  EXPECT_EQ(status_with("Range: bytes=99-\r\nIf-Match: \"other\""), 412);
}

TEST_F(ConditionalGet, AnswersNotModifiedWithTheFieldsOfThe200AndNoneOfTheContent) {  // §11, §8.3
  for (const char* target : {"/x.txt", "/app.js"}) {
    const std::string encoding = "Accept-Encoding: gzip\r\n";
    const Response full = get(server_.address(), target, encoding);
    RawClient client{server_.address()};
    client.send(get_request(target, encoding + "If-None-Match: " + full.field("ETag") + "\r\n"));
    const Response answer = client.read_head();
    EXPECT_EQ(answer.status, 304) << target;
    EXPECT_EQ(answer.reason, "Not Modified");
    for (const char* name : {"ETag", "Last-Modified", "Cache-Control", "Vary"}) {
      EXPECT_EQ(answer.count(name), full.count(name)) << target << " " << name;
      EXPECT_EQ(answer.field(name), full.field(name)) << target << " " << name;
    }
    EXPECT_TRUE(answer.has("Date"));
    for (const char* name : {"Content-Length", "Content-Type", "Content-Encoding", "Content-Range",
                             "Transfer-Encoding", "Content-Location"}) {
      EXPECT_FALSE(answer.has(name)) << target << " " << name;
    }
    client.send(get_request("/x.txt"));
    EXPECT_EQ(client.read_response().body, "content") << "behind a 304";
  }
}

TEST_F(ConditionalGet, AnswersAFailedConditionWithAPageOfItsOwn) {  // §11, §14
  RawClient client{server_.address()};
  client.send(get_request("/x.txt", "If-Match: \"other\"\r\n"));
  const Response answer = client.read_response();
  EXPECT_EQ(answer.status, 412);
  EXPECT_EQ(answer.reason, "Precondition Failed");
  EXPECT_FALSE(answer.body.empty());
  EXPECT_EQ(answer.body.find("content"), std::string::npos);
  EXPECT_FALSE(answer.has("Connection"));
  client.send(get_request("/x.txt"));
  EXPECT_EQ(client.read_response().body, "content");
}

TEST_F(ConditionalGet, IsOneOnlyWhereTheAnswerWouldBe200) {  // §11
  const auto status = [&](const std::string& target, const std::string& fields) {
    return get(server_.address(), target, fields + "\r\n").status;
  };
  for (const char* fields : {"If-None-Match: *", "If-Match: \"other\"",
                             "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT",
                             "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(status("/missing", fields), 404) << fields;
    EXPECT_EQ(status("/dir", fields), 301) << fields;
    EXPECT_EQ(status("/.hidden", fields), 404) << fields;
    EXPECT_EQ(status("/api/other", fields), 404) << fields;
    EXPECT_EQ(status("/api/echo", fields), 405) << fields;
  }
}

TEST_F(ConditionalGet, IsNeverAPost) {  // §11, §7.4
  for (const std::string fields : {"If-None-Match: *", "If-Match: \"other\"",
                                   "If-Modified-Since: Fri, 31 Dec 9999 23:59:59 GMT",
                                   "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"}) {
    const auto post = [&](const std::string& target) {
      return ask(server_.address(), "POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
                                        "\r\nContent-Length: 3\r\n\r\nabc");
    };
    EXPECT_EQ(post("/api/echo").body, "abc") << fields;
    EXPECT_EQ(post("/x.txt").status, 405) << fields;
  }
}

TEST_F(ConditionalGet, IsMetByTheTagOfTheNewFileAlone) {  // §10.8, §10.9
  site_.replace("x.txt", "CONTENT");
  const Response answer = get(server_.address(), "/x.txt", "If-None-Match: " + tag_ + "\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "CONTENT");
  EXPECT_EQ(get(server_.address(), "/x.txt", "If-Match: " + tag_ + "\r\n").status, 412);
}

TEST(ConditionalGetOfAYoungFile, NeverMatchesItsTag) {  // §10.8: it may change within one tick
  const TempTree site{{"x.txt", "content"}};
  const ServerProcess server{site.path()};
  const std::string tag = get(server.address(), "/x.txt").field("ETag");
  ASSERT_FALSE(tag.empty());
  EXPECT_EQ(get(server.address(), "/x.txt", "If-None-Match: " + tag + "\r\n").status, 200);
  EXPECT_EQ(get(server.address(), "/x.txt", "If-Match: " + tag + "\r\n").status, 412);
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  EXPECT_EQ(get(server.address(), "/x.txt", "If-None-Match: " + tag + "\r\n").status, 200);
}

}  // namespace
}  // namespace tinyserve::test
