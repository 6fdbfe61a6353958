// The head of a request is read as bytes, by its grammar and wherever it was cut (RFC 9112 §2, §3,
// §5).
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
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

constexpr const char* kNext = "GET /api/ HTTP/1.1\r\nHost: localhost\r\n\r\n";

bool is_token_byte(unsigned char byte) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z') || kMarks.find(static_cast<char>(byte)) != kMarks.npos;
}

class Heads : public ::testing::Test {
 protected:
  // `request` is the last thing that is read on its connection.
  void expect_refused(int status, const std::string& request) {
    SCOPED_TRACE(::testing::PrintToString(request.substr(0, 200)));
    const std::string text = ask_until_close(server_.address(), request + kNext + kNext);
    const std::vector<Response> answers = parse_responses(text);
    ASSERT_EQ(answers.size(), 1u) << text;
    EXPECT_EQ(answers[0].status, status);
    EXPECT_EQ(answers[0].field("Connection"), "close");
  }

  // `request` has this answer, and the one behind it is found.
  void expect_answered(int status, const std::string& request) {
    SCOPED_TRACE(::testing::PrintToString(request.substr(0, 200)));
    RawClient client{server_.address()};
    client.send(request + kNext);
    EXPECT_EQ(client.read_response().status, status);
    EXPECT_EQ(client.read_response().body, "Hello");
  }

  // Puts each of the 256 bytes where `request_with` has its place for one.
  void for_each_byte(const std::function<std::string(char)>& request_with,
                     const std::function<int(unsigned char)>& expected) {
    for (int byte = 0; byte < 256; ++byte) {
      const int status = expected(static_cast<unsigned char>(byte));
      const std::string request = request_with(static_cast<char>(byte));
      status == 400 ? expect_refused(400, request) : expect_answered(status, request);
      if (HasFailure()) return;
    }
  }

  TempTree site_{{"x", "content"}};
  ServerProcess server_{site_.path(), {"--allow-host", "*"}};
};

// --- §1: segments and lines
// -----------------------------------------------------------------------

TEST_F(Heads, AreReadTheSameForEveryCut) {  // §1.1, §16.4
  const std::string requests =
      "\r\nGET http://localhost:80/x?a=%20b HTTP/1.1\r\nHost: localhost:80\r\n"
      "Accept:text/html, */*;q=0.8\r\nEmpty:\r\nX:\t \x80\xff \t\r\nConnection: keep-alive\r\n"
      "Content-Length: 4\r\n\r\n\r\n\r\nHEAD /x HTTP/1.1\r\nHost: localhost\r\n\r\n"s +
      kNext;
  RawClient client{server_.address()};
  const auto expect_answers = [&](const std::string& how) {
    ASSERT_EQ(client.read_response().body, "content") << how;
    ASSERT_EQ(client.read_head().field("Content-Length"), "7") << how;
    ASSERT_EQ(client.read_response().body, "Hello") << how;
  };
  for (std::size_t cut = 1; cut < requests.size(); ++cut) {
    client.send(std::string_view(requests).substr(0, cut));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.send(std::string_view(requests).substr(cut));
    expect_answers("cut at " + std::to_string(cut));
    if (HasFailure()) return;
  }
  client.send_bytewise(requests);
  expect_answers("byte by byte");
}

TEST_F(Heads, AreRefusedTheSameForEveryCut) {  // §1.1, §4.2
  const std::string request = "GET /x HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n"s + kNext;
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    RawClient client{server_.address()};
    client.send(std::string_view(request).substr(0, cut));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    client.send_until_stuck(std::string_view(request).substr(cut), std::chrono::seconds(1));
    const std::vector<Response> answers = parse_responses(client.read_until_close());
    ASSERT_EQ(answers.size(), 1u) << "cut at " << cut;
    ASSERT_EQ(answers[0].status, 400) << "cut at " << cut;
    ASSERT_EQ(answers[0].field("Connection"), "close") << "cut at " << cut;
  }
}

TEST_F(Heads, AreWaitedForInSilence) {  // §1.8
  const std::string request = "\r\nGET /x HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n";
  RawClient client{server_.address()};
  for (std::size_t i = 0; i + 1 < request.size(); ++i) {
    client.send(std::string_view(request).substr(i, 1));
    ASSERT_TRUE(client.stays_silent(std::chrono::milliseconds(3))) << "after byte " << i;
  }
  client.send("\n");
  EXPECT_EQ(client.read_response().body, "content");
}

TEST_F(Heads, MayComeInHundredsAtOnce) {  // §1.1
  RawClient client{server_.address()};
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += get_request("/x");
  client.send(requests);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.read_response().body, "content");
}

