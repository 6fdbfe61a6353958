// Text is compressed on the fly for whoever accepts it, and for nobody else (RFC 9110 §8.4,
// §12.5.3): what is chosen, and the fields that tell of it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/decode.h"
#include "support/raw_client.h"
#include "support/samples.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

const std::string kScript = script_of(20'000);
const std::string kNoise = noise_of(20'000);
constexpr const char* kCodings[] = {"br", "zstd", "gzip"};

std::string accept(const std::string& codings) { return "Accept-Encoding: " + codings + "\r\n"; }

// Tags stay, and what was encoded is kept, from then on.
void wait_until_files_are_settled() {
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
}

class Compression : public ::testing::Test {
 protected:
  Response get_with(const std::string& fields, const std::string& target = "/app.js") {
    return get(server_.address(), target, fields);
  }

  // `coding` is "" for the file as it is.
  void expect_coding(const Response& answer, const std::string& coding, const std::string& why) {
    EXPECT_EQ(answer.status, 200) << why;
    EXPECT_EQ(answer.field("Content-Encoding"), coding) << why;
    EXPECT_TRUE(content_of(coding, answer.body) == kScript) << why;
    EXPECT_EQ(answer.field("Content-Type"), "text/javascript; charset=utf-8") << why;
    EXPECT_EQ(answer.field("Accept-Ranges"), coding.empty() ? "bytes" : "none") << why;
    EXPECT_EQ(answer.field("Vary"), "Accept-Encoding") << why;
    EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff") << why;
    if (!coding.empty()) {
      EXPECT_LT(answer.body.size(), kScript.size() / 2) << why;
    }
  }

  TempTree site_{{"app.js", kScript},         {"noise.txt", kNoise},
                 {"noise.png", kNoise},       {"page.html", script_of(1000)},
                 {"255.css", script_of(255)}, {"256.css", script_of(256)}};
  ServerProcess server_{site_.path(), {"--compress"}};
};

TEST_F(Compression, IsChosenByAcceptEncoding) {  // §13
  struct Row {
    const char* accepted;
    const char* sent;  // "": the file itself
  };
  for (const Row& row : {
           Row{"gzip", "gzip"},
           Row{"x-gzip", "gzip"},
           Row{"X-GZIP;q=0.1", "gzip"},
           Row{"BR", "br"},
           Row{"zstd", "zstd"},
           Row{"gzip, deflate, br, zstd", "br"},
           Row{"gzip, zstd", "zstd"},
           Row{"br;q=0.5, gzip;q=0.8", "gzip"},
           Row{"br;q=0.5, gzip;q=0.8, zstd;q=0.9", "zstd"},
           Row{"gzip;q=0.001", "gzip"},
           Row{"*", "br"},
           Row{"br;q=0, *;q=0.5", "zstd"},
           Row{"br;q=0, zstd;q=0, *", "gzip"},
           Row{"br, br;q=0, gzip", "gzip"},
           Row{"x-gzip;q=0, gzip", ""},
           Row{"identity;q=0, gzip", "gzip"},
           Row{"identity;q=0.5, gzip;q=0.4", ""},
           Row{"identity, br", "br"},
           Row{"", ""},
           Row{"identity", ""},
           Row{"br;q=0", ""},
           Row{"*;q=0", ""},
           Row{"brotli, zst, gz, x-br", ""},
           Row{"deflate, compress", ""},
           Row{"gzip;q=1.1", ""},
           Row{"identity;q=0", ""},
           Row{"identity;q=0, *;q=0", ""},
       }) {
    expect_coding(get_with(accept(row.accepted)), row.sent, row.accepted);
  }
  expect_coding(get_with(""), "", "without the field");
  expect_coding(get_with(accept("br;q=0") + accept("br, gzip")), "gzip", "on two lines");
}

TEST_F(Compression, BeginsAt256Bytes) {
  EXPECT_FALSE(get_with(accept("gzip"), "/255.css").has("Content-Encoding"));
  EXPECT_FALSE(get_with(accept("gzip"), "/255.css").has("Vary"));
  const Response answer = get_with(accept("gzip"), "/256.css");
  EXPECT_EQ(answer.field("Content-Encoding"), "gzip");
  EXPECT_EQ(content_of("gzip", answer.body), script_of(256));
}

TEST_F(Compression, LeavesAloneWhatDoesNotBecomeSmaller) {
  for (const char* target : {"/noise.png", "/noise.txt"}) {
    const Response answer = get_with(accept("br, zstd, gzip"), target);
    EXPECT_FALSE(answer.has("Content-Encoding")) << target;
    EXPECT_TRUE(answer.body == kNoise) << target;
    EXPECT_EQ(answer.field("Accept-Ranges"), "bytes") << target;
    EXPECT_TRUE(answer.field("ETag").starts_with('"')) << target;
    const Response part = get_with(accept("br") + "Range: bytes=5-9\r\n", target);
    EXPECT_EQ(part.status, 206) << target;
    EXPECT_EQ(part.body, kNoise.substr(5, 5)) << target;
  }
  EXPECT_FALSE(get_with(accept("br"), "/noise.png").has("Vary"));
  EXPECT_EQ(get_with(accept("br"), "/noise.txt").field("Vary"), "Accept-Encoding");
}

TEST_F(Compression, MeetsConditionsByTheTagOfWhatDoesNotBecomeSmaller) {
  wait_until_files_are_settled();
  const std::string tag = get_with(accept("br"), "/noise.txt").field("ETag");
  const auto asked_with = [&](const std::string& condition) {
    return get_with(accept("br") + condition + ": " + tag + "\r\n", "/noise.txt").status;
  };
  EXPECT_EQ(asked_with("If-None-Match"), 304);
  EXPECT_EQ(asked_with("If-Match"), 200);
  EXPECT_EQ(asked_with("Range: bytes=0-4\r\nIf-Range"), 206);
}

TEST_F(Compression, HasAWeakTagOfItsOwnForEachCoding) {  // §13, §10.8
  wait_until_files_are_settled();
  std::set<std::string> tags{get_with("").field("ETag")};
  EXPECT_TRUE(tags.begin()->starts_with('"')) << *tags.begin();
  for (const char* coding : kCodings) {
    const std::string tag = get_with(accept(coding)).field("ETag");
    EXPECT_TRUE(tag.starts_with("W/\"")) << tag;
    EXPECT_EQ(get_with(accept(coding)).field("ETag"), tag);
    tags.insert(tag);
  }
  EXPECT_EQ(tags.size(), 4u);
}

TEST_F(Compression, IsNotModifiedByTheTagOfItsCodingAlone) {  // §11
  wait_until_files_are_settled();
  for (const char* known : {"identity", "br", "zstd", "gzip"}) {
    const std::string tag = get_with(accept(known)).field("ETag");
    for (const std::string asked : {"identity", "br", "zstd", "gzip"}) {
      SCOPED_TRACE(asked + " with the tag of " + known);
      const Response answer = get_with(accept(asked) + "If-None-Match: \"x\", " + tag + "\r\n");
      if (asked != known) {
        expect_coding(answer, asked == "identity" ? "" : asked, "another's tag");
        continue;
      }
      EXPECT_EQ(answer.status, 304);
      EXPECT_EQ(answer.field("ETag"), tag);
      EXPECT_EQ(answer.field("Vary"), "Accept-Encoding");
      EXPECT_FALSE(answer.has("Content-Encoding"));
    }
  }
}

TEST_F(Compression, IsNeverWhatIfMatchMeans) {  // a weak tag never is, §11
  wait_until_files_are_settled();
  const std::string plain = get_with("").field("ETag");
  const std::string encoded = get_with(accept("br")).field("ETag");
  const auto matching = [](const std::string& tag) { return "If-Match: " + tag + "\r\n"; };
  EXPECT_EQ(get_with(accept("br") + matching(encoded)).status, 412);
  EXPECT_EQ(get_with(accept("br") + matching(plain)).status, 412);
  EXPECT_EQ(get_with(matching(encoded)).status, 412);
  expect_coding(get_with(matching(plain)), "", "the file's tag");
  expect_coding(get_with(accept("br") + matching("*")), "br", "any tag");
}

TEST_F(Compression, HasNoRanges) {  // §12
  wait_until_files_are_settled();
  const std::string plain = get_with("").field("ETag");
  const std::string encoded = get_with(accept("br")).field("ETag");
  for (const std::string range : {"bytes=0-99", "bytes=-5", "bytes=99999-", "bytes=0-0,2-3"}) {
    const std::string field = "Range: " + range + "\r\n";
    expect_coding(get_with(accept("br") + field), "br", range);
    for (const std::string& tag : {plain, encoded}) {
      expect_coding(get_with(accept("br") + field + "If-Range: " + tag + "\r\n"), "br", range);
    }
  }
  for (const std::string fields : {"", "Accept-Encoding: deflate\r\n"}) {
    const std::string range = fields + "Range: bytes=5-99\r\n";
    for (const std::string& condition : {std::string(), "If-Range: " + plain + "\r\n"}) {
      const Response part = get_with(range + condition);
      EXPECT_EQ(part.status, 206);
      EXPECT_EQ(part.body, kScript.substr(5, 95));
      EXPECT_EQ(part.field("Vary"), "Accept-Encoding");
    }
    expect_coding(get_with(range + "If-Range: " + encoded + "\r\n"), "", "another's tag");
  }
}

TEST_F(Compression, IsTheSameInTheAnswerToHead) {  // §7.2
  wait_until_files_are_settled();
  RawClient client{server_.address()};
  for (const char* codings : {"br", "zstd", "gzip", "identity"}) {
    const std::string fields = "Host: localhost\r\n" + accept(codings) + "\r\n";
    client.send("GET /app.js HTTP/1.1\r\n" + fields);
    Response answer = client.read_response();
    client.send("HEAD /app.js HTTP/1.1\r\n" + fields);
    Response head = client.read_head();
    for (Response* one : {&answer, &head}) {
      std::erase_if(one->fields, [](const auto& field) { return field.first == "Date"; });
    }
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.fields, answer.fields) << codings;
  }
  EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(50)));
}

