#include "http/request.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tinyserve::http {
namespace {

// A head with what it was found to mean.
class Interpreted {
 public:
  explicit Interpreted(std::string_view head) : text_(head) {
    EXPECT_EQ(parser_.parse(text_), RequestParser::Step::kDone) << text_;
    meaning_ = interpret(parser_.head(text_.data()), limits_);
  }
  // 0 when it was not refused.
  [[nodiscard]] int status() const {
    const auto* refusal = std::get_if<Refusal>(&meaning_);
    return refusal == nullptr ? 0 : code(refusal->status);
  }
  const Request* operator->() const { return &std::get<Request>(meaning_); }

 private:
  Limits limits_;
  std::string text_;
  RequestParser parser_{limits_};
  std::variant<Request, Refusal> meaning_;
};

Interpreted get(const std::string& fields) {
  return Interpreted("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
}
Interpreted get10(const std::string& fields) {
  return Interpreted("GET / HTTP/1.0\r\n" + fields + "\r\n");
}
Interpreted post(const std::string& fields) {
  return Interpreted("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" + fields + "\r\n");
}

TEST(Interpret, FindsOutWhatIsAskedFor) {
  const Interpreted request("HEAD /a/b?c HTTP/1.1\r\nHost: localhost:8080\r\nAccept: x\r\n\r\n");
  ASSERT_EQ(request.status(), 0);
  EXPECT_EQ(request->method, Method::kHead);
  EXPECT_EQ(request->target.path, "/a/b");
  EXPECT_EQ(request->target.query, "c");
  EXPECT_EQ(request->minor_version, 1);
  ASSERT_TRUE(request->host.has_value());
  EXPECT_EQ(request->host->name, "localhost");
  EXPECT_EQ(request->host->port, 8080);
  EXPECT_EQ(request->framing.kind, Framing::Kind::kNone);
  EXPECT_EQ(request->fields.find(FieldName::kAccept), "x");
}

TEST(Interpret, LeavesUnknownMethodsToTheRouter) {  // §1.5: 501, and the connection may go on
  EXPECT_EQ(Interpreted("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n")->method, Method::kUnknown);
  EXPECT_EQ(Interpreted("get / HTTP/1.1\r\nHost: a\r\n\r\n")->method, Method::kUnknown);
}

TEST(Interpret, WantsOneValidHost) {  // §3.1
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(Interpreted(line + "\r\n").status(), 400);
  EXPECT_EQ(Interpreted(line + "Host:\r\n\r\n").status(), 400);
  EXPECT_EQ(Interpreted(line + "Host: a b\r\n\r\n").status(), 400);
  EXPECT_EQ(Interpreted(line + "Host: user@a\r\n\r\n").status(), 400);
  EXPECT_EQ(Interpreted(line + "Host: a\r\nHost: b\r\n\r\n").status(), 400);
  EXPECT_EQ(Interpreted(line + "Host: a\r\nhost: a\r\n\r\n").status(), 400);
  EXPECT_EQ(Interpreted(line + "Hosts: a\r\n\r\n").status(), 400);
  EXPECT_EQ(Interpreted(line + "HOST: a\r\n\r\n").status(), 0);
  EXPECT_EQ(Interpreted("GET / HTTP/1.9\r\n\r\n").status(), 400);
}

TEST(Interpret, ServesHttp10WithoutHost) {  // §3.1
  const Interpreted request = get10("");
  ASSERT_EQ(request.status(), 0);
  EXPECT_EQ(request->minor_version, 0);
  EXPECT_FALSE(request->host.has_value());
  EXPECT_EQ(get10("Host: b\r\n")->host->name, "b");
  EXPECT_EQ(get10("Host: b\r\nHost: b\r\n").status(), 400);
  EXPECT_EQ(get10("Host: b/c\r\n").status(), 400);
}

TEST(Interpret, PrefersTheAuthorityOfTheTarget) {  // §3.3
  const Interpreted request("GET http://[::1]:1/x HTTP/1.1\r\nHost: b:2\r\n\r\n");
  ASSERT_EQ(request.status(), 0);
  EXPECT_EQ(request->host->name, "::1");
  EXPECT_EQ(request->host->port, 1);
  EXPECT_EQ(request->target.path, "/x");
  // Host must be there and valid all the same.
  EXPECT_EQ(Interpreted("GET http://a/ HTTP/1.1\r\n\r\n").status(), 400);
  EXPECT_EQ(Interpreted("GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n").status(), 400);
}

TEST(Interpret, RefusesTargetsThatAreNone) {  // §3.3, §3.4
  for (const std::string_view target :
       {"../x", "*", "https://a/", "http://u@a/", "a", "/%zz", "/<", "/#", "http://a:b/"}) {
    const std::string head = "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    EXPECT_EQ(Interpreted(head).status(), 400) << target;
  }
  EXPECT_EQ(Interpreted("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->target.path, "*");
}

TEST(Interpret, RefusesConnect) {  // §3.3, §7
  EXPECT_EQ(Interpreted("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").status(), 501);
  EXPECT_EQ(Interpreted("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n").status(), 501);
}

TEST(Interpret, RefusesDoubtfulFraming) {  // §4; all of it: framing_test
  EXPECT_EQ(get("Content-Length: x\r\n").status(), 400);
  EXPECT_EQ(get("Content-Length: 99999999999\r\n").status(), 413);
  EXPECT_EQ(post("Transfer-Encoding: chunked\r\n").status(), 400);
  EXPECT_EQ(get("Content-Length: 5\r\n")->framing.length, 5U);  // §4.1: on every method
}

TEST(Interpret, KeepsTheConnectionAsTheVersionsSay) {  // §9.1
  EXPECT_TRUE(get("")->keep_alive);
  EXPECT_TRUE(get("Connection: keep-alive\r\n")->keep_alive);
  EXPECT_FALSE(get("Connection: close\r\n")->keep_alive);
  EXPECT_FALSE(get("Connection: CLOSE\r\n")->keep_alive);
  EXPECT_FALSE(get("connection: x ,\t close , y\r\n")->keep_alive);
  EXPECT_FALSE(get("Connection: x\r\nConnection: close\r\nConnection: y\r\n")->keep_alive);
  EXPECT_FALSE(get("Connection: keep-alive, close\r\n")->keep_alive);  // close wins
  EXPECT_FALSE(get("Connection: close\r\nConnection: keep-alive\r\n")->keep_alive);
  EXPECT_FALSE(get("Connection: keep-alive\r\nConnection: close\r\n")->keep_alive);
  EXPECT_FALSE(get10("")->keep_alive);
  EXPECT_TRUE(get10("Connection: Keep-Alive\r\n")->keep_alive);
  EXPECT_TRUE(get10("Connection: x, keep-alive\r\n")->keep_alive);
  EXPECT_FALSE(get10("Connection: keep-alive, close\r\n")->keep_alive);
  EXPECT_FALSE(get10("Keep-Alive: timeout=5\r\n")->keep_alive);
}

TEST(Interpret, ComparesConnectionOptionsAsWholeTokens) {  // §9.1
  for (const std::string_view other :
       {"closed", "not-close", "close-notify", "clos", "\"close\"", "close=1", "close x", ""}) {
    EXPECT_TRUE(get("Connection: " + std::string(other) + "\r\n")->keep_alive) << other;
  }
  EXPECT_FALSE(get10("Connection: keep-alives\r\n")->keep_alive);
}

TEST(Interpret, KnowsOneExpectation) {  // §6.1, §6.3
  EXPECT_TRUE(post("Expect: 100-continue\r\n")->expects_continue);
  EXPECT_TRUE(post("Expect: 100-Continue\r\n")->expects_continue);
  EXPECT_TRUE(post("Expect: ,100-continue,\r\n")->expects_continue);
  EXPECT_FALSE(post("")->expects_continue);
  EXPECT_FALSE(post("Expect:\r\n")->expects_continue);  // an empty list expects nothing
  EXPECT_FALSE(post("Expect: ,\r\n")->expects_continue);
  for (const std::string_view other :
       {"100", "100-continu", "100-continue-not", "200-ok", "100-continue, x", "x, 100-continue",
        "100-continue;a=b", "\"100-continue\""}) {
    EXPECT_EQ(post("Expect: " + std::string(other) + "\r\n").status(), 417) << other;
  }
  EXPECT_EQ(post("Expect: 100-continue\r\nExpect: other\r\n").status(), 417);
}

TEST(Interpret, ExpectsNothingWithoutContentOrInHttp10) {  // §6.2, §6.4
  EXPECT_FALSE(get("Expect: 100-continue\r\n")->expects_continue);
  EXPECT_FALSE(get10("Content-Length: 5\r\nExpect: 100-continue\r\n")->expects_continue);
}

}  // namespace
}  // namespace tinyserve::http