TEST_F(Heads, MayHaveEightEmptyLinesBeforeThem) {  // §1.3
  std::string lines;
  for (int i = 0; i < 8; ++i) lines += "\r\n";
  expect_answered(200, lines + get_request("/x"));
  expect_refused(400, lines + "\r\n" + get_request("/x"));
  expect_answered(200,
                  "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nab\r\n");
}

TEST_F(Heads, EndTheirLinesWithCrlfAlone) {  // §1.2
  // Every CRLF of the request in turn is replaced by something else.
  const std::string request = "GET /x HTTP/1.1\r\nHost: localhost\r\nX: y\r\n\r\n";
  for (std::size_t at = request.find('\r'); at != request.npos; at = request.find('\r', at + 1)) {
    for (const std::string& end : {"\n"s, "\r"s, "\r\r\n"s, "\n\r"s, "\r\0\n"s, "\r \n"s, "\v\n"s,
                                   "\0\r\n"s, "\f\r\n"s, "\x85\n"s}) {
      expect_refused(400, request.substr(0, at) + end + request.substr(at + 2));
    }
  }
}

// --- §1: the request line
// -------------------------------------------------------------------------

TEST_F(Heads, BeginWithThreePartsAndTwoSpaces) {  // §1.4
  for (const std::string& line : {
           "GET  /x HTTP/1.1"s,
           "GET /x  HTTP/1.1"s,
           " GET /x HTTP/1.1"s,
           "\tGET /x HTTP/1.1"s,
           "GET /x HTTP/1.1 "s,
           "GET /x HTTP/1.1\t"s,
           "GET\t/x HTTP/1.1"s,
           "GET /x\tHTTP/1.1"s,
           "GET\v/x HTTP/1.1"s,
           "GET /x\fHTTP/1.1"s,
           "GET\0/x HTTP/1.1"s,
           "GET\xa0/x HTTP/1.1"s,
           "GET /x y HTTP/1.1"s,
           "GET /x HTTP/1.1 y"s,
           "GET /x"s,
           "GET /x "s,
           "GET"s,
           "GET "s,
           "/x HTTP/1.1"s,
           "GET HTTP/1.1"s,
           "GET/x HTTP/1.1"s,
           "GET /xHTTP/1.1"s,
           "HTTP/1.1 200 OK"s,
       }) {
    expect_refused(400, line + "\r\nHost: localhost\r\n\r\n");
  }
}

TEST_F(Heads, HaveAMethodOfTokenBytes) {  // §1.5
  for_each_byte([](char c) { return "G"s + c + "T /x HTTP/1.1\r\nHost: localhost\r\n\r\n"; },
                [](unsigned char byte) {
                  if (byte == 'E') return 200;
                  return is_token_byte(byte) ? 501 : 400;
                });
}

TEST_F(Heads, HaveAVersionOfHttp1) {  // §1.6
  for (const char* version : {"HTTP/1.2", "HTTP/1.9", "HTTP/1.1"}) {
    expect_answered(200, "GET /x "s + version + "\r\nHost: localhost\r\n\r\n");
  }
  for (const char* version :
       {"HTTP/0.9", "HTTP/0.0", "HTTP/2.0", "HTTP/2.1", "HTTP/3.0", "HTTP/9.9"}) {
    expect_refused(505, "GET /x "s + version + "\r\nHost: localhost\r\n\r\n");
  }
  for (const char* version :
       {"HTTP/1",    "HTTP/1.",   "HTTP/.1",   "HTTP/",      "HTTP",     "HTTP/11",  "HTTP/1.10",
        "HTTP/10.1", "HTTP/01.1", "HTTP/1.01", "HTTP/1.1.1", "HTTP/1,1", "HTTP/1.x", "HTTP/x.1",
        "HTTP/-1.1", "HTTP/+1.1", "HTTP/1.1;", "http/1.1",   "Http/1.1", "HTTQ/1.1", "HTTPS/1.1",
        "HTTP\\1.1", "SHTTP/1.1", "FTP/1.1",   "HTTP/1 .1",  "HTTP/ 1.1"}) {
    expect_refused(400, "GET /x "s + version + "\r\nHost: localhost\r\n\r\n");
  }
}

TEST_F(Heads, OfAnOlderKindGetAHeadNevertheless) {  // §1.6
  for (const char* line : {"GET /x\r\n", "GET /\r\n", "GET\r\n"}) {
    const std::string text = ask_until_close(server_.address(), line);
    EXPECT_TRUE(text.starts_with("HTTP/1.1 400 ")) << text;
  }
}

