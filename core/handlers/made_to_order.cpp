#include "handlers/made_to_order.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "handlers/api_reply.h"
#include "handlers/json_text.h"

namespace tinyserve::handlers {

namespace {

constexpr std::uint64_t kPeriod = 256 * 1024;  // of ordered_bytes

// RFC 9110 §15.3.5, §15.3.6, §15.4.5.
bool has_content(std::uint64_t code) { return code != 204 && code != 205 && code != 304; }

// What RFC 9110 §15 wants beside the status, or a client hopes for.
void add_companion(http::FieldText& fields, std::uint64_t code, std::string_view methods) {
  switch (code) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      fields.add("Location", "/api/request");
      return;
    case 401:
      fields.add("WWW-Authenticate", "Bearer");
      return;
    case 405:
      fields.add("Allow", methods);
      return;
    case 407:
      fields.add("Proxy-Authenticate", "Bearer");
      return;
    case 429:
    case 503:
      fields.add("Retry-After", "1");
      return;
    default:
      return;
  }
}

// A well-mixed function of its argument: the finaliser of SplitMix64.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

Block random_looking(std::size_t size) {
  Block block = Block::with_capacity(size);
  for (std::uint64_t word = 1; block.room() > 0; ++word) {
    const std::uint64_t bits = mixed(word * 0x9E3779B97F4A7C15);
    std::array<char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(bits >> (8 * i));
    block.append({bytes.data(), std::min(bytes.size(), block.room())});
  }
  return block;
}

Answer json_reply(http::Status status, JsonText json) {
  return api_reply(status, "application/json", json.end().take() + "\n");
}

}  // namespace

Answer ordered_status(std::uint64_t code, std::string_view methods) {
  const http::Status status = http::status_of(static_cast<std::uint16_t>(code));
  Answer answer;
  if (has_content(code)) {
    JsonText json;
    json.begin_object().key("status").number(code);
    json.key("reason").text(http::reason(status));
    answer = json_reply(status, std::move(json));
  } else {
    answer = api_reply(status);
  }
  add_companion(answer.response.fields, code, methods);
  return answer;
}

Answer ordered_bytes(std::uint64_t size) {
  const std::uint64_t period = std::min(size, kPeriod);
  const Block block = random_looking(static_cast<std::size_t>(period));
  std::vector<http::Piece> pieces;
  for (std::uint64_t left = size; left > 0; left -= std::min(left, period)) {
    pieces.emplace_back(http::BlockSlice{block, 0, std::min(left, period)});
  }
  return api_reply(http::Status::kOk, "application/octet-stream", std::move(pieces));
}

Answer ordered_delay(std::uint64_t delay_ms) {
  JsonText json;
  json.begin_object().key("delay_ms").number(delay_ms);
  Answer answer = json_reply(http::Status::kOk, std::move(json));
  answer.delay_ms = static_cast<std::int64_t>(delay_ms);
  return answer;
}

}  // namespace tinyserve::handlers
