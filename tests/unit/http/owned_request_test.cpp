#include "http/owned_request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tinyserve::http {
namespace {

using Values = std::vector<std::string_view>;

// A request, and the bytes that it lives on.
struct Source {
  std::string text;
  Limits limits;
  RequestParser parser{limits};
  Request request;

  explicit Source(std::string given, const Limits& allowed = {})
      : text(std::move(given)), limits(allowed) {
    EXPECT_EQ(parser.parse(text), RequestParser::Step::kDone);
    request = std::get<Request>(interpret(parser.head(text.data()), limits));
    request.content.view = std::string_view(text).substr(parser.head_size());
    request.content.size = request.content.view.size();
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  // Whoever still looks at them sees no request any more.
  ~Source() {
    std::fill(text.begin(), text.end(), '#');
    parser.reset();
  }
};

OwnedRequest owned(std::string text, const Limits& limits = {}) {
  return OwnedRequest(Source(std::move(text), limits).request);
}

TEST(OwnedRequest, OutlivesTheBytesItWasMadeFrom) {
  const OwnedRequest request = owned(
      "POST /a%20b?c=d HTTP/1.0\r\nHost: [::1]:8080\r\nAccept: x\r\nConnection: keep-alive\r\n"
      "Content-Length: 7\r\n\r\ncontent");
  EXPECT_EQ(request->method, Method::kPost);
  EXPECT_EQ(request->target.path, "/a%20b");
  EXPECT_EQ(request->target.query, "c=d");
  EXPECT_EQ(request->minor_version, 0);
  EXPECT_TRUE(request->keep_alive);
  ASSERT_TRUE(request->host);
  EXPECT_EQ(request->host->name, "::1");
  EXPECT_EQ(request->fields.find(FieldName::kAccept), "x");
  EXPECT_EQ(request->framing.length, 7U);
  EXPECT_EQ(request->content.view, "content");
  EXPECT_EQ(request->content.size, 7U);
}

TEST(OwnedRequest, HasTheHeadByteForByte) {
  const std::string head =
      "GET http://localhost/x HTTP/1.1\r\nhOST:  localhost \r\nX-Own:\ta\r\nx-own: b\r\n\r\n";
  const OwnedRequest request = owned(head);
  EXPECT_EQ(request->head_text, head);
}

TEST(OwnedRequest, HasItsFieldsInOrder) {
  const OwnedRequest request =
      owned("GET / HTTP/1.1\r\nAccept: 1\r\nHost: a\r\nAccept: 2\r\nX: y\r\nAccept: 3\r\n\r\n");
  EXPECT_EQ(request->fields.all(FieldName::kAccept), (Values{"1", "2", "3"}));
}

TEST(OwnedRequest, PutsContentInBlocksIntoOneRunOfBytes) {
  Source source("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n");
  source.request.content.blocks = {Block::copy_of("one"), Block::copy_of(" "),
                                   Block::copy_of("two")};
  source.request.content.size = 7;
  const OwnedRequest request(source.request);
  EXPECT_EQ(request->content.view, "one two");
  EXPECT_TRUE(request->content.blocks.empty());
  EXPECT_EQ(request->content.size, 7U);
}

TEST(OwnedRequest, SaysHowMuchContentCameAlsoWhereItWasDropped) {
  Source source("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  source.request.content.size = 5;
  const OwnedRequest request(source.request);
  EXPECT_EQ(request->content.view, "");
  EXPECT_EQ(request->content.size, 5U);
}

TEST(OwnedRequest, MayComeBehindEmptyLines) {  // RFC 9112 §2.2
  const OwnedRequest request = owned("\r\n\r\nPOST /a HTTP/1.1\r\nHost: b\r\n\r\ncontent");
  EXPECT_EQ(request->target.path, "/a");
  ASSERT_TRUE(request->host);
  EXPECT_EQ(request->host->name, "b");
  EXPECT_EQ(request->content.view, "content");
}

TEST(OwnedRequest, MayBeAsLargeAsRequestsCanBe) {
  const Limits limits;
  std::string head = "GET /" + std::string(limits.max_request_line - 20, 'p') + " HTTP/1.1\r\n";
  head += "Host: a\r\nAccept: " + std::string(limits.max_field_line - 20, 'v') + "\r\n";
  for (std::size_t i = 3; i < kMaxFields; ++i) head += "X: y\r\n";
  head += "Accept: ";
  head += std::string(limits.max_head - head.size() - 4, 'w') + "\r\n\r\n";
  const OwnedRequest request = owned(head);
  EXPECT_EQ(request->head_text, head);
  const Values accept = request->fields.all(FieldName::kAccept);
  ASSERT_EQ(accept.size(), 2U);
  EXPECT_EQ(accept[1].substr(0, 3), "www");
}

TEST(OwnedRequest, MayBeLargerThanOursAreAllowedToBe) {  // limits can be set
  Limits wide;
  wide.max_request_line = wide.max_field_line = wide.max_head = 1 << 20;
  const std::string path(500'000, 'p');
  const OwnedRequest request = owned("GET /" + path + " HTTP/1.1\r\nHost: a\r\n\r\n", wide);
  EXPECT_EQ(request->target.path, "/" + path);
}

TEST(OwnedRequest, KeepsItsViewsWhenItIsMoved) {
  OwnedRequest first = owned("GET /short HTTP/1.1\r\nHost: a\r\n\r\nx");
  const auto moved = std::make_unique<OwnedRequest>(std::move(first));
  EXPECT_EQ((*moved)->target.path, "/short");
  EXPECT_EQ((*moved)->content.view, "x");
  *moved = owned("GET /other HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ((*moved)->target.path, "/other");
  EXPECT_EQ((*moved)->content.view, "");
}

TEST(OwnedRequest, TakesMemoryForItsHeadItsFieldsAndItsContent) {
  const auto memory_for = [](std::string text) {
    return OwnedRequest::memory_for(Source(std::move(text)).request);
  };
  const std::string plain = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string length = "Content-Length: 1000\r\n\r\n";
  const std::size_t least = memory_for(plain + "\r\n");
  EXPECT_GE(least, sizeof(Request) + sizeof(RequestParser) + plain.size());
  EXPECT_GE(memory_for(plain + "X: y\r\n\r\n"), least + 6 + sizeof(FieldSpan));
  EXPECT_GE(memory_for(plain + length + std::string(1000, 'c')), least + length.size() + 1000);
}

}  // namespace
}  // namespace tinyserve::http
