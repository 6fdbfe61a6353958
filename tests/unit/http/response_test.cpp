#include "http/response.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace tinyserve::http {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string head_of(const Response& response, const HeadContext& context = {.date = kDate}) {
  std::string out;
  append_head(out, response, context);
  return out;
}

Response with_body(Status status, Body body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

TEST(ResponseHead, SaysWhatEveryAnswerSays) {  // §8.1, §8.2, §8.3, §8.6
  Response response = with_body(Status::kOk, std::string_view("Hello"));
  response.fields.add("Content-Type", "text/plain").add("ETag", "\"a\"");
  EXPECT_EQ(head_of(response),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Server: tinyserve\r\n"
            "Content-Length: 5\r\n"
            "Content-Type: text/plain\r\n"
            "ETag: \"a\"\r\n"
            "\r\n");
}

TEST(ResponseHead, SaysZeroWhereThereIsNoContent) {
  EXPECT_EQ(head_of(with_body(Status::kNotFound, {})),
            "HTTP/1.1 404 Not Found\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Server: tinyserve\r\n"
            "Content-Length: 0\r\n"
            "\r\n");
}

TEST(ResponseHead, HasNoLengthWhereTheStatusHasNoContent) {  // §7.1, §8.3
  for (const Status status : {Status::kContinue, Status::kNoContent, Status::kNotModified}) {
    const std::string head = head_of(with_body(status, {}));
    EXPECT_EQ(head.find("Content-Length"), head.npos) << head;
    EXPECT_TRUE(head.ends_with("Server: tinyserve\r\n\r\n")) << head;
  }
  EXPECT_TRUE(
      head_of(with_body(Status::kNoContent, {})).starts_with("HTTP/1.1 204 No Content\r\n"));
}

TEST(ResponseHead, SaysWhatBecomesOfTheConnection) {  // §9.1, §9.2
  const Response response = with_body(Status::kOk, {});
  const auto connection = [&](int minor_version, bool keep_alive) {
    const std::string head = head_of(response, {kDate, minor_version, keep_alive});
    EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;  // §8.1: also towards 1.0
    const std::size_t at = head.find("Connection: ");
    return at == head.npos ? "" : head.substr(at);
  };
  EXPECT_EQ(connection(1, true), "");
  EXPECT_EQ(connection(1, false), "Connection: close\r\n\r\n");
  EXPECT_EQ(connection(0, true), "Connection: keep-alive\r\n\r\n");
  EXPECT_EQ(connection(0, false), "Connection: close\r\n\r\n");
}

TEST(ConnectionField, IsThereWhereTheVersionSaysSomethingElse) {  // RFC 9112 §9.3
  EXPECT_EQ(connection_field(1, true), "");
  EXPECT_EQ(connection_field(1, false), "Connection: close\r\n");
  EXPECT_EQ(connection_field(0, true), "Connection: keep-alive\r\n");
  EXPECT_EQ(connection_field(0, false), "Connection: close\r\n");
}

// Content whose length nobody knows.
class Endless : public Producer {
 public:
  [[nodiscard]] Portion produce() override { return {"more"}; }
  [[nodiscard]] bool is_heavy() const override { return false; }
};

TEST(ResponseHead, SaysChunkedWhereTheLengthIsNotKnown) {  // RFC 9112 §6.1
  EXPECT_EQ(head_of(with_body(Status::kOk, std::make_unique<Endless>())),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Server: tinyserve\r\n"
            "Transfer-Encoding: chunked\r\n"
            "\r\n");
}

TEST(ResponseHead, SaysNeitherLengthNorChunkedToOldClients) {  // RFC 9112 §6.1: they know no coding
  EXPECT_EQ(head_of(with_body(Status::kOk, std::make_unique<Endless>()), {kDate, 0, false}),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Server: tinyserve\r\n"
            "Connection: close\r\n"
            "\r\n");
}

TEST(ResponseHead, IsAddedToWhatIsThere) {
  std::string out = "before|";
  append_head(out, with_body(Status::kOk, {}), {.date = kDate});
  EXPECT_TRUE(out.starts_with("before|HTTP/1.1 200 OK\r\n"));
}

TEST(FieldText, WritesOneLineForEachField) {
  FieldText fields;
  EXPECT_EQ(fields.text(), "");
  fields.add("A", "b").add("C", "").add("D", "tab\tand \xC3\xA4");
  EXPECT_EQ(fields.text(), "A: b\r\nC: \r\nD: tab\tand \xC3\xA4\r\n");
}

TEST(FieldText, TakesAwayEveryLineOfAName) {
  FieldText fields;
  fields.add("Vary", "Accept").add("ETag", "\"1\"").add("vary", "Origin").add("Vary-Not", "x");
  EXPECT_EQ(fields.remove("VARY").text(), "ETag: \"1\"\r\nVary-Not: x\r\n");
  EXPECT_EQ(fields.remove("Age").text(), "ETag: \"1\"\r\nVary-Not: x\r\n");
  EXPECT_EQ(FieldText().remove("Vary").text(), "");
}

TEST(FieldTextDeathTest, StopsTheProgramRatherThanSplitAResponse) {  // §8.1
  for (const std::string_view value : {"a\r\nSet-Cookie: x", "a\n", "\r", "\x01", "\x7F"}) {
    EXPECT_DEATH(FieldText().add("Location", value), "internal error");
  }
  EXPECT_DEATH(FieldText().add("Location", std::string_view("\0", 1)), "internal error");
}

}  // namespace
}  // namespace tinyserve::http
