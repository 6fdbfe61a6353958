// Content of unknown size is taken apart strictly and however it was cut; what follows a refused
// chunk is never read as a request (RFC 9112 §7.1).
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

constexpr const char* kHead =
    "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
constexpr const char* kNext = "GET /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n";

class ChunkedContent : public ::testing::Test {
 protected:
  // The echo of `chunks`, with a request behind them that must be found.
  Response echo_of(const std::string& chunks) {
    SCOPED_TRACE(::testing::PrintToString(chunks.substr(0, 200)));
    RawClient client{server_.address()};
    client.send(kHead + chunks + kNext);
    Response answer = client.read_response();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(client.read_response().body, "Hello");
    return answer;
  }

  // `chunks` are refused with `status`, and nothing behind them is answered.
  void expect_refused(int status, const std::string& chunks) {
    SCOPED_TRACE(::testing::PrintToString(chunks.substr(0, 200)));
    const std::string text = ask_until_close(server_.address(), kHead + chunks + kNext + kNext);
    const std::vector<Response> answers = parse_responses(text);
    ASSERT_EQ(answers.size(), 1u) << text;
    EXPECT_EQ(answers[0].status, status);
    EXPECT_EQ(answers[0].field("Connection"), "close");
    EXPECT_EQ(text.find("Hello"), std::string::npos);
  }

  TempTree site_{{"x", "content"}};
  ServerProcess server_{site_.path()};
};

TEST_F(ChunkedContent, IsPutTogether) {  // §5.1, §5.4
  EXPECT_EQ(echo_of("5\r\nhello\r\n0\r\n\r\n").body, "hello");
  EXPECT_EQ(echo_of("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n").body, "hello world");
  EXPECT_EQ(echo_of("0\r\n\r\n").body, "");
  EXPECT_EQ(echo_of("00000\r\n\r\n").body, "");
  EXPECT_EQ(echo_of("a\r\n0123456789\r\n0\r\n\r\n").body, "0123456789");
  EXPECT_EQ(echo_of("A\r\n0123456789\r\n0\r\n\r\n").body, "0123456789");
  EXPECT_EQ(echo_of("00000000000000000000000000000000A\r\n0123456789\r\n0\r\n\r\n").body,
            "0123456789");
}

TEST_F(ChunkedContent, IsAnsweredWithALength) {  // §8.3
  const Response answer = echo_of("5\r\nhello\r\n0\r\n\r\n");
  EXPECT_EQ(answer.field("Content-Length"), "5");
  EXPECT_FALSE(answer.has("Transfer-Encoding"));
}

TEST_F(ChunkedContent, IsTakenForWhatItIs) {
  EXPECT_EQ(echo_of("7\r\n0\r\n\r\nGE\r\n5\r\n\0\r\n\r\n\r\n0\r\n\r\n"s).body,
            "0\r\n\r\nGE\0\r\n\r\n"s);
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(echo_of("100\r\n" + bytes + "\r\n0\r\n\r\n").body, bytes);
}

TEST_F(ChunkedContent, MayBeAnnouncedInAnyCase) {  // the table of §4
  for (const char* line : {"Transfer-Encoding: CHUNKED\r\n", "transfer-encoding:Chunked\r\n",
                           "TRANSFER-ENCODING: \t chunked \t\r\n"}) {
    const Response answer =
        ask(server_.address(),
            "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n"s + line + "\r\n3\r\nabc\r\n0\r\n\r\n");
    EXPECT_EQ(answer.body, "abc") << line;
  }
}

TEST_F(ChunkedContent, DoesNotDependOnWhereTheSegmentsEnd) {  // §1.1
  const std::string requests =
      kHead + "5;a=\"b\"\r\nhello\r\n003\r\n\r\n0\r\n0;end\r\nX: y\r\n\r\n"s + kNext;
  RawClient client{server_.address()};
  for (std::size_t cut = 1; cut < requests.size(); ++cut) {
    client.send(std::string_view(requests).substr(0, cut));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.send(std::string_view(requests).substr(cut));
    ASSERT_EQ(client.read_response().body, "hello\r\n0") << "cut at " << cut;
    ASSERT_EQ(client.read_response().body, "Hello") << "cut at " << cut;
  }
  client.send_bytewise(requests);
  EXPECT_EQ(client.read_response().body, "hello\r\n0");
  EXPECT_EQ(client.read_response().body, "Hello");
}