TEST_F(Compression, IsDoneOnceForEachVersion) {
  site_.write("large.js", script_of(500'000));
  wait_until_files_are_settled();
  for (const char* coding : kCodings) {
    const Response first = get_with(accept(coding), "/large.js");
    EXPECT_TRUE(content_of(coding, first.body) == script_of(500'000));
    const std::size_t before = server_.bytes_read();
    for (int i = 0; i < 20; ++i) {
      EXPECT_TRUE(get_with(accept(coding), "/large.js").body == first.body);
    }
    EXPECT_LT(server_.bytes_read(), before + 500'000) << coding;
  }
}

TEST_F(Compression, IsDoneOnceForAllWhoWaitForIt) {
  site_.write("large.js", script_of(500'000));
  wait_until_files_are_settled();
  const std::size_t before = server_.bytes_read();
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) clients.emplace_back(server_.address());
  for (RawClient& client : clients) client.send(get_request("/large.js", accept("br")));
  for (RawClient& client : clients) {
    EXPECT_TRUE(content_of("br", client.read_response().body) == script_of(500'000));
  }
  EXPECT_LT(server_.bytes_read(), before + 1'000'000);
}

// Neither the size nor the time of modification tells that it is another version.
TEST_F(Compression, IsAsNewAsTheDisk) {  // §10.9
  wait_until_files_are_settled();
  struct stat status {};
  ASSERT_EQ(::stat(site_.path("app.js").c_str(), &status), 0);
  const timespec times[2] = {status.st_atim, status.st_mtim};
  RawClient client{server_.address()};
  const auto next = [&](const char* coding) {
    client.send(get_request("/app.js", accept(coding)));
    return content_of(coding, client.read_response().body);
  };
  for (const char* coding : kCodings) EXPECT_TRUE(next(coding) == kScript);
  for (int version = 1; version <= 3; ++version) {
    const std::string changed = script_of(kScript.size(), version);
    site_.write("app.js", changed);
    ASSERT_EQ(::utimensat(AT_FDCWD, site_.path("app.js").c_str(), times, 0), 0);
    for (const char* coding : kCodings) EXPECT_TRUE(next(coding) == changed) << coding;
  }
  wait_until_files_are_settled();
  for (const char* coding : kCodings) {
    EXPECT_TRUE(next(coding) == script_of(kScript.size(), 3)) << coding;
  }
  site_.replace("app.js", kScript);
  EXPECT_TRUE(next("br") == kScript);
  site_.remove("app.js");
  EXPECT_EQ(get_with(accept("br")).status, 404);
}

TEST_F(Compression, GivesWayToSiblings) {
  const std::string better = script_of(1000);
  site_.write("app.js.gz", better);
  for (const char* codings : {"gzip", "br;q=0.9, gzip"}) {
    const Response answer = get_with(accept(codings));
    EXPECT_EQ(answer.body, better) << codings;
    EXPECT_EQ(answer.field("Content-Encoding"), "gzip") << codings;
    EXPECT_EQ(answer.field("Accept-Ranges"), "bytes") << codings;
    EXPECT_TRUE(answer.field("ETag").starts_with('"')) << codings;
  }
  expect_coding(get_with(accept("zstd")), "zstd", "without a sibling");
}

TEST_F(Compression, IsForFilesAlone) {
  for (int i = 0; i < 50; ++i) site_.write("dir/file " + std::to_string(i), "x");
  for (const char* target : {"/dir/", "/api/", "/missing", "/dir"}) {
    const Response answer = get_with(accept("br, zstd, gzip") + "Accept: text/html\r\n", target);
    EXPECT_FALSE(answer.has("Content-Encoding")) << target;
    EXPECT_FALSE(answer.has("Transfer-Encoding")) << target;
  }
  const std::string content(1000, 'a');
  const Response echo = ask(server_.address(),
                            "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: br\r\n"
                            "Content-Type: text/plain\r\nContent-Length: 1000\r\n\r\n" +
                                content);
  EXPECT_EQ(echo.body, content);
  EXPECT_FALSE(echo.has("Content-Encoding"));
}

TEST_F(Compression, IsForAnIndexToo) {
  site_.write("index.html", script_of(1000));
  const Response answer = get_with(accept("zstd"), "/");
  EXPECT_EQ(answer.field("Content-Encoding"), "zstd");
  EXPECT_EQ(content_of("zstd", answer.body), script_of(1000));
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
}

std::string coding_sent_by(const std::vector<std::string>& arguments, const std::string& target) {
  const TempTree site{{"app.js", kScript}, {"a.foo", kScript}, {"a.txt", kScript}};
  const ServerProcess server{site.path(), arguments};
  return get({"127.0.0.1", server.port()}, target, accept("gzip")).field("Content-Encoding");
}

TEST(CompressFlag, IsOffOnLoopbackAndOnBeyondItUnlessItSaysSo) {
  const std::string everywhere = "--bind=0.0.0.0";
  EXPECT_EQ(coding_sent_by({}, "/app.js"), "");
  EXPECT_EQ(coding_sent_by({"--bind=127.0.0.1", "--compress=auto"}, "/app.js"), "");
  EXPECT_EQ(coding_sent_by({everywhere}, "/app.js"), "gzip");
  EXPECT_EQ(coding_sent_by({everywhere, "--compress=auto"}, "/app.js"), "gzip");
  EXPECT_EQ(coding_sent_by({everywhere, "--compress=off"}, "/app.js"), "");
  EXPECT_EQ(coding_sent_by({"--compress=on"}, "/app.js"), "gzip");
  EXPECT_EQ(coding_sent_by({"--compress"}, "/app.js"), "gzip");
}

TEST(CompressFlag, GoesByTheMediaTypesOfOnesOwn) {
  EXPECT_EQ(coding_sent_by({"--compress"}, "/a.foo"), "");
  EXPECT_EQ(coding_sent_by({"--compress", "--mime=foo=text/x-foo"}, "/a.foo"), "gzip");
  EXPECT_EQ(coding_sent_by({"--compress", "--mime=txt=image/png"}, "/a.txt"), "");
}

TEST(CompressFlag, DoesNotMatterForSiblings) {
  const TempTree site{{"app.js", kScript}, {"app.js.br", "br bytes"}};
  const ServerProcess server{site.path(), {"--compress=off"}};
  EXPECT_EQ(get(server.address(), "/app.js", accept("br")).body, "br bytes");
  EXPECT_TRUE(get(server.address(), "/app.js", accept("gzip")).body == kScript);
}

}  // namespace
}  // namespace tinyserve::test
