// ready_response.h — step 6, done beforehand: a response that is given again and again.
//
// Its head is text already, in one block with content that is small: what is left to do for a
// request is to have the date set, which is rewritten in place once a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/block.h"
#include "http/body.h"
#include "http/response.h"
#include "http/status.h"

namespace tinyserve::http {

class ReadyResponse {
 public:
  // Content up to this size stands in the block with the head; what is larger stays by itself.
  static constexpr std::uint64_t kMostJoined = 64 * 1024;

  // `response` is neither produced nor made of several pieces: TS_CHECK.
  explicit ReadyResponse(Response response);

  // Says `date`, the IMF-fixdate of `second` since 1970, from now on. A block that somebody has
  // still to send keeps its own: a new one takes its place here.
  void set_date(std::int64_t second, std::string_view date) {
    if (second != second_) rewrite_date(second, date);
  }

  [[nodiscard]] Status status() const { return status_; }
  // The head as a persistent HTTP/1.1 connection gets it, and joined content.
  [[nodiscard]] const Block& block() const { return block_; }
  // Of the head, with the empty line that ends it.
  [[nodiscard]] std::size_t head_size() const { return head_size_; }
  // Whether the block is all of it.
  [[nodiscard]] bool is_joined() const { return std::holds_alternative<std::monostate>(rest_); }
  // Content that is not joined: a BlockSlice, a FileSlice, or nothing.
  [[nodiscard]] const Body& rest() const { return rest_; }

  // Bytes of memory, content by itself included.
  [[nodiscard]] std::size_t memory() const;

 private:
  void rewrite_date(std::int64_t second, std::string_view date);

  Status status_;
  Block block_;
  std::uint32_t head_size_ = 0;
  std::uint32_t date_offset_ = 0;
  std::int64_t second_ = INT64_MIN;  // that its date says
  Body rest_;
};

}  // namespace tinyserve::http
