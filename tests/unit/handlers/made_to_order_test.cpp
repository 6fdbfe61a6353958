#include "handlers/made_to_order.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/response.h"

namespace tinyserve::handlers {
namespace {

std::string fields_of(std::uint64_t code) {
  return std::string(ordered_status(code, "GET, PUT").response.fields.text());
}

std::string bytes_of(const Answer& answer) {
  std::string bytes;
  for (const http::Piece& piece : std::get<std::vector<http::Piece>>(answer.response.body)) {
    const auto& slice = std::get<http::BlockSlice>(piece);
    bytes += slice.block.view().substr(slice.offset, slice.length);
  }
  return bytes;
}

TEST(OrderedStatus, SaysItInJson) {
  const Answer answer = ordered_status(418, "");
  EXPECT_EQ(http::code(answer.response.status), 418);
  EXPECT_EQ(answer.via, http::Via::kApi);
  EXPECT_EQ(std::get<std::string>(answer.response.body),
            "{\n  \"status\": 418,\n  \"reason\": \"I'm a Teapot\"\n}\n");
  EXPECT_EQ(answer.response.fields.text(),
            "Content-Type: application/json\r\n"
            "Cache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n");
}

TEST(OrderedStatus, MayBeOneThatNobodyRegistered) {
  const Answer answer = ordered_status(599, "");
  EXPECT_EQ(http::code(answer.response.status), 599);
  EXPECT_EQ(std::get<std::string>(answer.response.body),
            "{\n  \"status\": 599,\n  \"reason\": \"\"\n}\n");
}

TEST(OrderedStatus, HasNoContentWhereTheStatusHasNone) {
  for (const std::uint64_t code : {204, 205, 304}) {
    const Answer answer = ordered_status(code, "");
    EXPECT_EQ(http::content_length(answer.response.body), 0U) << code;
    EXPECT_EQ(answer.response.fields.text(), "") << code;
  }
}

TEST(OrderedStatus, ComesWithWhatAClientNeedsToActOnIt) {
  const std::pair<std::uint64_t, std::string_view> expected[] = {
      {301, "Location: /api/request\r\n"}, {302, "Location: /api/request\r\n"},
      {303, "Location: /api/request\r\n"}, {307, "Location: /api/request\r\n"},
      {308, "Location: /api/request\r\n"}, {401, "WWW-Authenticate: Bearer\r\n"},
      {405, "Allow: GET, PUT\r\n"},        {407, "Proxy-Authenticate: Bearer\r\n"},
      {429, "Retry-After: 1\r\n"},         {503, "Retry-After: 1\r\n"},
  };
  for (const auto& [code, line] : expected) {
    EXPECT_EQ(fields_of(code).substr(fields_of(200).size()), line) << code;
  }
  for (const std::uint64_t code : {300, 400, 404, 500, 502}) {
    EXPECT_EQ(fields_of(code), fields_of(200)) << code;
  }
}

TEST(OrderedBytes, AreAsManyAsWereOrdered) {
  for (const std::uint64_t size :
       {0ULL, 1ULL, 7ULL, 8ULL, 262'143ULL, 262'144ULL, 262'145ULL, 1'000'000ULL, 1ULL << 30}) {
    EXPECT_EQ(http::content_length(ordered_bytes(size).response.body), size);
  }
}

TEST(OrderedBytes, AreTheSameEachTime) {
  const std::string many = bytes_of(ordered_bytes(600'000));
  EXPECT_EQ(bytes_of(ordered_bytes(600'000)), many);
  EXPECT_EQ(bytes_of(ordered_bytes(1001)), many.substr(0, 1001));
}

TEST(OrderedBytes, LookRandom) {
  const std::string bytes = bytes_of(ordered_bytes(256 * 1024));
  std::vector<std::size_t> counts(256);
  for (const char byte : bytes) ++counts[static_cast<unsigned char>(byte)];
  for (const std::size_t count : counts) {
    EXPECT_GT(count, 800U);  // 1024 on average
    EXPECT_LT(count, 1250U);
  }
}

TEST(OrderedBytes, CostNoMoreMemoryForMore) {
  const Answer answer = ordered_bytes(1ULL << 30);
  const auto& pieces = std::get<std::vector<http::Piece>>(answer.response.body);
  EXPECT_EQ(pieces.size(), 4096U);
  for (const http::Piece& piece : pieces) {
    EXPECT_EQ(std::get<http::BlockSlice>(piece).block.view().data(),
              std::get<http::BlockSlice>(pieces[0]).block.view().data());
  }
}

TEST(OrderedDelay, HoldsTheAnswerBackAndSaysSo) {
  const Answer answer = ordered_delay(250);
  EXPECT_EQ(answer.delay_ms, 250);
  EXPECT_EQ(http::code(answer.response.status), 200);
  EXPECT_EQ(std::get<std::string>(answer.response.body), "{\n  \"delay_ms\": 250\n}\n");
}

}  // namespace
}  // namespace tinyserve::handlers
