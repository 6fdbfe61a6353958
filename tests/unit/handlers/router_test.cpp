#include "handlers/router.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "support/asked_request.h"
#include "support/body_text.h"
#include "support/response.h"
#include "support/temp_tree.h"

namespace tinyserve::handlers {
namespace {

using http::Status;
using http::Via;
using test::TempTree;

constexpr Instant kNow{0, 784'111'777'000'000};

using Asked = test::AskedRequest;

test::Response head_of(const Answer& answer) {
  std::string head;
  http::append_head(head, answer.response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
  return test::parse_response_head(head);
}

struct Site {
  TempTree tree{{"index.html", "home"}, {"api/index.html", "their own"}};
  Options options;
  files::Root root = *files::Root::open({tree.path(), false});
  Router router{options, "workstation", root};

  explicit Site(Options wanted = {}) : options(std::move(wanted)) {}
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  Answer ask(std::string_view request_line, std::string_view fields = "Host: localhost\r\n") {
    const Asked asked(std::string(request_line) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n");
    return router.respond(asked.request(), {}, kNow, Means::kWorker);
  }
  [[nodiscard]] Admission admit(std::string_view request_line, std::string_view fields) const {
    const Asked asked(std::string(request_line) + " HTTP/1.1\r\n" + std::string(fields) + "\r\n");
    return router.admit(asked.request());
  }
};

// --- which answer
// ---------------------------------------------------------------------------------

TEST(Router, SendsFilesToFilesAndTheApiToTheApi) {
  Site site;
  EXPECT_EQ(site.ask("GET /").via, Via::kIndex);
  EXPECT_EQ(site.ask("GET /index.html").via, Via::kFile);
  EXPECT_EQ(site.ask("GET /api/").via, Via::kApi);
  EXPECT_EQ(site.ask("GET /%61pi/echo").via, Via::kApi);
}

TEST(Router, LeavesTheApiToTheFilesWhenToldTo) {
  Options options;
  options.api = false;
  Site site(options);
  EXPECT_EQ(site.ask("GET /api/").via, Via::kIndex);
}

TEST(Router, RefusesAForeignHostBeforeAnythingElse) {
  Site site;
  for (const std::string_view line : {"GET /", "GET /api/", "BREW /", "OPTIONS *", "GET /../x"}) {
    const Answer answer = site.ask(line, "Host: evil.example\r\n");
    EXPECT_EQ(answer.response.status, Status::kForbidden) << line;
    EXPECT_EQ(answer.via, Via::kBadHost) << line;
    EXPECT_FALSE(answer.close) << line;
  }
}

TEST(Router, NamesTheFlagThatAcceptsAHost) {
  Site site;
  const Answer answer = site.ask("GET /", "Host: evil.example\r\n");
  const auto* const text = std::get_if<std::string>(&answer.response.body);
  ASSERT_NE(text, nullptr);
  EXPECT_NE(text->find("--allow-host"), text->npos);
  EXPECT_EQ(text->find("evil"), text->npos);
}

TEST(Router, KnowsTheNamesItGoesBy) {
  Options options;
  options.allowed_hosts = {"dev.example"};
  Site site(options);
  EXPECT_EQ(site.ask("GET /", "Host: dev.example\r\n").response.status, Status::kOk);
  EXPECT_EQ(site.ask("GET /", "Host: workstation:8080\r\n").response.status, Status::kOk);
}

TEST(Router, LooksAtTheAuthorityOfTheTargetWhereThereIsOne) {  // RFC 9112 §3.2.2
  Site site;
  EXPECT_EQ(site.ask("GET http://evil.example/").response.status, Status::kForbidden);
  EXPECT_EQ(site.ask("GET http://localhost/", "Host: evil.example\r\n").response.status,
            Status::kOk);
}

TEST(Router, AnswersAnUnknownMethodWith501) {  // RFC 9110 §9.1
  Site site;
  for (const std::string_view line : {"BREW /", "get /", "PROPFIND /api/"}) {
    const Answer answer = site.ask(line);
    EXPECT_EQ(answer.response.status, Status::kNotImplemented) << line;
    EXPECT_FALSE(answer.close) << line;
    EXPECT_EQ(answer.why, "unknown method");
  }
}

TEST(Router, TellsWhatTheWholeServerAllows) {  // RFC 9110 §9.3.7
  Site site;
  const Answer answer = site.ask("OPTIONS *");
  EXPECT_EQ(head_of(answer).status, 204);
  EXPECT_EQ(head_of(answer).field("Allow"), "GET, HEAD, OPTIONS, POST");
}

TEST(Router, EndsTheConnectionAfterAPathThatClimbsOut) {
  Site site;
  for (const std::string_view line :
       {"GET /..", "GET /../etc/passwd", "GET /%2e%2e/x", "GET /a/..%2f..%2fx", "GET /a%00b"}) {
    const Answer answer = site.ask(line);
    EXPECT_EQ(answer.response.status, Status::kBadRequest) << line;
    EXPECT_TRUE(answer.close) << line;
    EXPECT_EQ(answer.via, Via::kRefused) << line;
  }
}

// --- content that is not there yet
// ----------------------------------------------------------------

TEST(RouterAdmit, TakesContentForTheEchoOnly) {
  const Site site;
  EXPECT_EQ(site.admit("POST /api/echo", "Host: localhost\r\nContent-Length: 5\r\n"),
            Admission::kTake);
  EXPECT_EQ(site.admit("POST /api/echo", "Host: localhost\r\nContent-Length: 5000000\r\n"),
            Admission::kTake);
  EXPECT_EQ(site.admit("POST /", "Host: localhost\r\nContent-Length: 5\r\n"), Admission::kSkip);
  EXPECT_EQ(site.admit("GET /", "Host: localhost\r\nContent-Length: 5\r\n"), Admission::kSkip);
}

TEST(RouterAdmit, SkipsNoMoreThanItIsWorth) {
  const Site site;
  EXPECT_EQ(site.admit("POST /", "Host: localhost\r\nContent-Length: 262144\r\n"),
            Admission::kSkip);
  EXPECT_EQ(site.admit("POST /", "Host: localhost\r\nContent-Length: 262145\r\n"),
            Admission::kAnswerNow);
}

TEST(RouterAdmit, DoesNotWaitForContentThatItWouldOnlyDropAfterBeingAsked) {
  const Site site;
  const std::string_view expect =
      "Host: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n";
  EXPECT_EQ(site.admit("POST /", expect), Admission::kAnswerNow);
  EXPECT_EQ(site.admit("POST /api/echo", expect), Admission::kTake);
}

TEST(RouterAdmit, TakesNothingFromAForeignHost) {
  const Site site;
  EXPECT_EQ(site.admit("POST /api/echo", "Host: evil.example\r\nContent-Length: 5\r\n"),
            Admission::kSkip);
}

TEST(RouterAdmit, TakesNothingWhereThereIsNoApi) {
  Options options;
  options.api = false;
  const Site site(options);
  EXPECT_EQ(site.admit("POST /api/echo", "Host: localhost\r\nContent-Length: 5\r\n"),
            Admission::kSkip);
}

// --- refusals
// -------------------------------------------------------------------------------------

TEST(RefusalAnswer, KeepsStatusAndRuleAndEndsTheConnection) {
  for (const Status status :
       {Status::kBadRequest, Status::kContentTooLarge, Status::kUriTooLong, Status::kFieldsTooLarge,
        Status::kExpectationFailed, Status::kNotImplemented, Status::kVersionNotSupported}) {
    const Answer answer = refusal_answer({status, "the rule"}, {});
    EXPECT_EQ(answer.response.status, status);
    EXPECT_EQ(answer.why, "the rule");
    EXPECT_EQ(answer.via, Via::kRefused);
    EXPECT_TRUE(answer.close);
    EXPECT_FALSE(head_of(answer).has("Retry-After"));
  }
}

TEST(RefusalAnswer, ExplainsThatCookiesAreSharedByAllPorts) {
  const Answer answer = refusal_answer({Status::kFieldsTooLarge, "too large"}, {});
  const auto* const text = std::get_if<std::string>(&answer.response.body);
  ASSERT_NE(text, nullptr);
  EXPECT_NE(text->find("Cookies of localhost"), text->npos);
}

TEST(RefusalAnswer, AsksToTryAgainWhenItWasALimitOfOurs) {
  const Answer answer = refusal_answer({Status::kUnavailable, "memory budget"}, {});
  EXPECT_EQ(head_of(answer).field("Retry-After"), "1");
  EXPECT_EQ(answer.via, Via::kLimit);
}

TEST(RefusalAnswer, TellsATimeoutFromAMistake) {
  EXPECT_EQ(refusal_answer({Status::kRequestTimeout, "header timeout"}, {}).via, Via::kTimeout);
}

// --- pages of other sites -----------------------------------------------------------------------

const std::string kCrossSite =
    "Host: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n";

TEST(Router, RefusesWhatPagesOfOtherSitesAskFor) {
  Site site;
  for (const std::string_view line : {"GET /index.html", "GET /api/", "OPTIONS *", "BREW /"}) {
    const Answer answer = site.ask(line, kCrossSite);
    EXPECT_EQ(answer.response.status, Status::kForbidden) << line;
    EXPECT_EQ(answer.via, Via::kCrossSite) << line;
    const auto* const text = std::get_if<std::string>(&answer.response.body);
    ASSERT_NE(text, nullptr);
    EXPECT_NE(text->find("--cors"), text->npos);
  }
}

TEST(Router, DoesNotTakeContentThatAnotherSiteSends) {
  Site site;
  EXPECT_EQ(site.admit("POST /api/echo", kCrossSite + "Content-Length: 5\r\n"), Admission::kSkip);
  EXPECT_EQ(site.admit("POST /api/echo", "Host: localhost\r\nContent-Length: 5\r\n"),
            Admission::kTake);
}

TEST(Router, LetsOtherOriginsReadFilesErrorsAndTheApi) {
  Options options;
  options.cors_origins = {"*"};
  Site site(options);
  for (const std::string_view line : {"GET /index.html", "GET /missing", "GET /api/"}) {
    const auto head = head_of(site.ask(line, kCrossSite));
    EXPECT_EQ(head.field("Access-Control-Allow-Origin"), "*") << line;
    EXPECT_NE(head.status, 403) << line;
  }
}

TEST(Router, AnswersPreflightsForAnyPath) {
  Options options;
  options.cors_origins = {"http://a.example"};
  Site site(options);
  const Answer answer = site.ask("OPTIONS /missing",
                                 "Host: localhost\r\nOrigin: http://a.example\r\n"
                                 "Access-Control-Request-Method: POST\r\n");
  EXPECT_EQ(answer.via, Via::kPreflight);
  EXPECT_EQ(head_of(answer).field("Access-Control-Allow-Origin"), "http://a.example");
}

TEST(Router, SaysInAPreflightWhatTheTargetTakes) {
  Options options;
  options.cors_origins = {"*"};
  Site site(options);
  const auto methods = [&site](std::string_view line) {
    const Answer answer = site.ask(line,
                                   "Host: localhost\r\nOrigin: http://a.example\r\n"
                                   "Access-Control-Request-Method: PUT\r\n");
    return head_of(answer).field("Access-Control-Allow-Methods");
  };
  EXPECT_EQ(methods("OPTIONS /file.txt"), "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(methods("OPTIONS /api/echo"), "POST, OPTIONS");
  EXPECT_EQ(methods("OPTIONS /api/request"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
}

// --- fields for every answer --------------------------------------------------------------------

TEST(Router, AddsFieldsToEveryAnswer) {
  Options options;
  options.headers = {{"X-A", "1"}, {"Link", "<a>"}, {"Link", "<b>"}};
  Site site(options);
  for (const std::string_view line : {"GET /index.html", "GET /missing", "GET /api/", "BREW /"}) {
    const auto head = head_of(site.ask(line));
    EXPECT_EQ(head.field("X-A"), "1") << line;
    EXPECT_EQ(head.count("Link"), 2) << line;
  }
}

TEST(Router, ReplacesFieldsButAddsToVary) {
  Options options;
  options.headers = {{"cache-control", "max-age=5"}, {"Vary", "X-A"}};
  Site site(options);
  const auto head = head_of(site.ask("GET /missing"));
  EXPECT_EQ(head.count("Cache-Control"), 1);
  EXPECT_EQ(head.field("Cache-Control"), "max-age=5");
  EXPECT_EQ(head.count("Vary"), 2) << "Accept, and what was asked for";
}

TEST(Router, IsolatesPages) {
  Options options;
  options.isolate = true;
  Site site(options);
  auto head = head_of(site.ask("GET /index.html"));
  EXPECT_EQ(head.field("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(head.field("Cross-Origin-Embedder-Policy"), "require-corp");
  EXPECT_EQ(head.field("Cross-Origin-Resource-Policy"), "same-origin");

  options.cors_origins = {"*"};
  options.headers = {{"Cross-Origin-Embedder-Policy", "credentialless"}};
  Site open(options);
  head = head_of(open.ask("GET /index.html"));
  EXPECT_EQ(head.field("Cross-Origin-Resource-Policy"), "cross-origin");
  EXPECT_EQ(head.count("Cross-Origin-Embedder-Policy"), 1);
  EXPECT_EQ(head.field("Cross-Origin-Embedder-Policy"), "credentialless");
}

// --- changes
// --------------------------------------------------------------------------------------

Options writable() {
  Options options;
  options.writable = true;
  return options;
}

const std::string kContent = "Host: localhost\r\nContent-Length: 5\r\n";

TEST(Router, StreamsContentToAFileThatMayBeWritten) {
  const Site site(writable());
  EXPECT_EQ(site.admit("PUT /a", kContent), Admission::kStream);
  EXPECT_EQ(site.admit("PUT /a", "Host: localhost\r\nTransfer-Encoding: chunked\r\n"),
            Admission::kStream);
  for (const std::string_view line : {"PUT /", "PUT /.a", "PUT /api/a", "DELETE /a", "POST /a"}) {
    EXPECT_EQ(site.admit(line, kContent), Admission::kSkip) << line;
  }
  EXPECT_EQ(site.admit("PUT /a", kContent + "Origin: null\r\n"), Admission::kSkip);
  EXPECT_EQ(Site().admit("PUT /a", kContent), Admission::kSkip);
}

TEST(Router, HasAWorkerChangeFiles) {
  Site site(writable());
  EXPECT_NE(site.ask("DELETE /index.html").job, nullptr);
  EXPECT_NE(site.ask("PUT /a").job, nullptr);
  EXPECT_EQ(site.ask("PUT /.a").job, nullptr);
  EXPECT_EQ(site.tree.read("index.html"), "home");
}

TEST(Router, ChangesNothingWhileTheWorkersHaveTooMuchToDo) {
  Site site(writable());
  const Asked asked("DELETE /index.html HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Answer answer = site.router.respond(asked.request(), {}, kNow, Means::kLoopOnly);
  EXPECT_EQ(answer.job, nullptr);
  EXPECT_EQ(answer.response.status, Status::kUnavailable);
}

TEST(Router, NeverWritesAPartOfWhatWasAnnounced) {
  Site site(writable());
  for (const std::string& fields :
       {kContent, std::string("Host: localhost\r\nTransfer-Encoding: chunked\r\n")}) {
    const Answer answer = site.ask("PUT /a", fields);
    EXPECT_EQ(answer.job, nullptr);
    EXPECT_EQ(answer.response.status, Status::kUnavailable);
  }
}

TEST(Router, WantsAHostThatIsKnownWhereFilesAreChanged) {
  Options options = writable();
  options.allowed_hosts = {"*"};
  Site site(options);
  EXPECT_EQ(site.ask("GET /", "Host: evil.example\r\n").response.status, Status::kOk);
  const Answer answer = site.ask("DELETE /index.html", "Host: evil.example\r\n");
  EXPECT_EQ(answer.response.status, Status::kForbidden);
  EXPECT_EQ(answer.via, Via::kBadHost);
}

TEST(Router, WantsAnOriginThatIsNamedWhereFilesAreChanged) {
  Options options = writable();
  options.cors_origins = {"*"};
  Site site(options);
  const std::string fields = "Host: localhost\r\nOrigin: http://app.example\r\n";
  const Answer answer = site.ask("DELETE /index.html", fields);
  EXPECT_EQ(answer.response.status, Status::kForbidden);
  EXPECT_EQ(answer.via, Via::kCrossSite);
  options.cors_origins = {"http://app.example"};
  Site named(options);
  EXPECT_NE(named.ask("DELETE /index.html", fields).job, nullptr);
}

// --- answers that are kept
// ------------------------------------------------------------------------

// A site whose requests are answered on the loop's thread, each in a batch of its own.
struct KeepingSite {
  TempTree tree;
  Options options;
  files::Root root;
  Router router{options, "", root};
  Instant now{0, 2'000'000'000'000'000};  // in 2033: all files are settled

  explicit KeepingSite(std::initializer_list<TempTree::File> content, Options wanted = {},
                       const std::string& served = "")
      : tree(content),
        options(std::move(wanted)),
        root(*files::Root::open({tree.path(served), false})) {}
  KeepingSite(const KeepingSite&) = delete;
  KeepingSite& operator=(const KeepingSite&) = delete;

  Answer ask(std::string_view request_line, std::string_view fields = "",
             Means means = Means::kLoop) {
    router.new_batch();
    const Asked asked(text_of(request_line, fields));
    return router.respond(asked.request(), {}, now, means);
  }
  // The same where nothing is kept.
  Answer long_way(std::string_view request_line, std::string_view fields) {
    Router other{options, "", root};
    const Asked asked(text_of(request_line, fields));
    return other.respond(asked.request(), {}, now, Means::kLoop);
  }
  // What is there beforehand: head and joined content, or nothing.
  std::string ready(std::string_view request_line, std::string_view fields = "") {
    router.new_batch();
    const Asked asked(text_of(request_line, fields));
    const Hit hit = router.ready_answer(asked.request(), now);
    if (hit.response == nullptr) return {};
    hit.response->set_date(784111777, "Sun, 06 Nov 1994 08:49:37 GMT");
    return std::string(hit.response->block().view());
  }
  // What is there for a request before it is read: the same.
  std::string known(std::string_view request_line, std::string_view fields = "") {
    router.new_batch();
    const std::string text = text_of(request_line, fields);
    const Known known = router.recognize(text, now);
    if (known.request == nullptr) return {};
    known.hit.response->set_date(784111777, "Sun, 06 Nov 1994 08:49:37 GMT");
    return std::string(known.hit.response->block().view());
  }
  // Whether the answer to a request is there when it comes again.
  bool keeps(std::string_view request_line, std::string_view fields = "") {
    static_cast<void>(ask(request_line, fields));
    return !ready(request_line, fields).empty();
  }

 private:
  static std::string text_of(std::string_view request_line, std::string_view fields) {
    return std::string(request_line) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
           "\r\n";
  }
};

std::string head_text(const Answer& answer) {
  std::string head;
  http::append_head(head, answer.response, {"Sun, 06 Nov 1994 08:49:37 GMT", 1, true});
  return head;
}

TEST(RouterKeeps, TheWholeOfAFile) {
  KeepingSite site{{"index.html", "home"}, {"a.txt", "a"}, {"large.bin", std::string(70'000, 'x')}};
  for (const std::string_view line :
       {"GET /", "GET /a.txt", "HEAD /index.html", "GET /large.bin", "GET /a.txt?q"}) {
    EXPECT_TRUE(site.keeps(line)) << line;
  }
}

TEST(RouterKeeps, WhatTheLongWaySays) {
  Options options;
  options.cors_origins = {"*"};
  options.headers = {{"X-A", "1"}, {"Cache-Control", "max-age=5"}, {"Vary", "X-B"}};
  options.isolate = true;
  KeepingSite site({{"a.js", "content"}, {"a.js.br", "packed"}}, options);
  for (const std::string fields : {"", "Accept-Encoding: br\r\n"}) {
    const Answer whole = site.ask("GET /a.js", fields);
    const std::string kept = site.ready("GET /a.js", fields);
    EXPECT_EQ(kept, head_text(whole) + (fields.empty() ? "content" : "packed"));
    const std::string condition =
        fields + "If-None-Match: " + head_of(whole).field("ETag") + "\r\n";
    EXPECT_EQ(site.ready("GET /a.js", condition), head_text(site.ask("GET /a.js", condition)));
    EXPECT_TRUE(site.ready("GET /a.js", condition).starts_with("HTTP/1.1 304 "));
  }
}

TEST(RouterKeeps, NothingButTheWholeOfAFile) {
  KeepingSite site({{"a.txt", "content"}, {"sub/a.txt", "a"}});
  static_cast<void>(site.ask("GET /a.txt"));
  KeepingSite other({{"a.txt", "content"}, {"sub/a.txt", "a"}});
  for (const std::string_view line : {"GET /missing", "GET /sub", "GET /sub/", "GET /", "GET /api/",
                                      "POST /a.txt", "OPTIONS /a.txt", "OPTIONS *", "BREW /"}) {
    EXPECT_FALSE(other.keeps(line)) << line;
  }
  static_cast<void>(other.ask("GET /a.txt", "If-Match: \"other\"\r\n"));
  EXPECT_EQ(other.ready("GET /a.txt"), "");
  EXPECT_NE(site.ready("GET /a.txt"), "");
}

TEST(RouterKeeps, TheWholeWhateverConditionItWasAskedForWith) {
  for (const std::string_view fields :
       {"If-Modified-Since: Wed, 18 May 2033 03:33:20 GMT\r\n",
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "If-None-Match: \"other\"\r\n",
        "If-Match: *\r\n", "Range: bytes=0-1\r\n", "Range: bytes=100-\r\n"}) {
    KeepingSite site{{"a.txt", "content"}};
    static_cast<void>(site.ask("GET /a.txt", fields));
    EXPECT_TRUE(site.ready("GET /a.txt").ends_with("\r\n\r\ncontent")) << fields;
  }
}

// All of an answer, without the multipart boundary, which is another one each time.
std::string all_of(const Answer& answer) {
  constexpr std::string_view kBoundary = "boundary=";
  std::string text = head_text(answer) + test::body_text(answer.response.body);
  const std::size_t at = text.find(kBoundary);
  if (at == text.npos) return text;
  const std::string boundary = text.substr(at + kBoundary.size(), 32);
  for (std::size_t i = text.find(boundary); i != text.npos; i = text.find(boundary, i)) {
    text.replace(i, boundary.size(), "-");
  }
  return text;
}

// What find() leaves alone: conditions (RFC 9110 §13) and ranges (§14). {tag} stands for the
// file's.
constexpr std::string_view kSpecial[] = {"Range: bytes=2-5",
                                         "Range: bytes=-3",
                                         "Range: bytes=100000-100009",
                                         "Range: bytes=1-",
                                         "Range: bytes=0-1,4-4",
                                         "Range: lines=1-2",
                                         "Range: bytes=0-0\r\nIf-Range: {tag}",
                                         "Range: bytes=0-0\r\nIf-Range: \"other\"",
                                         "Range: bytes=0-0\r\nIf-None-Match: {tag}",
                                         "If-Match: {tag}",
                                         "If-Match: \"other\"",
                                         "If-None-Match: \"other\", {tag}",
                                         "If-None-Match: *",
                                         "If-Modified-Since: Wed, 18 May 2033 03:33:20 GMT",
                                         "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT",
                                         "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT"};

TEST(RouterKeeps, WhatTheLongWaySaysToWhoWantsAPartOrHasConditions) {
  Options options;
  options.headers = {{"X-A", "1"}};
  const std::string middle = std::string(70'000, 'x') + "0123456789";
  KeepingSite site({{"a.txt", "0123456789"},
                    {"empty", ""},
                    {"middle.bin", middle},
                    {"large.bin", middle + std::string(600'000, 'y')},
                    {"b.js", "content"},
                    {"b.js.br", "packed"}},
                   options);
  for (const std::string path : {"/a.txt", "/empty", "/middle.bin", "/large.bin", "/b.js"}) {
    for (const std::string coding : {"", "Accept-Encoding: br\r\n"}) {
      const std::string tag = head_of(site.ask("GET " + path, coding)).field("ETag");
      ASSERT_NE(site.ready("GET " + path, coding), "") << path;
      for (const std::string_view special : kSpecial) {
        std::string fields = coding + std::string(special) + "\r\n";
        if (const auto at = fields.find("{tag}"); at != fields.npos) fields.replace(at, 5, tag);
        for (const std::string method : {"GET ", "HEAD "}) {
          const Answer kept = site.ask(method + path, fields);
          const Answer made = site.long_way(method + path, fields);
          EXPECT_EQ(all_of(kept), all_of(made)) << method << path << ' ' << fields;
          const bool is_whole = kept.response.status == Status::kOk;
          EXPECT_EQ(kept.via, is_whole ? Via::kCache : made.via) << method << path << ' ' << fields;
        }
      }
    }
  }
}

TEST(RouterKeeps, NothingThatAnotherAcceptWouldLeadElsewhere) {
  Options options;
  options.spa = "index.html";
  KeepingSite site({{"index.html", "the app"}, {"404.html", "lost"}}, options);
  const std::string page = "Accept: text/html\r\n";
  EXPECT_FALSE(site.keeps("GET /users", page));
  EXPECT_FALSE(site.keeps("GET /users.js", page));
  EXPECT_TRUE(site.keeps("GET /", page));
  EXPECT_TRUE(site.keeps("GET /404.html", page));
}

TEST(RouterKeeps, CleanUrlsWhileThereIsNothingWithoutTheExtension) {
  Options options;
  options.clean_urls = true;
  KeepingSite site({{"about.html", "about"}, {"blog.html", "posts"}, {"blog/first", ""}}, options);
  EXPECT_TRUE(site.keeps("GET /about"));
  EXPECT_FALSE(site.keeps("GET /blog")) << "an index in blog/ would go first";
  site.tree.write("about", "the file itself");
  EXPECT_EQ(site.ready("GET /about"), "");
}

TEST(RouterKeeps, AnIndexWhileNoneGoesBeforeIt) {
  Options options;
  options.index_names = {"home.htm", "index.html"};
  KeepingSite site({{"index.html", "second"}, {"sub/index.html", ""}, {"sub/home.htm/x", ""}},
                   options);
  EXPECT_TRUE(site.keeps("GET /"));
  EXPECT_FALSE(site.keeps("GET /sub/")) << "a directory of that name is no index";
  site.tree.write("home.htm", "first");
  EXPECT_EQ(site.ready("GET /"), "");
}

TEST(RouterKeeps, AFileWhileItsSiblingsStayAsTheyAre) {
  const std::string br = "Accept-Encoding: br\r\n";
  for (const char* const changed : {"a.js", "a.js.br", "a.js.zst", "a.js.gz"}) {
    KeepingSite site{{"a.js", "content"}, {"a.js.br", "packed"}};
    ASSERT_TRUE(site.keeps("GET /a.js", br));
    site.tree.append(changed, "more");
    EXPECT_EQ(site.ready("GET /a.js", br), "") << changed;
  }
}

TEST(RouterKeeps, AFileWhateverItsSiblingsForWhoTakesNone) {
  KeepingSite site{{"a.js", "content"}, {"a.js.br", "packed"}};
  ASSERT_TRUE(site.keeps("GET /a.js"));
  site.tree.append("a.js.br", "more");
  EXPECT_TRUE(site.ready("GET /a.js").ends_with("\r\n\r\ncontent"));
  site.tree.append("a.js", "more");
  EXPECT_EQ(site.ready("GET /a.js"), "");
}

TEST(RouterKeeps, ASingleFile) {
  KeepingSite site({{"site/a.js", "content"}, {"site/a.js.br", "packed"}}, {}, "site/a.js");
  const std::string br = "Accept-Encoding: br\r\n";
  EXPECT_TRUE(site.keeps("GET /", br));
  EXPECT_TRUE(site.keeps("GET /a.js", br));
  site.tree.append("site/a.js.br", "more");
  EXPECT_TRUE(site.ready("GET /", br).ends_with("\r\n\r\ncontent"));
  site.tree.append("site/a.js", "more");
  EXPECT_EQ(site.ready("GET /", br), "");
}

TEST(RouterKeeps, NothingOfARootThatIsAnother) {
  KeepingSite site({{"site/a.txt", "old"}, {"next/a.txt", "new"}}, {}, "site");
  ASSERT_TRUE(site.keeps("GET /a.txt"));
  site.tree.rename("site", "gone");
  EXPECT_EQ(site.ready("GET /a.txt"), "");
  site.tree.rename("next", "site");
  EXPECT_EQ(site.ready("GET /a.txt"), "");
  EXPECT_TRUE(site.keeps("GET /a.txt"));
  EXPECT_TRUE(site.ready("GET /a.txt").ends_with("\r\n\r\nnew"));
}

// --- that there is nothing
// ------------------------------------------------------------------------

const std::string kPage = "Accept: text/html\r\n";

TEST(RouterKnows, ThatThereIsNothing) {
  Options options;
  options.headers = {{"X-A", "1"}};
  KeepingSite site({{"a.txt", "content"}, {"sub/a.txt", ""}}, options);
  for (const std::string_view line :
       {"GET /none", "GET /none.txt?q", "GET /none/", "GET /sub/none", "GET /%6eone"}) {
    for (const std::string& fields : {std::string(), kPage}) {
      EXPECT_EQ(site.known(line, fields), "") << line;
      const Answer answer = site.ask(line, fields);
      EXPECT_EQ(site.known(line, fields),
                head_text(answer) + std::get<std::string>(answer.response.body))
          << line;
      EXPECT_TRUE(site.known(line, fields).starts_with("HTTP/1.1 404 ")) << line;
    }
  }
}

TEST(RouterKnows, OnlyForTheSameRequestThatThereIsNothing) {
  KeepingSite site{{"a.txt", "content"}};
  static_cast<void>(site.ask("GET /none"));
  EXPECT_EQ(site.known("GET /none", kPage), "");
  EXPECT_EQ(site.known("GET /none?q"), "");
  EXPECT_EQ(site.ready("GET /none"), "");
  static_cast<void>(site.ask("HEAD /none"));
  EXPECT_EQ(site.known("HEAD /none"), "");
  EXPECT_NE(site.known("GET /none"), "");
}

TEST(RouterKnows, WhenThereIsSomethingAfterAll) {
  Options options;
  options.clean_urls = true;
  for (const char* const path : {"none", "none.html", "404.html", "none/index.html"}) {
    KeepingSite site({{"a.txt", "content"}}, options);
    static_cast<void>(site.ask("GET /none", kPage));
    ASSERT_NE(site.known("GET /none", kPage), "");
    site.tree.write(path, "here");
    EXPECT_EQ(site.known("GET /none", kPage), "") << path;
  }
}

TEST(RouterKnows, NothingOfALinkThatLeadsNowhereYet) {
  KeepingSite site{{"a.txt", ""}, {"sub/b.txt", ""}};
  site.tree.symlink("sub/none", "link");
  EXPECT_EQ(site.ask("GET /link").response.status, http::Status::kNotFound);
  EXPECT_EQ(site.known("GET /link"), "");
  static_cast<void>(site.ask("GET /a.txt/none"));
  static_cast<void>(site.ask("GET /none/none"));
  EXPECT_EQ(site.known("GET /a.txt/none"), "") << "below no directory";
  EXPECT_EQ(site.known("GET /none/none"), "") << "likewise";
}

TEST(RouterKnows, WhenTheRootIsGoneOrAnother) {
  KeepingSite site({{"site/a.txt", ""}, {"next/none", "here"}}, {}, "site");
  static_cast<void>(site.ask("GET /none"));
  ASSERT_NE(site.known("GET /none"), "");
  site.tree.rename("site", "gone");
  EXPECT_EQ(site.known("GET /none"), "");
  site.tree.rename("next", "site");
  EXPECT_EQ(site.known("GET /none"), "");
}

TEST(RouterKnows, NothingThatIsMissingForAnotherReason) {
  Options options;
  options.spa = "index.html";
  KeepingSite application({{"index.html", "the app"}}, options);
  KeepingSite site{{"404.html", "lost"}, {".git/config", "secret"}, {"api", ""}};
  const test::TempTree outside{{"a.txt", "not yours"}};
  site.tree.symlink(outside.path("a.txt"), "link");
  for (const std::string_view line :
       {"GET /.git/config", "GET /.git/none", "GET /link", "GET /api/none"}) {
    static_cast<void>(site.ask(line));
    EXPECT_EQ(site.known(line), "") << line;
  }
  static_cast<void>(site.ask("GET /none", kPage));
  EXPECT_EQ(site.known("GET /none", kPage), "") << "the site's own page is a file";
  for (const std::string_view line : {"GET /none", "GET /none.js"}) {
    static_cast<void>(application.ask(line));
    EXPECT_EQ(application.known(line), "") << line;
  }
  options = {};
  options.file_cache = false;
  KeepingSite forgetful({{"a.txt", ""}}, options);
  static_cast<void>(forgetful.ask("GET /none"));
  EXPECT_EQ(forgetful.known("GET /none"), "");
}

TEST(RouterKeeps, NothingThatIsSaidToSomeOriginsOnly) {
  Options options;
  options.cors_origins = {"http://a.example"};
  KeepingSite site({{"a.txt", "content"}}, options);
  EXPECT_FALSE(site.keeps("GET /a.txt"));
}

TEST(RouterKeeps, OfTextThatIsCompressedOnlyThePlain) {
  Options options;
  options.compression = Compression::kOn;
  KeepingSite site({{"a.txt", std::string(1000, 'x')}, {"a.bin", std::string(1000, 'x')}}, options);
  const std::string br = "Accept-Encoding: br\r\n";
  EXPECT_FALSE(site.keeps("GET /a.txt", br));
  EXPECT_TRUE(site.keeps("GET /a.txt"));
  EXPECT_EQ(site.ready("GET /a.txt", br), "");
  EXPECT_TRUE(site.keeps("GET /a.bin", br));
}

TEST(RouterKeeps, NothingPlainBecauseTheWorkersHadTooMuchToDo) {
  Options options;
  options.compression = Compression::kOn;
  KeepingSite site({{"a.txt", std::string(1000, 'x')}}, options);
  const std::string br = "Accept-Encoding: br\r\n";
  EXPECT_TRUE(site.ask("GET /a.txt", br, Means::kLoopOnly).is_ready());
  EXPECT_EQ(site.ready("GET /a.txt", br), "");
}

TEST(RouterKeeps, NothingThatAWorkerMade) {
  KeepingSite site{{"a.txt", "content"}};
  static_cast<void>(site.ask("GET /a.txt", "", Means::kWorker));
  EXPECT_EQ(site.ready("GET /a.txt"), "");
}

TEST(RouterKeeps, NothingYoung) {
  KeepingSite site{{"a.txt", "content"}};
  site.now = read_clocks();
  EXPECT_FALSE(site.keeps("GET /a.txt"));
  site.now.wall_us += files::kQuietUs;
  EXPECT_TRUE(site.keeps("GET /a.txt"));
}

TEST(RouterKeeps, NothingWhenToldTo) {
  Options options;
  options.file_cache = false;
  KeepingSite site({{"a.txt", "content"}, {"large.bin", std::string(70'000, 'x')}}, options);
  EXPECT_FALSE(site.keeps("GET /a.txt"));
  EXPECT_FALSE(site.keeps("GET /large.bin"));
}

TEST(RouterKeeps, NothingForThoseWhoMayNotAsk) {
  KeepingSite site{{"a.txt", "content"}};
  ASSERT_TRUE(site.keeps("GET /a.txt"));
  const Asked foreign("GET /a.txt HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(site.router.ready_answer(foreign.request(), site.now).response, nullptr);
  EXPECT_EQ(site.ready("GET /a.txt", "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"),
            "");
  EXPECT_NE(site.ready("GET /a.txt"), "");
}

TEST(RouterKeeps, NoWayThatWouldNowLeadOut) {
  KeepingSite site({{"site/sub/a.txt", "inside"}}, {}, "site");
  ASSERT_TRUE(site.keeps("GET /sub/a.txt"));
  site.tree.rename("site/sub", "outside");
  site.tree.symlink("../outside", "site/sub");
  EXPECT_NE(site.ready("GET /sub/a.txt"), "") << "the same file still, for a moment";
  site.now.mono_us += AnswerCache::kProofMs * 1000;
  EXPECT_EQ(site.ready("GET /sub/a.txt"), "");
  EXPECT_EQ(site.ask("GET /sub/a.txt").response.status, Status::kNotFound);
}

}  // namespace
}  // namespace tinyserve::handlers
