// piece.h — step 8: a part of a line, of bounded length, put together where it stays.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/digits.h"
#include "base/timestamp.h"
#include "log/buffer.h"
#include "log/json.h"

namespace tinyserve::log {

// Takes room for all of the part at once, so that nothing is asked when a little of it is put
// there: a tenth of the cost of appending each little to a string.
class Piece {
 public:
  // At most `most` bytes will be put into `out`, three to spare. More is our own fault. `out` is
  // left alone until done().
  Piece(Buffer& out, std::size_t most)
      : out_(out), begin_(out.room(most)), at_(begin_), end_(begin_ + most) {}
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  template <std::size_t kSize>
  Piece& text(const char (&literal)[kSize]) {
    std::memcpy(at_, literal, kSize - 1);
    at_ += kSize - 1;
    return *this;
  }
  Piece& text(std::string_view text) {
    at_ += text.copy(at_, text.size());
    return *this;
  }
  // A text of unknown origin. It takes json_room().
  Piece& json(std::string_view text, std::size_t max_bytes = kMaxTextBytes) {
    at_ = put_json_string(at_, text, max_bytes);
    return *this;
  }
  Piece& number(std::uint64_t value) {
    at_ = put_number(at_, value);
    return *this;
  }
  // `value` with as many digits as `count` says, zeros in front.
  Piece& digits(std::size_t count, int value) {
    timestamp_detail::put(at_, count, static_cast<std::uint32_t>(std::max(value, 0)));
    at_ += count;
    return *this;
  }
  // A duration. The clock is monotonic, so a negative one cannot be; it would read as a huge one.
  Piece& duration(std::int64_t us) {
    return number(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)));
  }
  // Of what was put there so far.
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  void done() {
    TS_CHECK(at_ <= end_);
    out_.end_at(at_);
  }

 private:
  Buffer& out_;
  char* const begin_;
  char* at_;
  const char* const end_;
};

}  // namespace tinyserve::log
