#include "handlers/file_answer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "handlers/compressions.h"
#include "support/asked_request.h"
#include "support/body_text.h"
#include "support/response.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using http::Via;
using test::TempTree;

struct Asked : test::AskedRequest {
  explicit Asked(const std::string& fields)
      : AskedRequest("GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n") {}
};

struct Told : test::Response {
  Via via = Via::kErrorPage;
  bool close = false;
};

Told told(const Answer& answer) {
  std::string head;
  http::append_head(head, answer.response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
  Told told{test::parse_response_head(head), answer.via, answer.close};
  told.body = test::body_text(answer.response.body);
  return told;
}

void set_mtime(const std::string& path, time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

// The files of `tree`, served from what stands at `site` in it.
struct Site {
  TempTree tree;
  mutable files::Root root;  // what is served may be opened anew
  Options options{};
  mutable Compressions compressions{};

  explicit Site(std::initializer_list<TempTree::File> content, const std::string& served = "site")
      : tree(content), root(*files::Root::open({tree.path(served), false})) {}
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  [[nodiscard]] Told get(const std::string& path, const std::string& fields = "") const {
    auto entry = root.find(path);
    EXPECT_TRUE(entry);
    const Asked asked(fields);
    const Instant now{0, 2'000'000'000'000'000};  // in 2033: all files are settled
    return told(file_answer({asked.request(), asked.path(), now, Means::kWorker},
                            {&options, &root, &compressions},
                            {path, *std::move(entry), Via::kFile}));
  }
};

// Ten bytes, last changed on Sun, 06 Nov 1994 08:49:37 GMT.
struct Digits : Site {
  Digits() : Site{{"site/a.txt", "0123456789"}} { set_mtime(tree.path("site/a.txt"), 784111777); }
  [[nodiscard]] std::string tag() const { return get("a.txt").field("ETag"); }
};

std::vector<std::string> names(const Told& told) {
  std::vector<std::string> names;
  for (const auto& [name, value] : told.fields) names.push_back(name);
  return names;
}
using Names = std::vector<std::string>;

// --- statuses
// -------------------------------------------------------------------------------------

TEST(FileAnswer, IsTheFileWithItsValidators) {
  const Digits site;
  const Told told = site.get("a.txt");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.body, "0123456789");
  EXPECT_EQ(told.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(told.field("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(told.field("Accept-Ranges"), "bytes");
  EXPECT_FALSE(told.has("Vary"));
  EXPECT_FALSE(told.has("Content-Encoding"));
  EXPECT_EQ(told.via, Via::kFile);
}

TEST(FileAnswer, Is304WithWhatACacheUpdatesAndNoMore) {  // RFC 9110 §15.4.5
  const Digits site;
  for (const std::string& fields :
       {"If-None-Match: " + site.tag() + "\r\n",
        std::string("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")}) {
    const Told told = site.get("a.txt", fields);
    EXPECT_EQ(told.status, 304) << fields;
    EXPECT_EQ(told.body, "");
    EXPECT_EQ(names(told), (Names{"Date", "Server", "ETag", "Last-Modified", "Cache-Control"}));
    EXPECT_EQ(told.field("ETag"), site.tag());
    EXPECT_EQ(told.via, Via::kNotModified);
    EXPECT_FALSE(told.close);
  }
}

TEST(FileAnswer, Is412WhereTheFileIsNotWhatIsExpected) {  // RFC 9110 §15.5.13
  const Told told = Digits().get("a.txt", "If-Match: \"other\"\r\n");
  EXPECT_EQ(told.status, 412);
  EXPECT_EQ(told.body.find("0123456789"), std::string::npos);
  EXPECT_FALSE(told.has("ETag"));
  EXPECT_FALSE(told.close);
}

TEST(FileAnswer, Is206WithTheBytesOfOneRange) {  // RFC 9110 §15.3.7.1
  const Digits site;
  const Told told = site.get("a.txt", "Range: bytes=2-5\r\n");
  EXPECT_EQ(told.status, 206);
  EXPECT_EQ(told.body, "2345");
  EXPECT_EQ(told.field("Content-Length"), "4");
  EXPECT_EQ(told.field("Content-Range"), "bytes 2-5/10");
  EXPECT_EQ(told.field("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(told.field("ETag"), site.tag());
  EXPECT_EQ(told.via, Via::kRange);
}

TEST(FileAnswer, Is206WithTheBytesOfALargeFile) {
  std::string large(200'000, 'x');
  large.replace(150'000, 4, "here");
  const Site site{{"site/large.bin", large}};
  EXPECT_EQ(site.get("large.bin", "Range: bytes=149999-150004\r\n").body, "xherex");
}

TEST(FileAnswer, Is206InPartsForSeveralRanges) {  // RFC 9110 §15.3.7.2
  const Digits site;
  const Told told = site.get("a.txt", "Range: bytes=0-1,-3\r\n");
  const std::string type = told.field("Content-Type");
  const std::string before = "multipart/byteranges; boundary=";
  ASSERT_TRUE(type.starts_with(before)) << type;
  const std::string boundary = type.substr(before.size());
  EXPECT_EQ(boundary.size(), 32U);
  EXPECT_EQ(told.status, 206);
  EXPECT_FALSE(told.has("Content-Range"));
  EXPECT_EQ(told.body, "--" + boundary +
                           "\r\nContent-Type: text/plain; charset=utf-8\r\n"
                           "Content-Range: bytes 0-1/10\r\n\r\n01\r\n--" +
                           boundary +
                           "\r\nContent-Type: text/plain; charset=utf-8\r\n"
                           "Content-Range: bytes 7-9/10\r\n\r\n789\r\n--" +
                           boundary + "--\r\n");
  EXPECT_EQ(told.field("Content-Length"), std::to_string(told.body.size()));
  EXPECT_EQ(told.via, Via::kRange);
  EXPECT_NE(site.get("a.txt", "Range: bytes=0-1,-3\r\n").field("Content-Type"), type);
}

TEST(FileAnswer, Is416WithTheSizeBeyondTheEnd) {  // RFC 9110 §15.5.17
  const Told told = Digits().get("a.txt", "Range: bytes=10-\r\n");
  EXPECT_EQ(told.status, 416);
  EXPECT_EQ(told.field("Content-Range"), "bytes */10");
  EXPECT_EQ(told.via, Via::kRange);
  EXPECT_FALSE(told.close);
}

TEST(FileAnswer, LooksAtConditionsBeforeRanges) {  // RFC 9110 §13.2.2
  const Digits site;
  const std::string none_match = "If-None-Match: " + site.tag() + "\r\n";
  EXPECT_EQ(site.get("a.txt", none_match + "Range: bytes=10-\r\n").status, 304);
  EXPECT_EQ(site.get("a.txt", "If-Match: \"x\"\r\nRange: bytes=0-1\r\n").status, 412);
}

// --- siblings
// -------------------------------------------------------------------------------------

const std::string kAcceptsBr = "Accept-Encoding: br\r\n";

TEST(FileAnswer, IsTheSiblingThatTheClientAccepts) {  // RFC 9110 §12.5.3
  const Site site{{"site/app.js", "original"}, {"site/app.js.br", "packed"}};
  const Told plain = site.get("app.js");
  const Told packed = site.get("app.js", kAcceptsBr);
  EXPECT_EQ(packed.body, "packed");
  EXPECT_EQ(packed.field("Content-Encoding"), "br");
  EXPECT_EQ(packed.field("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(packed.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.body, "original");
  EXPECT_FALSE(plain.has("Content-Encoding"));
  EXPECT_EQ(plain.field("Vary"), "Accept-Encoding");
  EXPECT_NE(packed.field("ETag"), plain.field("ETag"));
}

TEST(FileAnswer, ChecksConditionsAndRangesOfTheSibling) {
  const Site site{{"site/app.js", "original"}, {"site/app.js.br", "packed"}};
  const std::string tag = site.get("app.js", kAcceptsBr).field("ETag");
  const Told unchanged = site.get("app.js", kAcceptsBr + "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(site.get("app.js", "If-None-Match: " + tag + "\r\n").status, 200);
  const Told part = site.get("app.js", kAcceptsBr + "Range: bytes=4-\r\n");
  EXPECT_EQ(part.body, "ed");
  EXPECT_EQ(part.field("Content-Range"), "bytes 4-5/6");
  EXPECT_EQ(part.field("Content-Encoding"), "br");
}

TEST(FileAnswer, IsTheFileWhereTheSiblingLeavesTheRoot) {
  const Site site{{"site/app.js", "original"}, {"secret.br", "secret"}};
  site.tree.symlink("../secret.br", "site/app.js.br");
  const Told told = site.get("app.js", kAcceptsBr);
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.body, "original");
  EXPECT_FALSE(told.has("Content-Encoding"));
}

TEST(FileAnswer, IsTheSingleFileWhateverStandsBesideIt) {
  const Site site({{"site/app.js", "original"}, {"site/app.js.br", "packed"}}, "site/app.js");
  const Told told = site.get("app.js", kAcceptsBr);
  EXPECT_EQ(told.body, "original");
  EXPECT_FALSE(told.has("Content-Encoding"));
  EXPECT_FALSE(told.has("Vary"));
}

// --- what can be given again
// ----------------------------------------------------------------------

// The answer on the loop's thread to a GET of `file` with `fields`.
Answer answer_of(const Site& site, const ChosenFile& file, const std::string& fields = "") {
  const Asked asked(fields);
  const Instant now{0, 2'000'000'000'000'000};
  return file_answer({asked.request(), asked.path(), now, Means::kLoop},
                     {&site.options, &site.root, &site.compressions}, file);
}

ChosenFile chosen(const Site& site, const std::string& path) {
  return {path, *site.root.find(path), Via::kFile};
}

// What an answer depends on: "a.txt" what is there, "!b.txt" that nothing is.
std::vector<std::string> dependencies(const Site& site, const Answer& answer) {
  std::vector<std::string> names;
  if (!answer.reusable) return {"for this request alone"};
  const std::string root = site.tree.path("site/");
  for (const files::Dependency& dependency : answer.reusable->dependencies) {
    EXPECT_TRUE(dependency.path.starts_with(root)) << dependency.path;
    EXPECT_TRUE(dependency.holds()) << dependency.path;
    names.push_back((dependency.facts ? "" : "!") + dependency.path.substr(root.size()));
  }
  return names;
}

TEST(ReusableAnswer, DependsOnTheFile) {
  const Site site{{"site/sub/a.txt", "content"}};
  const Answer answer = answer_of(site, chosen(site, "sub/a.txt"));
  EXPECT_EQ(dependencies(site, answer), (Names{"sub/a.txt"}));
  EXPECT_EQ(answer.reusable->representation->entity_tag, told(answer).field("ETag"));
}

TEST(ReusableAnswer, DependsOnTheSiblingsForWhoTakesThem) {
  const Site site{{"site/a.js", "content"}, {"site/a.js.br", "packed"}};
  const Answer packed = answer_of(site, chosen(site, "a.js"), kAcceptsBr);
  EXPECT_EQ(dependencies(site, packed), (Names{"a.js", "a.js.br", "!a.js.zst", "!a.js.gz"}));
  EXPECT_EQ(packed.reusable->representation->entity_tag, told(packed).field("ETag"));
  EXPECT_EQ(dependencies(site, answer_of(site, chosen(site, "a.js"))), (Names{"a.js"}));
}

TEST(ReusableAnswer, DependsOnWhatHadToBeMissing) {
  const Site site{{"site/index.html", "content"}};
  ChosenFile file = chosen(site, "index.html");
  file.missing = {"home.htm"};
  EXPECT_EQ(dependencies(site, answer_of(site, file)), (Names{"index.html", "!home.htm"}));
}

TEST(ReusableAnswer, HasTheFieldsOfANotModified) {  // RFC 9110 §15.4.5
  const Site site{{"site/a.js", "content"}, {"site/a.js.br", "packed"}};
  const ChosenFile file = chosen(site, "a.js");
  const Answer whole = answer_of(site, file, kAcceptsBr);
  const Answer not_modified = answer_of(
      site, file,
      kAcceptsBr + "If-None-Match: " + whole.reusable->representation->entity_tag + "\r\n");
  EXPECT_EQ(whole.reusable->not_modified.status, http::Status::kNotModified);
  EXPECT_EQ(whole.reusable->not_modified.fields.text(), not_modified.response.fields.text());
}

TEST(ReusableAnswer, IsNoneForWhatIsForOneRequestAlone) {
  const Site site{{"site/a.txt", "content"}};
  const Names none{"for this request alone"};
  ChosenFile file = chosen(site, "a.txt");
  EXPECT_EQ(dependencies(site, answer_of(site, file, "If-Match: \"x\"\r\n")), none);
  file.by_accept = true;
  EXPECT_EQ(dependencies(site, answer_of(site, file)), none);
  file.by_accept = false;
  file.missing.reset();
  EXPECT_EQ(dependencies(site, answer_of(site, file)), none);
}

TEST(ReusableAnswer, IsTheWholeForWhoHasItAlready) {
  const Site site{{"site/a.txt", "content"}};
  const Answer answer = answer_of(site, chosen(site, "a.txt"),
                                  "If-Modified-Since: Wed, 18 May 2033 03:33:20 GMT\r\n");
  EXPECT_EQ(answer.response.status, http::Status::kNotModified);
  ASSERT_NE(answer.reusable, nullptr);
  EXPECT_EQ(answer.reusable->whole.status, http::Status::kOk);
  EXPECT_EQ(http::content_length(answer.reusable->whole.body), 7U);
  EXPECT_EQ(answer.reusable->path, "a.txt");
}

TEST(ReusableAnswer, IsTheWholeForWhoWantsAPart) {
  const Site site{{"site/a.txt", "content"}};
  for (const std::string fields : {"Range: bytes=0-1\r\n", "Range: bytes=10-\r\n"}) {
    const Answer answer = answer_of(site, chosen(site, "a.txt"), fields);
    EXPECT_NE(answer.response.status, http::Status::kOk) << fields;
    ASSERT_NE(answer.reusable, nullptr) << fields;
    EXPECT_EQ(answer.reusable->whole.status, http::Status::kOk);
    EXPECT_EQ(http::content_length(answer.reusable->whole.body), 7U);
    EXPECT_FALSE(answer.reusable->representation->entry.file) << "the content has it open";
  }
}

TEST(ReusableAnswer, IsNoneWhenTheFileWasWrittenToSinceItWasFound) {
  const Site site{{"site/a.txt", "content"}};
  const ChosenFile file = chosen(site, "a.txt");
  site.tree.append("site/a.txt", ", and more");
  const Answer answer = answer_of(site, file);
  EXPECT_EQ(told(answer).body, "content, and more");
  EXPECT_EQ(answer.reusable, nullptr);
}

// --- a few bytes of a large file
// -------------------------------------------------------------------------------------

// Where the content of an answer lies: "memory", "file", or "several" pieces.
std::string place_of(const Answer& answer) {
  const auto* const pieces = std::get_if<std::vector<http::Piece>>(&answer.response.body);
  if (pieces == nullptr || pieces->size() != 1) return "several";
  return std::holds_alternative<http::FileSlice>(pieces->front()) ? "file" : "memory";
}

TEST(FileAnswer, ReadsAFewBytesAtOnceAndLeavesMoreToTheKernel) {
  const Site site{{"site/a.bin", std::string(200'000, 'a') + "0123456789"}};
  const ChosenFile file = chosen(site, "a.bin");
  const Answer few = answer_of(site, file, "Range: bytes=200002-200004\r\n");
  EXPECT_EQ(place_of(few), "memory");
  EXPECT_EQ(told(few).body, "234");
  const auto reach = [](std::uint64_t length) {
    return "Range: bytes=1-" + std::to_string(length) + "\r\n";
  };
  EXPECT_EQ(place_of(answer_of(site, file, reach(files::kSmallFile))), "memory");
  EXPECT_EQ(place_of(answer_of(site, file, reach(files::kSmallFile + 1))), "file");
}

TEST(FileAnswer, SendsNoBytesOfAnotherVersionThanItsTagIsOf) {
  const Site site{{"site/a.bin", std::string(200'000, 'a') + "0123456789"}};
  const ChosenFile file = chosen(site, "a.bin");
  const std::string reach = "Range: bytes=200002-200004\r\n";
  const std::string tag = told(answer_of(site, file, reach)).field("ETag");
  site.tree.write("site/a.bin", std::string(200'000, 'b') + "9876543210");  // since it was found
  const Told part = told(answer_of(site, file, reach));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "765");
  EXPECT_NE(part.field("ETag"), tag);
  const Told resumed = told(answer_of(site, file, reach + "If-Range: " + tag + "\r\n"));
  EXPECT_EQ(resumed.status, 200);
  EXPECT_EQ(resumed.field("ETag"), part.field("ETag"));
  EXPECT_EQ(told(answer_of(site, file, reach + "If-Match: " + tag + "\r\n")).status, 412);
}

TEST(FileAnswer, LeavesAFewBytesOfWhatIsBeingWrittenToTheKernel) {
  const Site site{{"site/a.log", std::string(200'000, 'a') + "0123456789"}};
  const ChosenFile file = chosen(site, "a.log");
  site.tree.append("site/a.log", "more");
  const Asked asked("Range: bytes=200002-200004\r\n");
  const Instant just_now{0, file.entry.facts.ctime_ns / 1000};
  const Answer answer = file_answer({asked.request(), asked.path(), just_now, Means::kLoop},
                                    {&site.options, &site.root, &site.compressions}, file);
  EXPECT_EQ(place_of(answer), "file");
  EXPECT_EQ(told(answer).body, "234");
}

TEST(KeptAnswer, IsNoneOfWhatHasBeenWrittenToSince) {
  const Site site{{"site/a.bin", std::string(200'000, 'a') + "0123456789"}};
  const Asked whole("");
  const Asked part("Range: bytes=200002-200004\r\n");
  const Instant now{0, 2'000'000'000'000'000};
  Representation chosen;
  chosen.entry = *site.root.find("a.bin");
  set_validators(chosen, chosen.entry.facts, now);
  const auto answer = [&](const Asked& asked) {
    return kept_answer({asked.request(), asked.path(), now}, chosen,
                       http::FileSlice{chosen.entry.file, 0, chosen.entry.facts.size});
  };
  ASSERT_TRUE(answer(part));
  EXPECT_EQ(told(*answer(part)).body, "234");
  site.tree.write("site/a.bin", std::string(200'000, 'b') + "9876543210");
  EXPECT_FALSE(answer(part));
  EXPECT_TRUE(answer(whole)) << "the send queue looks after that";
}

// --- failures
// -------------------------------------------------------------------------------------

Told failed(int error) {
  const Asked asked("");
  return told(failed_answer(asked.request(), fail("openat2", error)));
}

TEST(FailedAnswer, IsNotFoundWhereNothingCanBeSeen) {
  for (const int error : {ENOENT, ENOTDIR, EISDIR, ENAMETOOLONG, ELOOP}) {
    const Told told = failed(error);
    EXPECT_EQ(told.status, 404) << error;
    EXPECT_EQ(told.via, Via::kErrorPage) << error;
    EXPECT_FALSE(told.close) << error;
  }
}

TEST(FailedAnswer, TellsOnlyTheRecordThatAPathLeavesTheRoot) {
  const Told outside = failed(EXDEV);
  const Told missing = failed(ENOENT);
  EXPECT_EQ(outside.via, Via::kOutsideRoot);
  EXPECT_EQ(outside.status, missing.status);
  EXPECT_EQ(outside.body, missing.body);
  EXPECT_FALSE(outside.close);
}

TEST(FailedAnswer, IsForbiddenWhereTheFileSystemForbids) {
  for (const int error : {EACCES, EPERM}) {
    EXPECT_EQ(failed(error).status, 403) << error;
    EXPECT_FALSE(failed(error).close) << error;
  }
}

TEST(FailedAnswer, AsksToComeBackWhereSomethingRanOut) {
  for (const int error : {EMFILE, ENFILE, ENOMEM}) {
    const Told told = failed(error);
    EXPECT_EQ(told.status, 503) << error;
    EXPECT_EQ(told.field("Retry-After"), "1") << error;
    EXPECT_EQ(told.via, Via::kLimit) << error;
    EXPECT_TRUE(told.close) << error;
  }
}

TEST(FailedAnswer, IsAnInternalErrorForAllElse) {
  for (const int error : {EIO, ESTALE, EINVAL}) {
    const Told told = failed(error);
    EXPECT_EQ(told.status, 500) << error;
    EXPECT_EQ(told.via, Via::kInternalError) << error;
    EXPECT_TRUE(told.close) << error;
  }
}

// --- what the options say -----------------------------------------------------------------------

TEST(FileAnswer, SaysHowLongItMayBeKept) {
  Digits site;
  site.options.cache_control = "max-age=60";
  const Told told = site.get("a.txt");
  EXPECT_EQ(told.field("Cache-Control"), "max-age=60");
  const Told unchanged = site.get("a.txt", "If-None-Match: " + told.field("ETag") + "\r\n");
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.field("Cache-Control"), "max-age=60");
}

TEST(FileAnswer, TakesTheMediaTypesOfTheOptionsFirst) {
  Site site{{"site/a.TXT", "x"}, {"site/a.wgsl", "x"}, {"site/wgsl", "x"}};
  site.options.media_types = {{"txt", "text/x-own"}, {"wgsl", "text/wgsl"}};
  EXPECT_EQ(site.get("a.TXT").field("Content-Type"), "text/x-own");
  EXPECT_EQ(site.get("a.wgsl").field("Content-Type"), "text/wgsl");
  EXPECT_EQ(site.get("wgsl").field("Content-Type"), "application/octet-stream");
}

}  // namespace
}  // namespace tinyserve::handlers