TEST_F(ChunkedContent, IsRefusedWhereverTheSegmentsEnd) {  // §1.1
  const std::string request = kHead + "5\r\nhelloX\r\n0\r\n\r\n"s + kNext;
  const std::size_t bad = request.find('X');
  for (std::size_t cut = bad - 8; cut < bad + 12; ++cut) {
    RawClient client{server_.address()};
    client.send(std::string_view(request).substr(0, cut));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.send(std::string_view(request).substr(cut));
    const std::vector<Response> answers = parse_responses(client.read_until_close());
    ASSERT_EQ(answers.size(), 1u) << "cut at " << cut;
    EXPECT_EQ(answers[0].status, 400) << "cut at " << cut;
  }
}

TEST_F(ChunkedContent, NeedsItsSizeInHexadecimal) {  // §5.1
  for (const std::string& size :
       {""s,    "+5"s,    "-5"s,       "0x5"s,   "5_0"s,  "5.0"s,   " 5"s,
        "\t5"s, "5 "s,    "5\t"s,      "g"s,     "5h"s,   "\0005"s, "5\0"s,
        "5,5"s, "\"5\""s, "\xd9\xa5"s, "5\x0b"s, "five"s, "x"s,     "5#"s}) {
    expect_refused(400, size + "\r\nhello\r\n0\r\n\r\n");
  }
}

TEST_F(ChunkedContent, NeverWrapsASizeAround) {  // §5.1
  for (const char* size : {"10000000000000000", "10000000000000005", "1000000000000000000000005",
                           "fffffffffffffffff"}) {
    expect_refused(400, std::string(size) + "\r\nhello\r\n0\r\n\r\n");
  }
  for (const char* size : {"ffffffffffffffff", "8000000000000000", "7fffffffffffffff",
                           "0000ffffffffffffffff", "100000005", "4000001"}) {
    expect_refused(413, std::string(size) + "\r\nhello\r\n0\r\n\r\n");
  }
  // Together they wrap to 5.
  expect_refused(413, "5\r\nhello\r\nfffffffffffffffb\r\n");
}

TEST_F(ChunkedContent, NeedsCrlfAtTheEndOfEveryLine) {  // §1.2, §5.2
  for (const char* chunks : {
           "5\nhello\r\n0\r\n\r\n",
           "5\rhello\r\n0\r\n\r\n",
           "5\r\r\nhello\r\n0\r\n\r\n",
           "5\r\nhello\n0\r\n\r\n",
           "5\r\nhello\r0\r\n\r\n",
           "5\r\nhello\r\n0\n\r\n",
           "5\r\nhello\r\n0\r\r\n",
           "0\r\n\n",
           "0\r\n\rX",
           "0\r\nX: y\n\r\n",
           "0\r\nX: y\r\r\n\r\n",
           "5;a\nhello\r\n0\r\n\r\n",
           "5;a\rb\r\nhello\r\n0\r\n\r\n",
           "5;a=\"\n\"\r\nhello\r\n0\r\n\r\n",
           "5;a=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
       }) {
    expect_refused(400, chunks);
  }
}

TEST_F(ChunkedContent, NeedsCrlfBehindTheData) {  // §5.3
  for (const char* chunks : {
           "5\r\nhelloX\r\n0\r\n\r\n",
           "5\r\nhello0\r\n\r\n",
           "4\r\nhello\r\n0\r\n\r\n",
           "6\r\nhello\r\n0\r\n\r\n",
           "5\r\nhello \r\n0\r\n\r\n",
           "5\r\nhello\n\r0\r\n\r\n",
       }) {
    expect_refused(400, chunks);
  }
}

