// What two parsers could read differently is refused with an answer that arrives, the connection
// ends, and what follows is never read as a request (RFC 9112 §6, §11.2).
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

constexpr const char* kNext = "GET /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n";

// What all of these tests share: a server, and the demand that `request` is the last one it reads.
class Framing : public ::testing::Test {
 protected:
  Response refusal_of(const std::string& request) {
    const std::string text = ask_until_close(server_.address(), request + kNext + kNext);
    const std::vector<Response> answers = parse_responses(text);
    EXPECT_EQ(answers.size(), 1u) << "answers for " << ::testing::PrintToString(request) << "\n"
                                  << text;
    if (answers.empty()) return {};
    EXPECT_EQ(answers[0].field("Connection"), "close") << ::testing::PrintToString(request);
    EXPECT_TRUE(answers[0].has("Date"));
    EXPECT_EQ(text.find("Hello"), std::string::npos) << ::testing::PrintToString(request);
    return answers[0];
  }

  void expect_refused(int status, const std::vector<std::string>& requests) {
    for (const std::string& request : requests) {
      EXPECT_EQ(refusal_of(request).status, status) << ::testing::PrintToString(request);
    }
  }

  void expect_fields_refused(int status, const std::vector<std::string>& fields) {
    for (const std::string& lines : fields) {
      const std::string request = "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n" + lines + "\r\n";
      EXPECT_EQ(refusal_of(request).status, status) << ::testing::PrintToString(request);
    }
  }

  void expect_served(const std::vector<std::string>& requests) {
    for (const std::string& request : requests) {
      RawClient client{server_.address()};
      client.send(request);
      EXPECT_EQ(client.read_response().status, 200) << ::testing::PrintToString(request);
      client.send(kNext);
      EXPECT_EQ(client.read_response().body, "Hello") << ::testing::PrintToString(request);
    }
  }

  TempTree site_{{"x", "content"}};
  ServerProcess server_{site_.path()};
};

TEST_F(Framing, RefusesLinesThatDoNotEndInCrlf) {
  expect_refused(400, {
                          "GET /x HTTP/1.1\nHost: localhost\n\n",
                          "GET /x HTTP/1.1\nHost: localhost\r\n\r\n",
                          "GET /x HTTP/1.1\r\nHost: localhost\n\r\n",
                          "GET /x HTTP/1.1\r\nHost: localhost\r\n\n",
                          "GET /x HTTP/1.1\r\nHost: localhost\r\n\rX",
                          "GET /x HTTP/1.1\r\nHost: localhost\r\r\n\r\n",
                          "GET /x HTTP/1.1\rHost: localhost\r\n\r\n",
                          "GET /x HTTP/1.1\r\nHost: localhost\r\nX: a\rb\r\n\r\n",
                          "GET /x HTTP/1.1\r\nHost: localhost\r\nX: a\nb: c\r\n\r\n",
                          "\nGET /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "\rGET /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      });
}

TEST_F(Framing, IgnoresAFewEmptyLinesBeforeARequest) {
  expect_served({"\r\n" + get_request("/x"), "\r\n\r\n" + get_request("/x")});
  std::string many;
  for (int i = 0; i < 100; ++i) many += "\r\n";
  expect_refused(400, {many + get_request("/x")});
}

