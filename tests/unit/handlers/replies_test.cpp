#include "handlers/replies.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "handlers/api.h"
#include "support/asked_request.h"

namespace tinyserve::handlers {
namespace {

using namespace std::string_literals;

constexpr Instant kNow{0, 1'000'000'000'000};

std::string get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
         "\r\n";
}
std::string head_of_echo(std::string_view length, std::string_view fields = "") {
  return "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::string(length) +
         "\r\n" + std::string(fields) + "\r\n";
}
std::string echo(std::string_view content, std::string_view fields = "") {
  return head_of_echo(std::to_string(content.size()), fields) + std::string(content);
}

// What the API says to the request, each time; what is kept of that is kept.
void ask(Replies& replies, const std::string& text, int times = 2) {
  const test::AskedRequest asked(text);
  const http::Path path = asked.path();
  for (; times > 0; --times) {
    replies.keep(asked.request(),
                 api_answer({asked.request(), path, kNow, Means::kLoop}, Caller{}));
  }
}

// "CONTENT", or for an echo "+BYTES"; "unknown".
std::string recognize(Replies& replies, std::string_view input) {
  const Known known = replies.recognize(input);
  if (known.request == nullptr) return "unknown";
  EXPECT_TRUE(input.starts_with(known.head));
  EXPECT_EQ((*known.request)->head_text, known.head);
  EXPECT_EQ(known.minor_version, (*known.request)->minor_version);
  EXPECT_EQ(known.keep_alive, (*known.request)->keep_alive);
  EXPECT_EQ(known.hit.via, http::Via::kApi);
  EXPECT_TRUE(known.hit.response->is_joined());
  EXPECT_EQ(known.size(), known.head.size() + known.echo);
  if (known.echo > 0) return "+" + std::to_string(known.echo);
  return std::string(known.hit.response->block().view().substr(known.hit.response->head_size()));
}

TEST(Replies, AreKnownFromTheSecondTimeOn) {
  Replies replies;
  EXPECT_TRUE(replies.empty());
  ask(replies, get("/api/"), 1);
  EXPECT_EQ(recognize(replies, get("/api/")), "unknown");
  EXPECT_TRUE(replies.empty());
  ask(replies, get("/api/"), 1);
  EXPECT_FALSE(replies.empty());
  EXPECT_EQ(recognize(replies, get("/api/")), "Hello");
  EXPECT_EQ(recognize(replies, get("/api/") + get("/other")), "Hello");
}

TEST(Replies, AreForTheSameHeadByteForByte) {
  Replies replies;
  ask(replies, get("/api/", "Origin: http://a\r\n"));
  EXPECT_EQ(recognize(replies, get("/api/", "Origin: http://a\r\n")), "Hello");
  for (const std::string& other :
       {get("/api/"), get("/api/", "Origin: http://b\r\n"), get("/api/", "origin: http://a\r\n"),
        get("/api/?", "Origin: http://a\r\n"), std::string("GET /api/"), std::string()}) {
    EXPECT_EQ(recognize(replies, other), "unknown") << other;
  }
}

TEST(Replies, SendBackWhatComesThisTime) {
  Replies replies;
  ask(replies, echo("hello"));
  EXPECT_EQ(recognize(replies, echo("hello")), "+5");
  EXPECT_EQ(recognize(replies, echo("HELLO") + get("/")), "+5");
  const Known known = replies.recognize(echo("HELLO"));
  const std::string_view head =
      known.hit.response->block().view().substr(0, known.hit.response->head_size());
  EXPECT_NE(head.find("\r\nContent-Length: 5\r\n"), std::string_view::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Replies, WantAllThatIsSentBack) {
  Replies replies;
  const std::string text = echo("hello");
  ask(replies, text);
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(recognize(replies, std::string_view(text).substr(0, size)), "unknown") << size;
  }
}

TEST(Replies, MayBeEmpty) {
  Replies replies;
  ask(replies, echo(""));
  EXPECT_EQ(recognize(replies, echo("")), "");
  EXPECT_EQ(recognize(replies, echo("") + get("/")), "");
}

TEST(Replies, AreNothingThatTheHeadDoesNotTell) {
  const std::string chunked =
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& text :
       {chunked + "hello", echo("hello", "Expect: 100-continue\r\n"),
        get("/api/", "Content-Length: 5\r\n") + "hello",
        "HEAD /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n"s,
        "OPTIONS /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n"s, get("/api/request"),
        get("/api/status/200"), get("/api/bytes/3"), get("/api/none"), get("/api/events")}) {
    Replies replies;
    ask(replies, text, 3);
    EXPECT_TRUE(replies.empty()) << text;
  }
}

TEST(Replies, AreShort) {
  Replies replies;
  const std::string most(Replies::kMostContent, 'x');
  ask(replies, echo(most + "x"));
  EXPECT_TRUE(replies.empty());
  const std::size_t rest = kMostKnownHead - get("/api/", "X: \r\n").size();
  ask(replies, get("/api/", "X: " + std::string(rest + 1, 'x') + "\r\n"));
  EXPECT_TRUE(replies.empty());
  ask(replies, echo(most));
  ask(replies, get("/api/", "X: " + std::string(rest, 'x') + "\r\n"));
  EXPECT_EQ(recognize(replies, echo(most)), "+" + std::to_string(most.size()));
  EXPECT_EQ(recognize(replies, get("/api/", "X: " + std::string(rest, 'x') + "\r\n")), "Hello");
}

TEST(Replies, AreLearnedThoughOthersComeInBetween) {
  Replies replies;
  for (int i = 0; i < 2; ++i) {
    ask(replies, get("/api/"), 1);
    ask(replies, echo("hello"), 1);
  }
  EXPECT_EQ(recognize(replies, get("/api/")), "Hello");
  EXPECT_EQ(recognize(replies, echo("hello")), "+5");
}

// It may come in a way in which it is not recognized, over and over.
TEST(Replies, AreKeptOnce) {
  Replies replies;
  ask(replies, echo("hello"));
  ask(replies, get("/api/"), 20);
  EXPECT_EQ(recognize(replies, echo("hello")), "+5");
}

TEST(Replies, DoNotBeginWithAnEmptyLine) {
  Replies replies;
  ask(replies, "\r\n" + get("/api/"));
  EXPECT_TRUE(replies.empty());
}

TEST(Replies, GiveWayWhenTheyComeNoMore) {
  Replies replies;
  const auto nth = [](std::size_t i) { return get("/api/?" + std::to_string(i)); };
  for (std::size_t i = 0; i < 3 * Replies::kMost; ++i) {
    ask(replies, nth(i));
    EXPECT_EQ(recognize(replies, nth(0)), "Hello") << i;
  }
}

TEST(Replies, AreFewTheLastOnes) {
  Replies replies;
  const auto nth = [](std::size_t i) { return get("/api/?" + std::to_string(i)); };
  for (std::size_t i = 0; i <= Replies::kMost; ++i) ask(replies, nth(i));
  EXPECT_EQ(recognize(replies, nth(0)), "unknown");
  for (std::size_t i = 1; i <= Replies::kMost; ++i) {
    EXPECT_EQ(recognize(replies, nth(i)), "Hello") << i;
  }
}

}  // namespace
}  // namespace tinyserve::handlers
