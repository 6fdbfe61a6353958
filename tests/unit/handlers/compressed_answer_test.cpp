#include "handlers/compressed_answer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "handlers/compressions.h"
#include "handlers/static_files.h"
#include "support/asked_request.h"
#include "support/decode.h"
#include "support/response.h"
#include "support/samples.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using http::Via;
using test::noise_of;
using test::script_of;
using test::TempTree;

constexpr Instant kSettled{0, 2'000'000'000'000'000};  // in 2033

// Who made an answer in the end.
enum class Made : std::uint8_t { kAtOnce, kByAJob, kBySomebodyElsesJob, kInPortions };

struct Told : test::Response {
  Via via = Via::kErrorPage;
  Made made = Made::kAtOnce;
};

std::string text_of(const http::Body& body) {
  if (const auto* text = std::get_if<std::string>(&body)) return *text;
  if (const auto* slice = std::get_if<http::BlockSlice>(&body)) {
    return std::string(slice->block.view().substr(slice->offset, slice->length));
  }
  std::string text;
  if (const auto* slice = std::get_if<http::FileSlice>(&body)) {
    text.resize(slice->length);
    EXPECT_EQ(::pread(slice->file.get(), text.data(), text.size(), 0),
              static_cast<ssize_t>(text.size()));
  }
  if (const auto* parts = std::get_if<std::vector<http::Piece>>(&body)) {
    EXPECT_EQ(parts->size(), 1U);
    return "(part)";
  }
  if (const auto* producer = std::get_if<std::unique_ptr<http::Producer>>(&body)) {
    http::Portion portion;
    while (portion.then == http::Portion::Then::kMore) {
      portion = (*producer)->produce();
      text += portion.bytes;
    }
    EXPECT_EQ(portion.then, http::Portion::Then::kEnd) << portion.why;
    (*producer)->finish();
  }
  return text;
}

Options compressing() {
  Options options;
  options.compression = Compression::kOn;
  return options;
}

struct Site {
  TempTree tree;
  Options options;
  files::Root root;
  Compressions compressions;
  StaticFiles files{{&options, &root, &compressions}};
  Instant now = kSettled;

  explicit Site(std::initializer_list<TempTree::File> content, Options wanted = compressing())
      : tree(content),
        options(std::move(wanted)),
        root(*files::Root::open({tree.path("site"), false})) {}
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  // What a loop would do, with a job run in between.
  Told ask(std::string_view request_line, std::string_view fields, Means means = Means::kLoop) {
    files.new_batch();
    const test::AskedRequest asked(std::string(request_line) + " HTTP/1.1\r\nHost: localhost\r\n" +
                                   std::string(fields) + "\r\n");
    const http::Path path = asked.path();
    Answer answer = files.respond({asked.request(), path, now, means});
    if (answer.awaited_job != 0) return {{}, {}, Made::kBySomebodyElsesJob};
    Made made = Made::kAtOnce;
    if (const auto job = std::move(answer.job)) {
      made = Made::kByAJob;
      job->run();
      job->finish();
      answer = job->take_answer();
    }
    if (http::is_produced(answer.response.body)) made = Made::kInPortions;
    std::string head;
    http::append_head(head, answer.response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
    Told told{test::parse_response_head(head), answer.via, made};
    told.body = text_of(answer.response.body);
    return told;
  }
  Told get(const std::string& path, std::string_view fields = "Accept-Encoding: br, gzip\r\n",
           Means means = Means::kLoop) {
    return ask("GET " + path, fields, means);
  }
};

std::string decoded(const Told& told) {
  const auto coding = told.field("Content-Encoding");
  const auto codec = coding == "br"     ? codec::Coding::kBr
                     : coding == "zstd" ? codec::Coding::kZstd
                                        : codec::Coding::kGzip;
  const auto content = test::decode(codec, told.body);
  return content && content->is_whole ? content->content : "(broken)";
}

constexpr std::string_view kBr = "Accept-Encoding: br\r\n";

// --- which files
// ----------------------------------------------------------------------------------

TEST(IsCompressible, HoldsForWhatIsTextInside) {
  for (const std::string_view type :
       {"text/html; charset=utf-8", "text/css", "text/plain", "text/javascript;charset=utf-8",
        "application/json", "application/manifest+json", "application/ld+json", "image/svg+xml",
        "application/xhtml+xml; charset=utf-8", "application/rss+xml", "application/wasm",
        "application/javascript", "font/ttf", "font/otf", "image/bmp"}) {
    EXPECT_TRUE(is_compressible(type)) << type;
  }
}

TEST(IsCompressible, DoesNotHoldForWhatIsCompressedAlready) {
  for (const std::string_view type :
       {"image/png", "image/jpeg", "image/webp", "video/mp4", "audio/mpeg", "font/woff2",
        "font/woff", "application/zip", "application/gzip", "application/pdf",
        "application/octet-stream", "application/jsonx", "x-text/plain", ""}) {
    EXPECT_FALSE(is_compressible(type)) << type;
  }
}

TEST(CompressedAnswer, IsForFilesOf256BytesAndMore) {
  Site site{{"site/255.txt", script_of(255)}, {"site/256.txt", script_of(256)}};
  const Told below = site.get("/255.txt");
  EXPECT_FALSE(below.has("Content-Encoding"));
  EXPECT_FALSE(below.has("Vary"));
  EXPECT_EQ(below.body, script_of(255));
  const Told from = site.get("/256.txt");
  EXPECT_EQ(from.field("Content-Encoding"), "br");
  EXPECT_EQ(decoded(from), script_of(256));
}

TEST(CompressedAnswer, IsMadeWholeUpToALimitAndInPortionsBeyondIt) {
  Site site{{"site/at.txt", script_of(kMostCompressedWhole)},
            {"site/over.txt", script_of(kMostCompressedWhole + 1)}};
  const Told at = site.get("/at.txt");
  EXPECT_EQ(at.made, Made::kByAJob);
  EXPECT_EQ(at.field("Content-Length"), std::to_string(at.body.size()));
  EXPECT_TRUE(decoded(at) == script_of(kMostCompressedWhole));
  const Told over = site.get("/over.txt");
  EXPECT_EQ(over.made, Made::kInPortions);
  EXPECT_EQ(over.field("Transfer-Encoding"), "chunked");
  EXPECT_TRUE(decoded(over) == script_of(kMostCompressedWhole + 1));
}

TEST(CompressedAnswer, IsNotForImages) {
  Site site{{"site/a.png", script_of(5000)}};
  const Told told = site.get("/a.png");
  EXPECT_EQ(told.made, Made::kAtOnce);
  EXPECT_FALSE(told.has("Content-Encoding"));
  EXPECT_FALSE(told.has("Vary"));
}

TEST(CompressedAnswer, FollowsTheTypeThatTheUserGave) {
  Options options = compressing();
  options.media_types = {{"glsl", "text/plain"}, {"txt", "application/octet-stream"}};
  Site site({{"site/a.glsl", script_of(5000)}, {"site/a.txt", script_of(5000)}}, options);
  EXPECT_EQ(site.get("/a.glsl").field("Content-Encoding"), "br");
  EXPECT_FALSE(site.get("/a.txt").has("Content-Encoding"));
}

TEST(CompressedAnswer, IsNoneWhereItWouldNotBeSmallerAndThatIsRemembered) {
  Site site{{"site/a.txt", noise_of(5000)}};
  const Told first = site.get("/a.txt");
  EXPECT_EQ(first.made, Made::kByAJob);
  EXPECT_FALSE(first.has("Content-Encoding"));
  EXPECT_EQ(first.field("Accept-Ranges"), "bytes");
  EXPECT_EQ(first.field("Vary"), "Accept-Encoding");
  EXPECT_TRUE(first.body == noise_of(5000));
  const Told again = site.get("/a.txt");
  EXPECT_EQ(again.made, Made::kAtOnce);
  EXPECT_EQ(again.fields, first.fields);
  EXPECT_EQ(again.body, first.body);
}

TEST(CompressedAnswer, IsNoneWhereThatIsOff) {
  for (const Compression compression : {Compression::kOff, Compression::kAuto}) {
    Options options;
    options.compression = compression;
    Site site({{"site/a.txt", script_of(5000)}}, options);
    const Told told = site.get("/a.txt");
    EXPECT_EQ(told.made, Made::kAtOnce);
    EXPECT_FALSE(told.has("Content-Encoding"));
    EXPECT_FALSE(told.has("Vary"));
  }
}

TEST(CompressedAnswer, LeavesASiblingItsPlace) {
  Site site{{"site/a.js", script_of(5000)}, {"site/a.js.gz", "made beforehand"}};
  const Told sibling = site.get("/a.js", "Accept-Encoding: gzip, br;q=0.5\r\n");
  EXPECT_EQ(sibling.field("Content-Encoding"), "gzip");
  EXPECT_EQ(sibling.body, "made beforehand");
  EXPECT_EQ(sibling.field("Accept-Ranges"), "bytes");
  EXPECT_TRUE(sibling.field("ETag").starts_with('"'));
  // There is none in this coding.
  const Told own = site.get("/a.js", kBr);
  EXPECT_EQ(own.field("Content-Encoding"), "br");
  EXPECT_EQ(decoded(own), script_of(5000));
}

// --- its fields
// -----------------------------------------------------------------------------------

TEST(CompressedAnswer, HasAWeakTagAndNoRanges) {  // RFC 9110 §8.8.1
  Site site{{"site/a.css", script_of(5000)}};
  const Told told = site.get("/a.css");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.via, Via::kFile);
  EXPECT_EQ(told.field("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(told.field("Content-Encoding"), "br");
  EXPECT_EQ(told.field("Content-Length"), std::to_string(told.body.size()));
  EXPECT_EQ(told.field("Accept-Ranges"), "none");
  EXPECT_EQ(told.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(told.field("Cache-Control"), "no-cache");
  EXPECT_EQ(told.field("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(told.field("ETag").starts_with("W/\"")) << told.field("ETag");
  EXPECT_TRUE(told.has("Last-Modified"));
}

TEST(CompressedAnswer, LeavesTheOthersTheirTagButSaysThatItDepends) {
  Site site{{"site/a.css", script_of(5000)}};
  const Told plain = site.get("/a.css", "");
  EXPECT_EQ(plain.made, Made::kAtOnce);
  EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.field("Accept-Ranges"), "bytes");
  EXPECT_TRUE(plain.field("ETag").starts_with('"')) << plain.field("ETag");
  EXPECT_EQ(plain.body, script_of(5000));
  const Told refused = site.get("/a.css", "Accept-Encoding: br;q=0, identity\r\n");
  EXPECT_EQ(refused.fields, plain.fields);
}

TEST(CompressedAnswer, HasATagForEachCoding) {
  Site site{{"site/a.css", script_of(5000)}};
  std::vector<std::string> tags;
  for (const std::string coding : {"br", "zstd", "gzip"}) {
    const Told told = site.get("/a.css", "Accept-Encoding: " + coding + "\r\n");
    EXPECT_EQ(told.field("Content-Encoding"), coding);
    EXPECT_EQ(decoded(told), script_of(5000)) << coding;
    for (const std::string& tag : tags) EXPECT_NE(told.field("ETag"), tag);
    tags.push_back(told.field("ETag"));
  }
}

TEST(CompressedAnswer, TellsTheSameForHead) {
  Site site{{"site/a.css", script_of(5000)}};
  EXPECT_EQ(site.ask("HEAD /a.css", kBr).fields, site.get("/a.css", kBr).fields);
}

// --- conditions and ranges
// ------------------------------------------------------------------------

TEST(CompressedAnswer, IsNotModifiedForWhoHasItsTag) {  // RFC 9110 §13.1.2
  Site site{{"site/a.css", script_of(5000)}};
  for (const std::string fields : {"Accept-Encoding: br\r\n", ""}) {
    const std::string tag = site.get("/a.css", fields).field("ETag");
    const Told told = site.get("/a.css", fields + "If-None-Match: " + tag + "\r\n");
    EXPECT_EQ(told.status, 304) << fields;
    EXPECT_EQ(told.made, Made::kAtOnce) << fields;
    EXPECT_EQ(told.field("ETag"), tag);
    EXPECT_EQ(told.field("Vary"), "Accept-Encoding");
    const std::string other = site.get("/a.css", "Accept-Encoding: gzip\r\n").field("ETag");
    EXPECT_EQ(site.get("/a.css", fields + "If-None-Match: " + other + "\r\n").status, 200)
        << "of another representation";
  }
}

TEST(CompressedAnswer, IsNotModifiedWithoutBeingMadeAgain) {
  Site site{{"site/a.css", script_of(5000)}};
  const std::string tag = site.get("/a.css", kBr).field("ETag");
  Site fresh{{"site/x", ""}};  // a server that was started anew has compressed nothing
  StaticFiles files({&site.options, &site.root, &fresh.compressions});
  const test::AskedRequest asked("GET /a.css HTTP/1.1\r\nHost: localhost\r\n" + std::string(kBr) +
                                 "If-None-Match: " + tag + "\r\n\r\n");
  const http::Path path = asked.path();
  const Answer answer = files.respond({asked.request(), path, kSettled, Means::kLoop});
  EXPECT_TRUE(answer.is_ready());
  EXPECT_EQ(answer.response.status, http::Status::kNotModified);
}

TEST(CompressedAnswer, FailsIfMatchWhichComparesStrongly) {  // RFC 9110 §13.1.1
  Site site{{"site/a.css", script_of(5000)}};
  const std::string tag = site.get("/a.css", kBr).field("ETag");
  const std::string strong = tag.substr(2);
  for (const std::string& wanted : {tag, strong}) {
    const Told told = site.get("/a.css", std::string(kBr) + "If-Match: " + wanted + "\r\n");
    EXPECT_EQ(told.status, 412) << wanted;
  }
  EXPECT_EQ(site.get("/a.css", std::string(kBr) + "If-Match: *\r\n").status, 200);
}

TEST(CompressedAnswer, IgnoresRanges) {  // RFC 9110 §14.2
  Site site{{"site/a.css", script_of(5000)}, {"site/large.css", script_of(700'000)}};
  for (const std::string path : {"/a.css", "/large.css"}) {
    const Told told = site.get(path, std::string(kBr) + "Range: bytes=0-9\r\n");
    EXPECT_EQ(told.status, 200) << path;
    EXPECT_FALSE(told.has("Content-Range"));
    EXPECT_GT(decoded(told).size(), 4999U);
  }
  EXPECT_EQ(site.get("/a.css", "Range: bytes=0-9\r\n").status, 206) << "of the file as it is";
}

// --- once for each version
// ------------------------------------------------------------------------

TEST(CompressedAnswer, IsMadeOnceForEachVersion) {
  Site site{{"site/a.js", script_of(5000)}};
  const Told first = site.get("/a.js");
  EXPECT_EQ(first.made, Made::kByAJob);
  const Told again = site.get("/a.js");
  EXPECT_EQ(again.made, Made::kAtOnce);
  EXPECT_EQ(again.fields, first.fields);
  EXPECT_EQ(again.body, first.body);
  site.tree.replace("site/a.js", script_of(6000));
  const Told other = site.get("/a.js");
  EXPECT_EQ(other.made, Made::kByAJob);
  EXPECT_EQ(decoded(other), script_of(6000));
  EXPECT_NE(other.field("ETag"), first.field("ETag"));
}

TEST(CompressedAnswer, OfALargeFileIsKeptOnceItHasLeft) {
  Site site{{"site/a.js", script_of(700'000)}};
  const Told first = site.get("/a.js");
  EXPECT_EQ(first.made, Made::kInPortions);
  const Told again = site.get("/a.js");
  EXPECT_EQ(again.made, Made::kAtOnce);
  EXPECT_TRUE(again.body == first.body);
  EXPECT_EQ(again.field("ETag"), first.field("ETag"));
}

TEST(CompressedAnswer, OfALargeFileIsNotKeptBeyondSomeMegabytes) {
  Site site{{"site/a.txt", noise_of(5'000'000)}};
  EXPECT_TRUE(decoded(site.get("/a.txt", "Accept-Encoding: gzip\r\n")) == noise_of(5'000'000));
  EXPECT_EQ(site.get("/a.txt", "Accept-Encoding: gzip\r\n").made, Made::kInPortions);
}

TEST(CompressedAnswer, OfAYoungFileIsNotKept) {  // it may change again without a trace
  Site site{{"site/a.js", script_of(5000)}, {"site/large.js", script_of(700'000)}};
  site.now = read_clocks();
  const Told first = site.get("/a.js");
  EXPECT_EQ(first.made, Made::kByAJob);
  EXPECT_EQ(decoded(first), script_of(5000));
  EXPECT_TRUE(decoded(site.get("/large.js")) == script_of(700'000));
  site.now = kSettled;
  EXPECT_EQ(site.get("/a.js").made, Made::kByAJob);
  EXPECT_EQ(site.get("/large.js").made, Made::kInPortions);
}

TEST(CompressedAnswer, WaitsForTheJobThatIsUnderWay) {
  Site site{{"site/a.js", script_of(5000)}};
  const EncodedVersion version{site.root.find("a.js")->facts, http::Coding::kBr};
  const std::uint64_t job = site.compressions.begin(version);
  EXPECT_EQ(site.get("/a.js", kBr).made, Made::kBySomebodyElsesJob);
  EXPECT_EQ(site.get("/a.js", "Accept-Encoding: gzip\r\n").made, Made::kByAJob);
  EXPECT_EQ(site.get("/a.js", kBr, Means::kLoopOnly).made, Made::kAtOnce);
  site.compressions.end(job);
  EXPECT_EQ(site.get("/a.js", kBr).made, Made::kByAJob);
}

TEST(CompressedAnswer, IsThePlainOneWhereTheWorkersHaveTooMuchToDo) {
  Site site{{"site/a.js", script_of(5000)}, {"site/large.js", script_of(700'000)}};
  for (const std::string path : {"/a.js", "/large.js"}) {
    const Told told = site.get(path, kBr, Means::kLoopOnly);
    EXPECT_EQ(told.made, Made::kAtOnce) << path;
    EXPECT_FALSE(told.has("Content-Encoding")) << path;
    static_cast<void>(site.get(path, kBr));
    EXPECT_EQ(site.get(path, kBr, Means::kLoopOnly).field("Content-Encoding"), "br") << path;
  }
}

TEST(CompressedAnswer, IsThePlainOneWhereTooManyAreOnTheirWayInPortions) {
  Site site{{"site/large.js", script_of(700'000)}};
  const test::AskedRequest asked("GET /large.js HTTP/1.1\r\nHost: localhost\r\n" +
                                 std::string(kBr) + "\r\n");
  const http::Path path = asked.path();
  std::vector<Answer> on_their_way;
  for (int i = 0; i < kMostStreams; ++i) {
    on_their_way.push_back(site.files.respond({asked.request(), path, kSettled, Means::kLoop}));
    ASSERT_TRUE(http::is_produced(on_their_way.back().response.body)) << i;
  }
  EXPECT_FALSE(site.get("/large.js", kBr).has("Content-Encoding"));
  on_their_way.pop_back();
  EXPECT_EQ(site.get("/large.js", kBr).field("Content-Encoding"), "br");
}

}  // namespace
}  // namespace tinyserve::handlers