TEST_F(Framing, RefusesABadRequestLine) {
  expect_refused(400, {
                          "GET  /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x  HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET\t/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET\v/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          " GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x HTTP/1.1 \r\nHost: localhost\r\n\r\n",
                          "GET /x y HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x\r\n\r\n",
                          "GET /x \r\nHost: localhost\r\n\r\n",
                          "GET\r\n\r\n",
                          "GET HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "G@T /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "G\0T /x HTTP/1.1\r\nHost: localhost\r\n\r\n"s,
                          "G\xc3\x89T /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "\"GET\" /x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      });
}

TEST_F(Framing, RefusesAMalformedVersion) {
  for (const char* version :
       {"http/1.1", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1.10", "HTTP/01.1", "HTTP/1.1x",
        "HTTP/a.b", "HTTPS/1.1", "HTTP/1,1", "HTTP 1.1", "HTP/1.1", "HTTP/11", "HTTP/-1.1"}) {
    expect_refused(400, {"GET /x " + std::string(version) + "\r\nHost: localhost\r\n\r\n"});
  }
}

TEST_F(Framing, KnowsOnlyTheFirstMajorVersion) {
  for (const char* version : {"HTTP/2.0", "HTTP/3.0", "HTTP/9.9", "HTTP/0.9", "HTTP/0.0"}) {
    expect_refused(505, {"GET /x " + std::string(version) + "\r\nHost: localhost\r\n\r\n"});
  }
}

TEST_F(Framing, RefusesWhatIsNoHttpWithoutWaitingForMore) {
  for (const std::string& noise : {"PRI * HTTP/2.0\r\n"s, "\0\0\0\0"s, "\x80\x80\x80"s,
                                   "{\"a\":1}"s, "GET /x HTTP/1.1\r\nHost : localhost\r\n"s,
                                   "GET /x HTTP/7.0\r\n"s, "GET  "s, "SSH-2.0-OpenSSH_9.2\r\n"s}) {
    RawClient client{server_.address()};
    client.send(noise);
    const int status = client.read_response().status;
    EXPECT_TRUE(status == 400 || status == 505) << status << ::testing::PrintToString(noise);
    EXPECT_TRUE(client.is_closed_by_server());
  }
}

TEST_F(Framing, ClosesATlsHandshake) {
  RawClient client{server_.address()};
  client.send("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s);
  client.read_until_gone();
  EXPECT_EQ(get(server_.address(), "/x").body, "content");
}

TEST_F(Framing, WaitsForARequestThatMayStillBecomeOne) {
  for (const char* start : {"G", "GET", "GET /x", "GET /x HTTP/1.", "GET /x HTTP/1.1\r",
                            "GET /x HTTP/1.1\r\nHost: localhost\r\n", "\r\n",
                            "GET /x HTTP/1.1\r\nHost: localhost\r\n\r"}) {
    RawClient client{server_.address()};
    client.send(start);
    EXPECT_TRUE(client.stays_silent(std::chrono::milliseconds(40))) << start;
  }
}

TEST_F(Framing, RefusesAMethodThatNobodyKnows) {
  for (const char* method :
       {"get", "Get", "GETX", "GE", "FOO", "PROPFIND", "HEADER", "!#$%&'*+-.^_`|~"}) {
    const Response answer =
        ask(server_.address(), std::string(method) + " /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(answer.status, 501) << method;
  }
}

TEST_F(Framing, MakesNoTunnel) {
  const Response answer =
      ask(server_.address(), "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(answer.status == 501 || answer.status == 405) << answer.status;
}

TEST_F(Framing, RefusesABadFieldLine) {
  expect_fields_refused(400, {
                                 "No colon\r\n",
                                 ": no name\r\n",
                                 "Space : x\r\n",
                                 "Tab\t: x\r\n",
                                 "In side: x\r\n",
                                 "Na(me: x\r\n",
                                 "Na\x01me: x\r\n",
                                 "N\xc3\xa4me: x\r\n",
                                 "Na\0me: x\r\n"s,
                                 "X: a\0b\r\n"s,
                                 "X: a\x01\x62\r\n",
                                 "X: a\x0b\x62\r\n",
                                 "X: a\x0c\x62\r\n",
                                 "X: a\x7f\x62\r\n",
                                 "X: a\r\n folded\r\n",
                                 "X: a\r\n\tfolded\r\n",
                                 "Connection:\r\n close\r\n",
                                 "Transfer-Encoding:\r\n chunked\r\n",
                             });
  expect_refused(400, {"GET /x HTTP/1.1\r\n Host: localhost\r\n\r\n",
                       "GET /x HTTP/1.1\r\n\r\nHost: localhost\r\n\r\n",
                       "GET /x HTTP/1.1\r\nHost: local\r\n host\r\n\r\n"});
}

TEST_F(Framing, TakesOddButLegalFieldLines) {
  expect_served({
      "GET /x HTTP/1.1\r\nHost:localhost\r\nX:\r\nY: \t \r\nZ: a\tb  c\r\n\r\n",
      "GET /x HTTP/1.1\r\nhOST: \t localhost \t\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: localhost\r\nX: \x80\xff\xc3\xa4\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: localhost\r\n!#$%&'*+-.^_`|~: x\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: localhost\r\nContent_Length: 5\r\nTransfer_Encoding: "
      "chunked\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: localhost\r\nX-Content-Length: 5\r\n\r\n",
  });
}

TEST_F(Framing, RefusesAContentLengthThatIsNoNumber) {
  for (const std::string& value :
       {"+5"s, "-5"s, "0x5"s, "5_0"s, "5.0"s, "5 0"s, "5,5"s, "5, 5"s, "5,6"s, ""s, "\"5\""s,
        "five"s, "5;x"s, "5\0"s, "\x35\x0b"s, "\xa0\x35"s, "1e3"s, "\xd9\xa5"s}) {
    expect_fields_refused(400, {"Content-Length: " + value + "\r\n"});
  }
}

TEST_F(Framing, RefusesASecondContentLength) {
  expect_fields_refused(400, {
                                 "Content-Length: 5\r\nContent-Length: 6\r\n",
                                 "Content-Length: 5\r\nContent-Length: 5\r\n",
                                 "Content-Length: 0\r\nX: y\r\ncontent-length: 0\r\n",
                             });
}

TEST_F(Framing, RefusesAContentLengthBeyondAllBounds) {
  for (const char* value :
       {"67108865", "9223372036854775807", "9223372036854775808", "18446744073709551616",
        "18446744073709551621", "99999999999999999999999999999999999999999"}) {
    const Response answer = refusal_of(
        "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::string(value) +
        "\r\n\r\n");
    EXPECT_TRUE(answer.status == 413 || answer.status == 400) << value << ": " << answer.status;
  }
}

TEST_F(Framing, ReadsLeadingZerosAsDecimal) {
  expect_served(
      {"POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 010\r\n\r\n0123456789"});
}

TEST_F(Framing, RefusesTransferEncodingBesideContentLength) {
  expect_fields_refused(400, {
                                 "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                                 "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                                 "Content-Length: 0\r\nTransfer-Encoding: identity\r\n",
                                 "Content-Length: x\r\nTransfer-Encoding: x\r\n",
                             });
}

TEST_F(Framing, RefusesTransferEncodingInHttp10) {
  expect_refused(400, {"POST /api/echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
}

TEST_F(Framing, NeverFallsBackToContentLengthForAnUnknownTransferCoding) {
  for (const char* lines :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: foo\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: \r\n",
        "Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked;q=1\r\n"}) {
    const int status =
        refusal_of("POST /api/echo HTTP/1.1\r\nHost: localhost\r\n" + std::string(lines) + "\r\n")
            .status;
    EXPECT_TRUE(status == 400 || status == 501) << lines << status;
  }
}

TEST_F(Framing, ReadsChunkedContentToItsEnd) {
  const std::string head = "POST /api/echo HTTP/1.1\r\nHost: localhost\r\n";
  expect_served({
      head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      head + "transfer-encoding: \t Chunked \r\n\r\n0\r\n\r\n",
  });
}

TEST_F(Framing, RefusesAChunkThatIsNone) {
  const std::string head =
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunk :
       {"x\r\n", "\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n"}) {
    expect_refused(400, {head + chunk});
  }
}

TEST_F(Framing, RefusesBadTargets) {
  expect_refused(400, {
                          "GET x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET ../x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET ?x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "POST * HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET ftp://localhost/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET https://localhost/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET file:///x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET http:///x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET http://user@localhost/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "OPTIONS *x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x\x01 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x\x7f HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /\xc3\xa4 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x\0 HTTP/1.1\r\nHost: localhost\r\n\r\n"s,
                          "GET /\"x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /<x> HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /\\x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /`x HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /{x} HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x#y HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x% HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x%4 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                          "GET /x%4g HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      });
}

TEST_F(Framing, TakesTheFormsOfATarget) {
  expect_served({
      "GET http://localhost/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET HTTP://LOCALHOST:80/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET http://localhost/x?http://y HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET http://localhost HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /x? HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /x?\"<>\\^`{|}[]%zz?# HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /%78 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET //x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /./x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /y/../x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
  });
}

TEST_F(Framing, TakesTheBracketsThatBrowsersSend) {
  site_.write("a[1]|^.txt", "odd");
  EXPECT_EQ(get(server_.address(), "/a[1]|^.txt").body, "odd");
}

TEST_F(Framing, RefusesAnExpectationThatNobodyKnows) {
  RawClient client{server_.address()};
  client.send(
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nExpect: miracles\r\nContent-Length: "
      "3\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 417);
}

}  // namespace
}  // namespace tinyserve::test
