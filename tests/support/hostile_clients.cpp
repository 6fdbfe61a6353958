#include "support/hostile_clients.h"

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

void say(const Address& address, std::string_view bytes) {
  RawClient client{address};
  try {
    client.send(bytes);
    client.half_close();
  } catch (const std::exception&) {
    // It has been refused before all of it was sent.
  }
  client.read_until_gone();
}

// Texts that end a field, a line or a record too early, or that a terminal obeys.
const std::vector<std::string>& tricks() {
  static const std::vector<std::string> texts{
      "\" 200 1 \"-\" \"-\"",
      "\\\" 200 1",
      "\\",
      "\",\"status\":200,\"x\":\"",
      "-",
      "%22%0a%00%1b[2J",
      "\t",
      "\x1b]0;owned\x07\x1b[2J",
      "\xc2\x9b"
      "31m",
      "\u202E\u2066\u2028\u2029\uFEFF",
      "\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80",
      "\xe2\x80",
      "{\"event\":\"stopping\"}",
      "127.0.0.1 - - [22/Nov/2026:10:15:30 +0000] \"GET / HTTP/1.1\" 200 1",
      std::string(3000, '\x80'),
      std::string(3000, '"'),
  };
  return texts;
}

void say_everywhere(const Address& address, const std::string& text) {
  const std::string rest = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  say(address, "GET /" + text + rest + "\r\n");
  say(address, "GET /?" + text + rest + "\r\n");
  say(address, "GE" + text + "T /" + rest + "\r\n");
  say(address, "GET /" + rest + "User-Agent: " + text + "\r\nReferer: " + text + "\r\n\r\n");
  say(address, "GET / HTTP/1.1\r\nHost: " + text + "\r\n\r\n");
}

}  // namespace

void be_hostile(const Address& address) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    say(address, "GET /a" + text + "b?c" + text + "d HTTP/1.1\r\nHost: localhost\r\n" +
                     "Connection: close\r\nUser-Agent: e" + text + "f\r\n\r\n");
    say(address, "G" + text + "T / HTTP/1.1\r\nHost: localhost\r\nReferer: g" + text + "h\r\n\r\n");
  }
  for (const std::string& text : tricks()) say_everywhere(address, text);
  const std::vector<std::string> broken{
      "GET",
      "GET ",
      "GET /",
      "GET / HTTP/1.1\r\nHost",
      "GET / HTTP/9.9\r\n\r\n",
      "* * *\r\n\r\n",
      " / HTTP/1.1\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET http://localhost/x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
      "\0\0\0"s,
      std::string(100'000, 'A'),
      "GET /" + std::string(60'000, 'a'),
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"};
  for (const std::string& bytes : broken) say(address, bytes);
}

}  // namespace tinyserve::test
