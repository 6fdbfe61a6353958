// app.js.br, app.js.zst and app.js.gz are sent for app.js to those who take them, and only while
// they are not older than it (RFC 9110 §12.5.3, §8.4).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

constexpr const char* kOriginal = "the original, in full";
constexpr const char* kBr = "br bytes";
constexpr const char* kZstd = "zstd bytes!";
constexpr const char* kGzip = "gzip bytes!!";

void set_modified(const std::string& path, std::int64_t seconds, std::int64_t nanoseconds = 0) {
  const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

class Precompressed : public ::testing::Test {
 protected:
  Response get_with(const std::string& lines) { return get(server_.address(), "/app.js", lines); }
  Response accepting(const std::string& codings, const std::string& fields = "") {
    return get_with("Accept-Encoding: " + codings + "\r\n" + fields);
  }

  void expect_coding(const Response& answer, const std::string& coding, const std::string& why) {
    EXPECT_EQ(answer.status, 200) << why;
    EXPECT_EQ(answer.field("Content-Encoding"), coding) << why;
    const std::string content = coding == "br"     ? kBr
                                : coding == "zstd" ? kZstd
                                : coding == "gzip" ? kGzip
                                                   : kOriginal;
    EXPECT_EQ(answer.body, content) << why;
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(content.size())) << why;
    EXPECT_EQ(answer.field("Content-Type"), "text/javascript; charset=utf-8") << why;
    EXPECT_EQ(answer.field("Vary"), "Accept-Encoding") << why;
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff") << why;
  }

  TempTree site_{
      {"app.js", kOriginal}, {"app.js.br", kBr}, {"app.js.zst", kZstd}, {"app.js.gz", kGzip}};
  ServerProcess server_{site_.path()};
};

TEST_F(Precompressed, IsChosenByAcceptEncoding) {  // §13
  struct Row {
    const char* accepted;
    const char* sent;  // "": the file itself
  };
  for (const Row& row : {
           Row{"gzip", "gzip"},
           Row{"GZIP", "gzip"},
           Row{"br", "br"},
           Row{"zstd", "zstd"},
           Row{"gzip, deflate", "gzip"},
           Row{"gzip, deflate, br, zstd", "br"},
           Row{"gzip, zstd", "zstd"},
           Row{"br;q=0.5, gzip;q=0.8", "gzip"},
           Row{"br;q=0.5, gzip;q=0.8, zstd;q=0.9", "zstd"},
           Row{"gzip;q=0.001", "gzip"},
           Row{"gzip ; q=1.000 , ,", "gzip"},
           Row{"gzip;Q=0.5", "gzip"},
           Row{"*", "br"},
           Row{"*;q=0.5", "br"},
           Row{"br;q=0, *", "zstd"},
           Row{"br;q=0, zstd;q=0, *;q=0.1", "gzip"},
           Row{"identity;q=0, gzip", "gzip"},
           Row{"", ""},
           Row{"identity", ""},
           Row{"gzip;q=0", ""},
           Row{"gzip;q=0.0, br;q=0.000", ""},
           Row{"*;q=0", ""},
           Row{"gzip;q=0, *;q=0", ""},
           Row{"gzipx", ""},
           Row{"xgzip", ""},
           Row{"gz", ""},
           Row{"\"gzip\"", ""},
           Row{"deflate, compress", ""},
           Row{"identity, gzip;q=0.5", ""},
           Row{"gzip;q=2", ""},
           Row{"gzip;q=-1", ""},
           Row{"gzip;q=x", ""},
           Row{"identity;q=0", ""},
           Row{"identity;q=0, deflate", ""},
       }) {
    expect_coding(accepting(row.accepted), row.sent, row.accepted);
  }
  expect_coding(get_with(""), "", "without the field");
}

TEST_F(Precompressed, ReadsAcceptEncodingFromAllItsLines) {  // §2.4
  expect_coding(get_with("Accept-Encoding: deflate\r\nX: y\r\naccept-encoding: gzip\r\n"), "gzip",
                "on the second line");
  expect_coding(get_with("Accept-Encoding: br;q=0\r\nAccept-Encoding: br;q=0,gzip\r\n"), "gzip",
                "on both lines");
}

TEST_F(Precompressed, HasATagOfItsOwn) {  // §13, §10.8
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  std::set<std::string> tags;
  for (const char* coding : {"br", "zstd", "gzip", "identity"}) {
    const std::string tag = accepting(coding).field("ETag");
    EXPECT_EQ(accepting(coding).field("ETag"), tag);
    EXPECT_TRUE(tag.starts_with('"')) << tag;
    tags.insert(tag);
  }
  EXPECT_EQ(tags.size(), 4u);
}

TEST_F(Precompressed, MeetsConditionsByTheTagOfWhatIsSelected) {  // §13, §11
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::string gzip = accepting("gzip").field("ETag");
  const std::string plain = get_with("").field("ETag");
  const Response answer = accepting("gzip", "If-None-Match: " + gzip + "\r\n");
  EXPECT_EQ(answer.status, 304);
  EXPECT_EQ(answer.field("ETag"), gzip);
  EXPECT_EQ(answer.field("Vary"), "Accept-Encoding");
  EXPECT_FALSE(answer.has("Content-Encoding"));
  expect_coding(accepting("gzip", "If-None-Match: " + plain + "\r\n"), "gzip", "another's tag");
  expect_coding(get_with("If-None-Match: " + gzip + "\r\n"), "", "another's tag");
  EXPECT_EQ(get_with("If-None-Match: " + plain + "\r\n").status, 304);
  EXPECT_EQ(accepting("br", "If-Match: " + gzip + "\r\n").status, 412);
}