TEST_F(ChunkedContent, MayHaveExtensions) {  // §5.2
  for (const char* line :
       {"5;a", "5;a=b", "5;a=\"b\"", "5;a=\"\"", "5;a=\"b;c\\\"d\\\\\"", "5;a;b=c;d", "5 ;a",
        "5\t;\ta\t=\tb", "5; a = \"b\" ; c", "5;a=\"\x80\xff\"", "5;!#$%&'*+-.^_`|~=1"}) {
    EXPECT_EQ(echo_of(std::string(line) + "\r\nhello\r\n0\r\n\r\n").body, "hello") << line;
  }
  EXPECT_EQ(echo_of("5\r\nhello\r\n0;last=\"chunk\"\r\n\r\n").body, "hello");
}

TEST_F(ChunkedContent, IsRefusedWithMalformedExtensions) {  // §5.2
  for (const std::string& line :
       {"5;"s,           "5; "s,     "5;;a"s,       "5;=b"s,           "5;a="s,    "5;a=;b"s,
        "5;a=\""s,       "5;a=\"b"s, "5;a=b\""s,    "5;a=\"b\"c"s,     "5;a=b c"s, "5;a b"s,
        "5;a "s,         "5;a=b "s,  "5;a=\"b\" "s, "5;a@b"s,          "5;a=b,c"s, "5;a=\"\x01\""s,
        "5;a=\"\x7f\""s, "5;a=\0"s,  "5;\x80"s,     "5;a=\"\\\x01\""s, "5,a"s,     "5 a"s}) {
    expect_refused(400, line + "\r\nhello\r\n0\r\n\r\n");
  }
}