TEST_F(Heads, ThatCannotBeAreRefusedAtTheirFirstByte) {  // §1.7
  for (int byte = 0; byte < 256; ++byte) {
    if (is_token_byte(static_cast<unsigned char>(byte)) || byte == '\r' || byte == 0x16) continue;
    RawClient client{server_.address()};
    client.send(std::string(1, static_cast<char>(byte)));
    ASSERT_EQ(client.read_response().status, 400) << byte;
    ASSERT_TRUE(client.is_closed_by_server()) << byte;
  }
}

TEST_F(Heads, OfHttp2AreRefusedAtOnce) {  // §1.7
  RawClient client{server_.address()};
  client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"s);
  const std::vector<Response> answers = parse_responses(client.read_until_close());
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].status == 400 || answers[0].status == 505) << answers[0].status;
}

TEST_F(Heads, OfTlsAreClosedWithAWordToTheUser) {  // §1.7
  RawClient client{server_.address()};
  client.send("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"s);
  EXPECT_EQ(client.read_until_gone(), "");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (server_.err().find("TLS") == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << server_.err();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

// --- §2: field lines
// ------------------------------------------------------------------------------

TEST_F(Heads, HaveFieldNamesOfTokenBytes) {  // §2.1
  for_each_byte(
      [](char c) { return "GET /x HTTP/1.1\r\nHost: localhost\r\nX"s + c + "Y: z\r\n\r\n"; },
      [](unsigned char byte) { return byte == ':' || is_token_byte(byte) ? 200 : 400; });
  for (const char* line : {": x", "no colon", "X : y", "X\t: y", "X", "=: y\x01"}) {
    expect_refused(400, "GET /x HTTP/1.1\r\nHost: localhost\r\n"s + line + "\r\n\r\n");
  }
}

TEST_F(Heads, HaveNoFoldedLines) {  // §2.2
  for (const char* fields : {
           " Host: localhost\r\n",
           "\tHost: localhost\r\n",
           "Host: localhost\r\n \r\n",
           "Host: localhost\r\n\t\r\n",
           "Host: localhost\r\n folded\r\n",
           "Host:\r\n localhost\r\n",
           "Host: localhost\r\nConnection: keep-alive,\r\n close\r\n",
           "Host: localhost\r\nTransfer-Encoding:\r\n chunked\r\n",
           "Host: localhost\r\nContent-Length: 1\r\n 0\r\n",
       }) {
    expect_refused(400, "GET /x HTTP/1.1\r\n"s + fields + "\r\n");
  }
}

TEST_F(Heads, HaveValuesWithoutControlBytes) {  // §2.3
  const auto expected = [](unsigned char byte) {
    return (byte < 0x20 && byte != '\t') || byte == 0x7f ? 400 : 200;
  };
  const std::string start = "GET /x HTTP/1.1\r\nHost: localhost\r\nX:";
  for_each_byte([&](char c) { return start + " a" + c + "b\r\n\r\n"; }, expected);
  for_each_byte([&](char c) { return start + c + "\r\n\r\n"; }, expected);
  // Far into a long value, where bytes may be looked at several at a time.
  for_each_byte([&](char c) { return start + std::string(37, 'a') + c + "bcdefghij\r\n\r\n"; },
                expected);
}

TEST_F(Heads, HaveValuesWithoutTheSpaceAroundThem) {  // §2.3
  const auto closes = [&](const std::string& value) {
    RawClient client{server_.address()};
    client.send(get_request("/x", "Connection:" + value + "\r\n"));
    return client.read_response().field("Connection") == "close";
  };
  for (const char* value : {"close", " close", "close ", "\tclose\t", " \t close \t "}) {
    EXPECT_TRUE(closes(value)) << ::testing::PrintToString(value);
  }
  for (const char* value : {"\xa0"
                            "close",
                            "close\xa0",
                            "\x85"
                            "close",
                            "\xc2\xa0"
                            "close",
                            "c lose"}) {
    EXPECT_FALSE(closes(value)) << ::testing::PrintToString(value);
  }
}

TEST_F(Heads, HaveNamesInAnyCaseAndNoOthers) {  // §2.4
  const auto closes = [&](const std::string& fields) {
    return get(server_.address(), "/x", fields).field("Connection") == "close";
  };
  EXPECT_TRUE(closes("CONNECTION: close\r\n"));
  EXPECT_TRUE(closes("connection: close\r\n"));
  EXPECT_TRUE(closes("cOnNeCtIoN: close\r\n"));
  EXPECT_FALSE(closes("Connectio: close\r\n"));
  EXPECT_FALSE(closes("Connection_: close\r\n"));
  EXPECT_FALSE(closes("X-Connection: close\r\n"));
  expect_answered(200,
                  "GET /x HTTP/1.1\r\nhost: localhost\r\nContent_Length: 5\r\n"
                  "Transfer_Encoding: chunked\r\nContentLength: 7\r\n\r\n");
}

TEST_F(Heads, CombineTheLinesOfAList) {  // §2.4
  const auto closes = [&](const std::string& fields) {
    return get(server_.address(), "/x", fields).field("Connection") == "close";
  };
  EXPECT_TRUE(closes("Connection: keep-alive\r\nX: y\r\nConnection: close\r\n"));
  EXPECT_TRUE(closes("Connection: , ,\tclose,, \r\n"));
  EXPECT_TRUE(closes("Connection:\r\nConnection: x\r\nConnection: close\r\n"));
  EXPECT_FALSE(closes("Connection: clo\r\nConnection: se\r\n"));
}

TEST_F(Heads, HaveTheirSingletonsOnce) {  // §2.5
  for (const char* fields : {
           "Host: localhost\r\nHost: localhost\r\n",
           "Host: localhost\r\nX: y\r\nhOST: evil.example\r\n",
           "Host: localhost\r\nHost:\r\n",
           "Host: localhost\r\nContent-Length: 0\r\nContent-Length: 0\r\n",
           "Host: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       }) {
    expect_refused(400, "POST /api/echo HTTP/1.1\r\n"s + fields + "\r\n");
  }
  expect_refused(400, "GET /x HTTP/1.0\r\nHost: localhost\r\nHost: localhost\r\n\r\n");
}

// --- §3: Host and target
// --------------------------------------------------------------------------

TEST_F(Heads, HaveAHostOfTheBytesOfAName) {  // §3.1
  for_each_byte([](char c) { return "GET /x HTTP/1.1\r\nHost: a"s + c + "b\r\n\r\n"; },
                [](unsigned char byte) {
                  constexpr std::string_view kAllowed = "-._~!$&'()*+,;=";
                  const bool alnum = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                                     (byte >= 'a' && byte <= 'z');
                  return alnum || kAllowed.find(static_cast<char>(byte)) != kAllowed.npos ? 200
                                                                                          : 400;
                });
}

TEST_F(Heads, HaveAHostThatIsOne) {  // §3.1
  for (const char* host :
       {"localhost", "localhost:", "localhost:0", "localhost:65535", "127.0.0.1:80", "[::1]",
        "[::1]:8080", "[2001:db8::1]", "[::ffff:127.0.0.1]", "a%20b", "1.2.3", "999.1.1.1"}) {
    expect_answered(200, "GET /x HTTP/1.1\r\nHost: "s + host + "\r\n\r\n");
  }
  for (const char* host : {"",
                           ":80",
                           "localhost:65536",
                           "localhost:8a",
                           "localhost:-1",
                           "localhost: 80",
                           "a:1:2",
                           "::1",
                           "[::1",
                           "::1]",
                           "[]",
                           "[:::]",
                           "[1.2.3.4]",
                           "[::1]x",
                           "[::1]:",
                           "[::1%25lo]",
                           "a%2",
                           "a%zz",
                           "a%",
                           "user@localhost",
                           "localhost/",
                           "localhost?",
                           "localhost#",
                           "a b",
                           "a,b:1,2",
                           "http://localhost",
                           "\"localhost\"",
                           "[::g]",
                           "[v1.x]"}) {
    const bool empty_port = host == "[::1]:"s;
    empty_port ? expect_answered(200, "GET /x HTTP/1.1\r\nHost: "s + host + "\r\n\r\n")
               : expect_refused(400, "GET /x HTTP/1.1\r\nHost: "s + host + "\r\n\r\n");
  }
  expect_refused(400, "GET /x HTTP/1.1\r\n\r\n");
  EXPECT_EQ(ask(server_.address(), "GET /x HTTP/1.0\r\n\r\n").body, "content");
}

TEST_F(Heads, HaveATargetOfOneOfItsForms) {  // §3.3
  for (const char* target : {"x",
                             "../x",
                             "?x",
                             "#x",
                             ".",
                             "*",
                             "*/x",
                             "localhost",
                             "localhost:80",
                             "//",
                             "\\x",
                             "https://localhost/x",
                             "ftp://localhost/x",
                             "file:///x",
                             "http:/x",
                             "http:x",
                             "http:",
                             "http://",
                             "http:///x",
                             "http://?x",
                             "http://user@localhost/x",
                             "http://u:p@localhost/x",
                             "http://local host/x",
                             "http://[::1/x",
                             "http://localhost:99999/x",
                             "http://a%zz/x",
                             "httpx://localhost/x",
                             "javascript:x",
                             "mailto:x"}) {
    const int expected = target == "//"s ? 200 : 400;
    const std::string request = "GET "s + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    expected == 200 ? expect_answered(200, request) : expect_refused(400, request);
  }
  for (const char* target : {"/x", "http://localhost/x", "HTTP://localhost/x", "hTTp://LOCALHOST/x",
                             "http://localhost:80/x?y", "http://[::1]/x", "http://other.example/x",
                             "http://localhost", "http://localhost?x"}) {
    expect_answered(200, "GET "s + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  expect_refused(400, "GET http://localhost/x HTTP/1.1\r\n\r\n");
  expect_refused(400, "GET http://localhost/x HTTP/1.1\r\nHost: a b\r\n\r\n");
  expect_refused(400, "POST * HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_answered(204, "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

TEST_F(Heads, HaveAPathOfTheBytesOfAPath) {  // §3.4
  for_each_byte([](char c) { return "GET /a"s + c + "b HTTP/1.1\r\nHost: localhost\r\n\r\n"; },
                [](unsigned char byte) {
                  constexpr std::string_view kAllowed = "-._~!$&'()*+,;=:@/?[]|^";
                  const bool alnum = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                                     (byte >= 'a' && byte <= 'z');
                  return alnum || kAllowed.find(static_cast<char>(byte)) != kAllowed.npos ? 404
                                                                                          : 400;
                });
  for (const char* target : {"/%", "/%4", "/x%zz", "/%4g", "/%g4", "/%%41", "/x%"}) {
    expect_refused(400, "GET "s + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
}

TEST_F(Heads, HaveAQueryOfAnyPrintableBytes) {  // §3.4, §3.5
  for_each_byte([](char c) { return "GET /x?a"s + c + "b HTTP/1.1\r\nHost: localhost\r\n\r\n"; },
                [](unsigned char byte) { return byte > 0x20 && byte < 0x7f ? 200 : 400; });
  for (const char* target : {"/x?", "/x??", "/x?%", "/x?%zz", "/x?/../../etc/passwd", "/x?a#b"}) {
    expect_answered(200, "GET "s + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
}

// --- §9: limits
// -----------------------------------------------------------------------------------

TEST_F(Heads, HaveARequestLineOf16Kibibytes) {
  const auto line = [](std::size_t size) {
    return "GET /x?" + std::string(size - 16, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  };
  expect_answered(200, line(8000));
  expect_answered(200, line(16'384));
  expect_refused(414, line(16'384 + 64));
  expect_refused(414, line(1u << 20));
  EXPECT_NE(ask(server_.address(), line(20'000)).body.find("request line is too long"),
            std::string::npos);
  expect_refused(400, std::string(70'000, 'A') + " /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

TEST_F(Heads, HaveFieldLinesOf32KibibytesAnd64InAll) {
  const auto line = [](std::size_t size) { return "X: " + std::string(size - 3, 'a') + "\r\n"; };
  expect_answered(200, get_request("/x", line(32'768)));
  expect_refused(431, get_request("/x", line(32'769)));
  expect_refused(431, get_request("/x", std::string(40'000, 'N') + ": x\r\n"));
  expect_refused(431, get_request("/x", "X:" + std::string(40'000, ' ') + "x\r\n"));
  expect_answered(200, get_request("/x", line(32'000) + line(32'000)));
  expect_refused(431, get_request("/x", line(32'700) + line(32'700) + line(400)));
}

TEST_F(Heads, Have128Fields) {
  const auto fields = [](int count) {
    std::string lines;
    for (int i = 0; i < count; ++i) lines += "X:\r\n";
    return lines;
  };
  expect_answered(200, get_request("/x", fields(127)));  // Host is one
  expect_refused(431, get_request("/x", fields(128)));
}

TEST_F(Heads, ThatAreTooLargeAreToldAboutCookies) {
  const std::string cookie = "Cookie: " + std::string(33'000, 'c') + "\r\n";
  for (const char* accept : {"", "Accept: text/html\r\n"}) {
    const Response answer = get(server_.address(), "/x", accept + cookie);
    EXPECT_EQ(answer.status, 431);
    EXPECT_EQ(answer.reason, "Request Header Fields Too Large");
    EXPECT_NE(answer.body.find("Cookies of localhost are shared by all its ports"),
              std::string::npos)
        << answer.body;
  }
}

}  // namespace
}  // namespace tinyserve::test
