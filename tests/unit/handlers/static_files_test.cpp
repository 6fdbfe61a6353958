#include "handlers/static_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "handlers/compressions.h"
#include "support/asked_request.h"
#include "support/response.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using http::Via;
using test::TempTree;

struct Asked : test::AskedRequest {
  explicit Asked(std::string_view request_line, std::string_view fields = "")
      : AskedRequest(std::string(request_line) + " HTTP/1.1\r\nHost: localhost\r\n" +
                     std::string(fields) + "\r\n") {}
};

std::string text_of(const http::Body& body) {
  if (const auto* text = std::get_if<std::string>(&body)) return *text;
  if (const auto* slice = std::get_if<http::BlockSlice>(&body)) {
    return std::string(slice->block.view().substr(slice->offset, slice->length));
  }
  std::string text;
  if (const auto* slice = std::get_if<http::FileSlice>(&body)) {
    text.resize(slice->length);
    const ssize_t count =
        ::pread(slice->file.get(), text.data(), text.size(), static_cast<off_t>(slice->offset));
    EXPECT_EQ(count, static_cast<ssize_t>(slice->length));
  }
  return text;
}

struct Told : test::Response {
  Via via = Via::kErrorPage;
  bool close = false;
};

// The files of `tree`, served from what stands at `root` in it.
struct Site {
  TempTree tree;
  Options options;
  files::Root root;
  Compressions compressions;
  StaticFiles files{{&options, &root, &compressions}};
  Instant now{0, 2'000'000'000'000'000};  // in 2033: all files are settled

  Site(std::initializer_list<TempTree::File> content, Options wanted = {},
       const std::string& served = "site")
      : tree(content),
        options(std::move(wanted)),
        root(*files::Root::open({tree.path(served), false})) {}
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  // Each as a batch of its own.
  Told ask(std::string_view request_line, std::string_view fields = "") {
    files.new_batch();
    return ask_again(request_line, fields);
  }
  // A browser that navigates.
  Told visit(const std::string& path) { return ask("GET " + path, "Accept: text/html\r\n"); }
  Told ask_again(std::string_view request_line, std::string_view fields = "") {
    const Asked asked(request_line, fields);
    const Answer answer = files.respond({asked.request(), asked.path(), now, Means::kWorker});
    std::string head;
    http::append_head(head, answer.response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
    Told told{test::parse_response_head(head), answer.via, answer.close};
    told.body = text_of(answer.response.body);
    return told;
  }
};

// --- files
// ----------------------------------------------------------------------------------------

TEST(StaticFiles, SendAFileWithWhatIsKnownOfIt) {
  Site site{{"site/a.css", "p { }"}};
  const Told told = site.ask("GET /a.css");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.body, "p { }");
  EXPECT_EQ(told.field("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(told.field("Content-Length"), "5");
  EXPECT_EQ(told.field("Cache-Control"), "no-cache");
  EXPECT_EQ(told.field("X-Content-Type-Options"), "nosniff");
  EXPECT_TRUE(told.field("ETag").starts_with('"')) << told.field("ETag");
  EXPECT_EQ(told.via, Via::kFile);
}

TEST(StaticFiles, SendLargeFilesWhole) {
  const std::string large(300'000, 'x');
  Site site{{"site/large.bin", large}};
  EXPECT_EQ(site.ask("GET /large.bin").body, large);
  EXPECT_EQ(site.ask("GET /large.bin").field("Content-Length"), "300000");
}

TEST(StaticFiles, TellTheSameForHead) {
  Site site{{"site/a.txt", "hello"}, {"site/sub/index.html", ""}};
  for (const std::string path : {"/a.txt", "/sub", "/sub/", "/missing", "/"}) {
    const Told get = site.ask("GET " + path);
    const Told head = site.ask("HEAD " + path);
    EXPECT_EQ(head.status, get.status) << path;
    EXPECT_EQ(head.fields, get.fields) << path;
  }
}

TEST(StaticFiles, TagsChangeWithTheFile) {
  Site site{{"site/a.txt", "one"}};
  const std::string before = site.ask("GET /a.txt").field("ETag");
  EXPECT_EQ(site.ask("GET /a.txt").field("ETag"), before);
  site.tree.replace("site/a.txt", "two");
  EXPECT_NE(site.ask("GET /a.txt").field("ETag"), before);
}

void set_mtime(const std::string& path, time_t seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(StaticFiles, TellWhenTheyWereChanged) {
  Site site{{"site/a.txt", ""}};
  set_mtime(site.tree.path("site/a.txt"), 784111777);
  EXPECT_EQ(site.ask("GET /a.txt").field("Last-Modified"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(StaticFiles, NeverWereChangedInTheFuture) {  // RFC 9110 §8.8.2.1
  Site site{{"site/a.txt", ""}};
  set_mtime(site.tree.path("site/a.txt"), 2'100'000'000);
  EXPECT_EQ(site.ask("GET /a.txt").field("Last-Modified"), "Wed, 18 May 2033 03:33:20 GMT");
}

TEST(StaticFiles, DoNotTellATimeThatIsNone) {
  Site site{{"site/a.txt", ""}};
  for (const time_t seconds : {-5, 0, 1}) {
    set_mtime(site.tree.path("site/a.txt"), seconds);
    EXPECT_FALSE(site.ask("GET /a.txt").has("Last-Modified")) << seconds;
  }
}

TEST(StaticFiles, AreOnlyRead) {
  Site site{{"site/a.txt", ""}};
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "TRACE"}) {
    const Told told = site.ask(method + " /a.txt");
    EXPECT_EQ(told.status, 405) << method;
    EXPECT_EQ(told.field("Allow"), "GET, HEAD, OPTIONS") << method;
    EXPECT_EQ(told.body.find("/api/echo") != std::string::npos, method == "POST") << method;
  }
  EXPECT_EQ(site.ask("OPTIONS /a.txt").status, 204);
  EXPECT_EQ(site.ask("OPTIONS /a.txt").field("Allow"), "GET, HEAD, OPTIONS");
}

// --- what is no file
// ------------------------------------------------------------------------------

TEST(StaticFiles, MissingAreNotFound) {
  Site site{{"site/a.txt", ""}};
  for (const std::string path : {"/missing", "/missing/", "/a.txt/", "/a.txt/x"}) {
    EXPECT_EQ(site.ask("GET " + path).status, 404) << path;
  }
  EXPECT_EQ(site.ask("GET /" + std::string(300, 'x')).status, 404);
}

TEST(StaticFiles, HiddenAreNotFound) {
  Site site{{"site/.env", "secret"}, {"site/.git/config", "secret"}, {"site/.well-known/x", "ok"}};
  for (const std::string path : {"/.env", "/.git/config", "/.git/", "/.missing"}) {
    const Told told = site.ask("GET " + path);
    EXPECT_EQ(told.status, 404) << path;
    EXPECT_EQ(told.via, Via::kHidden) << path;
    EXPECT_EQ(told.body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(site.ask("GET /.well-known/x").body, "ok");
}

TEST(StaticFiles, WithADotAreSentWhenAsked) {
  Options options;
  options.dotfiles = true;
  Site site({{"site/.env", "wanted"}}, options);
  EXPECT_EQ(site.ask("GET /.env").body, "wanted");
}

TEST(StaticFiles, OutsideTheRootAreNotFound) {
  Site site{{"site/a.txt", ""}, {"secret.txt", "secret"}};
  site.tree.symlink("../secret.txt", "site/link.txt");
  site.tree.symlink("..", "site/dir");
  for (const std::string path : {"/link.txt", "/dir/secret.txt", "/dir/", "/dir"}) {
    const Told told = site.ask("GET " + path);
    EXPECT_EQ(told.status, 404) << path;
    EXPECT_EQ(told.via, Via::kOutsideRoot) << path;
  }
}

TEST(StaticFiles, ThatAreNoneAreForbiddenAndNeverWaitedFor) {
  Site site{{"site/a.txt", ""}};
  site.tree.fifo("site/pipe");
  site.tree.unix_socket("site/socket");
  EXPECT_EQ(site.ask("GET /pipe").status, 403);
  EXPECT_EQ(site.ask("GET /socket").status, 403);
}

// --- directories
// ----------------------------------------------------------------------------------

TEST(StaticFiles, RedirectADirectoryToItsSlash) {  // RFC 9110 §15.4.2
  Site site{{"site/sub/index.html", "x"}, {"site/a b/x", ""}, {"site/evil.example/x", ""}};
  const Told told = site.ask("GET /sub");
  EXPECT_EQ(told.status, 301);
  EXPECT_EQ(told.field("Location"), "/sub/");
  EXPECT_EQ(told.via, Via::kRedirect);
  EXPECT_EQ(site.ask("GET /sub?a=b?c").field("Location"), "/sub/?a=b?c");
  EXPECT_EQ(site.ask("GET /a%20b").field("Location"), "/a%20b/");
  EXPECT_EQ(site.ask("GET //evil.example").field("Location"), "/evil.example/");
}

TEST(StaticFiles, SendTheIndexOfADirectory) {
  Site site{{"site/index.html", "home"}, {"site/sub/index.html", "sub"}};
  EXPECT_EQ(site.ask("GET /").body, "home");
  EXPECT_EQ(site.ask("GET /").via, Via::kIndex);
  EXPECT_EQ(site.ask("GET /").field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(site.ask("GET /sub/").body, "sub");
}

TEST(StaticFiles, TryTheNamesOfAnIndexInOrder) {
  Options options;
  options.index_names = {"home.htm", "index.html"};
  Site site(
      {{"site/index.html", "second"}, {"site/sub/home.htm", "first"}, {"site/sub/index.html", ""}},
      options);
  EXPECT_EQ(site.ask("GET /").body, "second");
  EXPECT_EQ(site.ask("GET /sub/").body, "first");
}

TEST(StaticFiles, ListADirectoryWithoutIndex) {
  Site site{{"site/b.txt", ""}, {"site/sub/a.txt", ""}, {"site/.hidden", ""}};
  const Told told = site.ask("GET /");
  EXPECT_EQ(told.status, 200);
  EXPECT_EQ(told.via, Via::kListing);
  EXPECT_NE(told.body.find("href=\"./sub/\""), std::string::npos);
  EXPECT_NE(told.body.find("href=\"./b.txt\""), std::string::npos);
  EXPECT_EQ(told.body.find("href=\"./.hidden\""), std::string::npos);
  EXPECT_NE(site.ask("GET /sub/").body.find("href=\"../\""), std::string::npos);
}

TEST(StaticFiles, DoNotTakeADirectoryForAnIndex) {
  Site site{{"site/index.html/x", ""}};
  EXPECT_EQ(site.ask("GET /").via, Via::kListing);
}

TEST(StaticFiles, ListNothingWhenToldSo) {
  Options options;
  options.listing = false;
  Site site({{"site/b.txt", ""}, {"site/sub/index.html", "sub"}}, options);
  EXPECT_EQ(site.ask("GET /").status, 404);
  EXPECT_EQ(site.ask("GET /sub/").body, "sub");
}

// --- a root that changes
// --------------------------------------------------------------------------

TEST(StaticFiles, WaitForARootThatIsMissing) {
  Site site{{"site/a.txt", "old"}};
  site.tree.remove("site");
  const Told told = site.ask("GET /a.txt");
  EXPECT_EQ(told.status, 503);
  EXPECT_EQ(told.field("Retry-After"), "1");
  EXPECT_FALSE(told.close);
  site.tree.write("site/a.txt", "new");
  EXPECT_EQ(site.ask("GET /a.txt").body, "new");
}

TEST(StaticFiles, LookForTheRootOncePerBatch) {
  Site site{{"site/a.txt", "old"}, {"next/a.txt", "new"}};
  EXPECT_EQ(site.ask("GET /a.txt").body, "old");
  site.tree.rename("site", "gone");
  site.tree.rename("next", "site");
  EXPECT_EQ(site.ask_again("GET /a.txt").body, "old");
  EXPECT_EQ(site.ask("GET /a.txt").body, "new");
}

// --- a single file
// --------------------------------------------------------------------------------

TEST(StaticFiles, OfASingleFileAreThatFileAndNothingElse) {
  Site site({{"site/page.html", "the page"}, {"site/other.html", "other"}}, {}, "site/page.html");
  EXPECT_EQ(site.ask("GET /").body, "the page");
  EXPECT_EQ(site.ask("GET /").field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(site.ask("GET /page.html").body, "the page");
  EXPECT_EQ(site.ask("GET /other.html").status, 404);
  EXPECT_EQ(site.ask("GET /sub/page.html").status, 404);
}

TEST(StaticFiles, OfASingleFileNoticeItsNewVersion) {
  Site site({{"site/page.html", "old"}}, {}, "site/page.html");
  EXPECT_EQ(site.ask("GET /").body, "old");
  site.tree.replace("site/page.html", "new");
  EXPECT_EQ(site.ask("GET /").body, "new");
  site.tree.remove("site/page.html");
  EXPECT_EQ(site.ask("GET /").status, 404);
}

// --- single-page applications -------------------------------------------------------------------

Options spa() {
  Options options;
  options.spa = "index.html";
  return options;
}

TEST(StaticFiles, LeadTheRoutesOfAnApplicationToItsFile) {
  Site site({{"site/index.html", "the app"}, {"site/about/index.html", "a real page"}}, spa());
  for (const std::string path : {"/users", "/users/7", "/v1.2/users", "/users/"}) {
    const Told told = site.visit(path);
    EXPECT_EQ(told.status, 200) << path;
    EXPECT_EQ(told.body, "the app") << path;
    EXPECT_EQ(told.via, Via::kSpa) << path;
    EXPECT_EQ(told.field("Vary"), "Accept") << path;
  }
  EXPECT_EQ(site.visit("/about/").body, "a real page");
  EXPECT_EQ(site.ask("HEAD /users", "Accept: text/html\r\n").status, 200);
}

TEST(StaticFiles, OfAnApplicationThatAreMissingStayMissing) {
  Site site({{"site/index.html", "the app"}}, spa());
  EXPECT_EQ(site.visit("/logo.png").status, 404);
  EXPECT_EQ(site.ask("GET /users", "Accept: */*\r\n").status, 404);
  EXPECT_EQ(site.ask("GET /users", "Accept: application/json\r\n").status, 404);
  EXPECT_EQ(site.ask("POST /users", "Accept: text/html\r\n").status, 405);
  EXPECT_EQ(site.visit("/.git/config").status, 404);
}

TEST(StaticFiles, OfAnApplicationAnswerConditions) {
  Site site({{"site/index.html", "the app"}}, spa());
  const std::string tag = site.visit("/users").field("ETag");
  const Told told = site.ask("GET /users", "Accept: text/html\r\nIf-None-Match: " + tag + "\r\n");
  EXPECT_EQ(told.status, 304);
  EXPECT_EQ(told.field("Vary"), "Accept");
}

TEST(StaticFiles, OfAnApplicationWithoutItsFileAreMissing) {
  Site site({{"site/other.html", "x"}}, spa());
  EXPECT_EQ(site.visit("/users").status, 404);
}

// --- clean URLs ---------------------------------------------------------------------------------

TEST(StaticFiles, HaveCleanUrlsWhereAskedFor) {
  const auto files = {TempTree::File{"site/about.html", "about"},
                      TempTree::File{"site/blog.html", "all posts"},
                      TempTree::File{"site/blog/first.html", "a post"},
                      TempTree::File{"site/team.html", "hidden by"},
                      TempTree::File{"site/team/index.html", "the directory"},
                      TempTree::File{"site/notes", "no extension"},
                      TempTree::File{"site/notes.html", "with one"}};
  Options options;
  options.clean_urls = true;
  Site site(files, options);
  EXPECT_EQ(site.ask("GET /about").body, "about");
  EXPECT_EQ(site.ask("GET /about").field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(site.ask("GET /about.html").body, "about");
  EXPECT_EQ(site.ask("GET /blog").body, "all posts");
  EXPECT_EQ(site.ask("GET /blog/first").body, "a post");
  EXPECT_EQ(site.ask("GET /team").status, 301);
  EXPECT_EQ(site.ask("GET /notes").body, "no extension");
  EXPECT_EQ(site.ask("GET /about/").status, 404);
  EXPECT_EQ(site.ask("GET /nothing").status, 404);

  Site plain(files);
  EXPECT_EQ(plain.ask("GET /about").status, 404);
  EXPECT_EQ(plain.ask("GET /blog").status, 301);
}

// --- the site's own 404 page --------------------------------------------------------------------

TEST(StaticFiles, HaveAnErrorPageOfTheirOwn) {
  Site site{{"site/404.html", "lost?"}, {"site/sub/a.txt", "x"}, {"site/.secret", "x"}};
  for (const std::string path : {"/missing", "/sub/missing.html", "/.secret"}) {
    const Told told = site.visit(path);
    EXPECT_EQ(told.status, 404) << path;
    EXPECT_EQ(told.body, "lost?") << path;
    EXPECT_EQ(told.field("Content-Type"), "text/html; charset=utf-8") << path;
    EXPECT_EQ(told.field("Vary"), "Accept") << path;
    EXPECT_EQ(told.field("Cache-Control"), "no-cache") << path;
    EXPECT_FALSE(told.has("ETag")) << path;
  }
  EXPECT_EQ(site.visit("/.secret").via, Via::kHidden);
  EXPECT_NE(site.ask("GET /missing", "Accept: */*\r\n").body, "lost?") << "no page was asked for";
  EXPECT_EQ(site.visit("/404.html").status, 200);
}

TEST(StaticFiles, DoWithoutAnErrorPageThatCannotBeSent) {
  Site site{{"site/404.html/x", "a directory"}};
  const Told told = site.visit("/missing");
  EXPECT_EQ(told.status, 404);
  EXPECT_NE(told.body.find("There is nothing here"), told.body.npos);
}

}  // namespace
}  // namespace tinyserve::handlers