TEST_F(ChunkedContent, HasLinesOfAtMostFourKibibytes) {  // §5.2
  const auto line = [](std::size_t size) { return "5;" + std::string(size - 4, 'a') + "\r\n"; };
  EXPECT_EQ(echo_of(line(4096) + "hello\r\n0\r\n\r\n").body, "hello");
  expect_refused(400, line(4097) + "hello\r\n0\r\n\r\n");
  expect_refused(400, std::string(10'000, '0') + "\r\n\r\n");
}

TEST_F(ChunkedContent, HasBoundedExtensionsInAll) {  // §5.2
  const auto chunks = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "1;" + std::string(4000, 'a') + "\r\nx\r\n";
    return text + "0\r\n\r\n";
  };
  EXPECT_EQ(echo_of(chunks(15)).body, std::string(15, 'x'));
  expect_refused(400, chunks(66));  // 264 KiB
}

TEST_F(ChunkedContent, HasTrailersThatChangeNothing) {  // §5.4
  const Response answer = echo_of(
      "5\r\n<b>hi\r\n0\r\nX: y\r\nEmpty:\r\nContent-Length: 3\r\nTransfer-Encoding: gzip\r\n"
      "Host: evil.example\r\nContent-Type: text/plain\r\nConnection: close\r\n"
      "Expect: miracles\r\nX: \x80\t z\r\n\r\n");
  EXPECT_EQ(answer.body, "<b>hi");
  EXPECT_EQ(answer.field("Content-Type"), "application/octet-stream");
  EXPECT_FALSE(answer.has("Connection"));
}

TEST_F(ChunkedContent, IsRefusedWithMalformedTrailers) {  // §5.4, §2
  for (const std::string& line :
       {"no colon"s, ": no name"s, "X : y"s, "X\t: y"s, " X: y"s, "\tX: y"s, "X: a\r\n folded"s,
        "X: a\0b"s, "X: a\x01"s, "X: a\x7f"s, "X\x80: y"s, "In side: y"s, "X(: y"s,
        "GET / HTTP/1.1"s}) {
    expect_refused(400, "5\r\nhello\r\n0\r\n" + line + "\r\n\r\n");
  }
}

TEST_F(ChunkedContent, HasTrailersOfAtMostSixteenKibibytes) {  // §5.4
  const auto trailer = [](std::size_t size) { return "X: " + std::string(size - 5, 'a') + "\r\n"; };
  EXPECT_EQ(echo_of("1\r\nx\r\n0\r\n" + trailer(16'000) + "\r\n").body, "x");
  expect_refused(400, "1\r\nx\r\n0\r\n" + trailer(17'000) + "\r\n");
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "A:\r\n";
  expect_refused(400, "1\r\nx\r\n0\r\n" + many + "\r\n");
}

TEST_F(ChunkedContent, OfManyTinyChunksTakesLinearTime) {  // §5.5
  constexpr std::size_t kChunks = 400'000;
  std::string chunks;
  for (std::size_t i = 0; i < kChunks; ++i) chunks += "1\r\nx\r\n";
  const auto before = std::chrono::steady_clock::now();
  EXPECT_TRUE(echo_of(chunks + "0\r\n\r\n").body == std::string(kChunks, 'x'));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(15));
}

TEST_F(ChunkedContent, MayBeLarge) {
  std::string content;
  std::string chunks;
  for (std::size_t size : {1u, 4095u, 4096u, 65535u, 65537u, 3'000'000u, 7u}) {
    const std::string part(size, static_cast<char>('a' + content.size() % 26));
    std::array<char, 20> digits{};
    std::snprintf(digits.data(), digits.size(), "%zx\r\n", size);
    chunks += digits.data() + part + "\r\n";
    content += part;
  }
  EXPECT_TRUE(echo_of(chunks + "0\r\n\r\n").body == content);
}

TEST_F(ChunkedContent, IsNeverReadAsARequest) {  // §4.1
  const std::string hidden = get_request("/api/");
  std::array<char, 20> size{};
  std::snprintf(size.data(), size.size(), "%zx\r\n", hidden.size());
  const std::string chunks = size.data() + hidden + "\r\n0\r\n" + "X: y\r\n\r\n";
  for (const char* line : {"POST /x", "POST /missing", "PUT /x", "GET /x", "DELETE /api/",
                           "OPTIONS /x", "FOO /x", "POST /api/other"}) {
    RawClient client{server_.address()};
    client.send(line + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"s +
                chunks + get_request("/x", "Connection: close\r\n"));
    client.read_response();
    EXPECT_EQ(client.read_response().body, "content") << line;
    EXPECT_EQ(client.read_until_close(), "") << line;
  }
}

TEST_F(ChunkedContent, ThatEndsEarlyIsNotActedUpon) {  // §4.4
  for (const char* chunks :
       {"", "5", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n",
        "5\r\nhello\r\n0\r\nX: y\r\n", "5\r\nhello\r\n0\r\n\r"}) {
    RawClient client{server_.address()};
    client.send(kHead + std::string(chunks));
    client.half_close();
    const std::vector<Response> answers = parse_responses(client.read_until_close());
    ASSERT_EQ(answers.size(), 1u) << chunks;
    EXPECT_EQ(answers[0].status, 400) << chunks;
  }
}

TEST(ChunkedLimit, IsEnforcedAsSoonAsASizeExceedsIt) {  // §5.1, the table of §9
  const TempTree site;
  const ServerProcess server{site.path(), {"--max-body", "1K"}};
  const std::string kib(1024, 'k');
  EXPECT_EQ(ask(server.address(), kHead + "400\r\n"s + kib + "\r\n0\r\n\r\n").body, kib);
  // Nothing more is sent: the answer may not wait for it.
  for (const std::string& chunks :
       {"401\r\n"s, "400\r\n" + kib + "\r\n1\r\n", "1\r\nx\r\n400\r\n"s, "ffffffff\r\n"s}) {
    RawClient client{server.address()};
    client.send(kHead + chunks);
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 413) << chunks.substr(0, 10);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(client.is_closed_by_server());
  }
}

TEST(ChunkedLimit, LetsTheRefusalArriveWhileTheClientIsStillSending) {  // §9.6
  const TempTree site;
  const ServerProcess server{site.path(), {"--max-body", "1K"}};
  RawClient client{server.address()};
  client.send(kHead + "100000\r\n"s + std::string(1u << 20, 'x') + "\r\n0\r\n\r\n" + kNext);
  const std::vector<Response> answers = parse_responses(client.read_until_close());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].status, 413);
}

}  // namespace
}  // namespace tinyserve::test