TEST_F(Precompressed, CountsItsRangesInEncodedBytes) {  // §12.7
  const Response part = accepting("gzip", "Range: bytes=5-9\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "bytes");
  EXPECT_EQ(part.field("Content-Range"), "bytes 5-9/12");
  EXPECT_EQ(part.field("Content-Encoding"), "gzip");
  EXPECT_EQ(part.field("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(part.field("Vary"), "Accept-Encoding");
  const Response beyond = accepting("br", "Range: bytes=8-\r\n");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.field("Content-Range"), "bytes */8");
  EXPECT_EQ(get_with("Range: bytes=8-\r\n").status, 206);
}

TEST_F(Precompressed, ResumesOnlyWithTheTagOfWhatIsSelected) {  // §12.6
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::string gzip = accepting("gzip").field("ETag");
  const std::string range = "Range: bytes=5-9\r\nIf-Range: " + gzip + "\r\n";
  EXPECT_EQ(accepting("gzip", range).status, 206);
  expect_coding(accepting("br", range), "br", "another's tag");
  expect_coding(get_with(range), "", "another's tag");
}

TEST_F(Precompressed, IsIgnoredWhileItIsOlderThanTheFile) {  // §13
  set_modified(site_.path("app.js"), 1'000'000'000, 500);
  set_modified(site_.path("app.js.br"), 1'000'000'000, 499);
  set_modified(site_.path("app.js.zst"), 999'999'999, 900'000'000);
  set_modified(site_.path("app.js.gz"), 1'000'000'000, 500);
  expect_coding(accepting("br, zstd, gzip"), "gzip", "the only one that is as new");
  set_modified(site_.path("app.js.gz"), 1);
  const Response answer = accepting("br, zstd, gzip");
  EXPECT_EQ(answer.body, kOriginal);
  EXPECT_FALSE(answer.has("Content-Encoding"));
  set_modified(site_.path("app.js.br"), 1'000'000'001);
  expect_coding(accepting("br, zstd, gzip"), "br", "newer again");
}

TEST_F(Precompressed, IsAsNewAsTheDisk) {  // §10.9
  RawClient client{server_.address()};
  const auto next = [&] {
    client.send(get_request("/app.js", "Accept-Encoding: br\r\n"));
    return client.read_response();
  };
  EXPECT_EQ(next().body, kBr);
  site_.replace("app.js.br", "other br bytes");
  EXPECT_EQ(next().body, "other br bytes");
  site_.remove("app.js.br");
  EXPECT_EQ(next().body, kOriginal);
  site_.write("app.js.br", kBr);
  EXPECT_EQ(next().body, kBr);
  site_.remove("app.js");
  EXPECT_EQ(next().status, 404);
}

TEST_F(Precompressed, IsAlsoAFileOfItsOwn) {
  const Response answer = get(server_.address(), "/app.js.gz", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(answer.body, kGzip);
  EXPECT_FALSE(answer.has("Content-Encoding"));
  EXPECT_NE(answer.field("Content-Type"), "text/javascript; charset=utf-8");
}

TEST(PrecompressedSibling, IsIgnoredWhereItIsNoRegularFileOfTheRoot) {  // §13, §10.2, §10.3
  const TempTree tree{{"site/a.js", kOriginal}, {"site/b.js", kOriginal}, {"site/c.js", kOriginal},
                      {"site/d.js", kOriginal}, {"site/e.js", kOriginal}, {"site/a.js.gz/x", "x"},
                      {"secret.gz", "SECRET"}};
  tree.fifo("site/b.js.gz");
  tree.symlink("../secret.gz", "site/c.js.gz");
  tree.symlink("nowhere", "site/d.js.gz");
  tree.unix_socket("site/e.js.gz");
  const ServerProcess server{tree.path("site")};
  for (const char* target : {"/a.js", "/b.js", "/c.js", "/d.js", "/e.js"}) {
    const Response answer = get(server.address(), target, "Accept-Encoding: gzip\r\n");
    EXPECT_EQ(answer.status, 200) << target;
    EXPECT_EQ(answer.body, kOriginal) << target;
    EXPECT_FALSE(answer.has("Content-Encoding")) << target;
  }
}

TEST(PrecompressedSibling, IsSentForAnIndexToo) {  // §13
  const TempTree site{{"index.html", kOriginal}, {"index.html.gz", kGzip}};
  const ServerProcess server{site.path()};
  const Response answer = get(server.address(), "/", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(answer.body, kGzip);
  EXPECT_EQ(answer.field("Content-Encoding"), "gzip");
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get(server.address(), "/").field("Vary"), "Accept-Encoding");
}

TEST(PrecompressedSibling, IsNoFileWithoutTheOriginal) {  // §13
  const TempTree site{{"lonely.js.gz", kGzip}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/lonely.js", "Accept-Encoding: gzip\r\n").status, 404);
}

TEST(PrecompressedSibling, MayBeLarge) {
  const std::string large(3u << 20, 'z');
  const TempTree site{{"app.js", std::string(4u << 20, 'o')}, {"app.js.gz", large}};
  const ServerProcess server{site.path()};
  EXPECT_TRUE(get(server.address(), "/app.js", "Accept-Encoding: gzip\r\n").body == large);
}

}  // namespace
}  // namespace tinyserve::test
