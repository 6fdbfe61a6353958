#include "http/ready_response.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/producer.h"

namespace tinyserve::http {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kLater = "Sun, 06 Nov 1994 08:49:38 GMT";

Response with_body(Body body) {
  Response response;
  response.fields.add("ETag", "\"1\"");
  response.body = std::move(body);
  return response;
}

Body bytes(std::string_view text) { return BlockSlice{Block::copy_of(text), 0, text.size()}; }

ReadyResponse dated(Response response) {
  ReadyResponse ready(std::move(response));
  ready.set_date(1, kDate);
  return ready;
}

// A file of 100,000 bytes, which need not be there.
FileSlice file() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  ::close(ends[1]);
  return {SharedFd(UniqueFd(ends[0])), 0, 100'000};
}

TEST(ReadyResponse, IsTheHeadAndTheContentInOneBlock) {
  const ReadyResponse ready = dated(with_body(bytes("hello")));
  EXPECT_EQ(ready.block().view(),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Server: tinyserve\r\n"
            "Content-Length: 5\r\n"
            "ETag: \"1\"\r\n"
            "\r\n"
            "hello");
  EXPECT_EQ(ready.block().view().substr(ready.head_size()), "hello");
  EXPECT_EQ(ready.status(), Status::kOk);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(ready.rest()));
}

TEST(ReadyResponse, TakesTheSliceAloneOutOfItsBlock) {
  const ReadyResponse ready = dated(with_body(BlockSlice{Block::copy_of("not this not"), 4, 4}));
  EXPECT_EQ(ready.block().view().substr(ready.head_size()), "this");
}

TEST(ReadyResponse, IsAHeadAloneWhereThereIsNoContent) {  // RFC 9110 §15.4.5
  Response response = with_body({});
  response.status = Status::kNotModified;
  const ReadyResponse ready = dated(std::move(response));
  EXPECT_EQ(ready.block().view(),
            "HTTP/1.1 304 Not Modified\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Server: tinyserve\r\n"
            "ETag: \"1\"\r\n"
            "\r\n");
  EXPECT_EQ(ready.head_size(), ready.block().size());
  EXPECT_EQ(ready.status(), Status::kNotModified);
}

TEST(ReadyResponse, SaysThatTheContentIsEmpty) {
  const ReadyResponse ready = dated(with_body(bytes("")));
  EXPECT_NE(ready.block().view().find("\r\nContent-Length: 0\r\n"), std::string_view::npos);
  EXPECT_EQ(ready.head_size(), ready.block().size());
}

TEST(ReadyResponse, LeavesLargeContentByItself) {
  const std::string joined(ReadyResponse::kMostJoined, 'x');
  const ReadyResponse small = dated(with_body(bytes(joined)));
  EXPECT_EQ(small.block().size(), small.head_size() + joined.size());
  const ReadyResponse large = dated(with_body(bytes(joined + "x")));
  EXPECT_EQ(large.block().size(), large.head_size());
  EXPECT_EQ(std::get<BlockSlice>(large.rest()).block.view(), joined + "x");
  EXPECT_NE(large.block().view().find("\r\nContent-Length: 65537\r\n"), std::string_view::npos);
}

TEST(ReadyResponse, LeavesFilesByThemselves) {
  const ReadyResponse ready = dated(with_body(file()));
  EXPECT_EQ(ready.block().size(), ready.head_size());
  EXPECT_EQ(std::get<FileSlice>(ready.rest()).length, 100'000U);
  EXPECT_NE(ready.block().view().find("\r\nContent-Length: 100000\r\n"), std::string_view::npos);
}

TEST(ReadyResponse, CountsContentByItselfButNotThatOfFiles) {
  const ReadyResponse joined = dated(with_body(bytes("hello")));
  EXPECT_EQ(joined.memory(), joined.block().size());
  const ReadyResponse large = dated(with_body(bytes(std::string(100'000, 'x'))));
  EXPECT_EQ(large.memory(), large.block().size() + 100'000);
  const ReadyResponse on_disk = dated(with_body(file()));
  EXPECT_EQ(on_disk.memory(), on_disk.block().size());
}

TEST(ReadyResponse, SaysAnotherDateInPlace) {
  ReadyResponse ready = dated(with_body(bytes("hello")));
  const std::string before(ready.block().view());
  const char* const place = ready.block().view().data();
  ready.set_date(2, kLater);
  std::string expected = before;
  expected.replace(expected.find(kDate), kDate.size(), kLater);
  EXPECT_EQ(ready.block().view(), expected);
  EXPECT_EQ(ready.block().view().data(), place);
}

TEST(ReadyResponse, ChangesNoDateButItsOwn) {
  constexpr std::string_view kEpoch = "Thu, 01 Jan 1970 00:00:00 GMT";
  Response response;
  response.fields.add("Last-Modified", kEpoch);
  response.body = bytes(kEpoch);
  const ReadyResponse ready = dated(std::move(response));
  EXPECT_EQ(ready.block().view(),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Server: tinyserve\r\n"
            "Content-Length: 29\r\n"
            "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "\r\n"
            "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ReadyResponse, ChangesNothingThatSomebodyHasStillToSend) {
  ReadyResponse ready = dated(with_body(bytes("hello")));
  const Block under_way = ready.block();
  const std::string before(under_way.view());
  ready.set_date(2, kLater);
  EXPECT_EQ(under_way.view(), before);
  EXPECT_EQ(ready.block().view().substr(ready.head_size()), "hello");
  EXPECT_NE(ready.block().view().find(kLater), std::string_view::npos);
  EXPECT_FALSE(ready.block().is_shared());
}

TEST(ReadyResponse, SharesItsBlockWhileTheDateStaysTheSame) {
  ReadyResponse ready = dated(with_body(bytes("hello")));
  const Block under_way = ready.block();
  ready.set_date(1, kDate);
  EXPECT_EQ(ready.block().view().data(), under_way.view().data());
}

class Endless : public Producer {
 public:
  [[nodiscard]] Portion produce() override { return {"more"}; }
  [[nodiscard]] bool is_heavy() const override { return false; }
};

TEST(ReadyResponseDeathTest, CannotBeWhatIsMadeAnewEachTime) {
  const auto make = [](Body body) { static_cast<void>(dated(with_body(std::move(body)))); };
  EXPECT_DEATH(make(std::make_unique<Endless>()), "internal error");
  EXPECT_DEATH(make(std::vector<Piece>()), "internal error");
  EXPECT_DEATH(make(std::string("text")), "internal error");
  EXPECT_DEATH(make(std::string_view("text")), "internal error");
}

}  // namespace
}  // namespace tinyserve::http
