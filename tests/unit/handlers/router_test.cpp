#include "handlers/router.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "support/asked_request.h"
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

}  // namespace
}  // namespace tinyserve::handlers
