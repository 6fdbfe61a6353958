// piece.h — step 8: the part of a line between two texts: keys and numbers, of bounded length.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

#include "base/check.h"
#include "base/timestamp.h"

namespace tinyserve::log {

// Put together on the stack and appended at once, which costs a tenth of appending each of its
// parts. More than its 256 bytes is our own fault.
class Piece {
 public:
  Piece() {}  // not defaulted, which would clear all the bytes first
  Piece& text(std::string_view literal) {
    TS_CHECK(literal.size() <= bytes_.size() - size_);
    std::memcpy(bytes_.data() + size_, literal.data(), literal.size());
    size_ += literal.size();
    return *this;
  }
  Piece& number(std::uint64_t value) {
    char* const end = bytes_.data() + bytes_.size();
    const auto [last, error] = std::to_chars(bytes_.data() + size_, end, value);
    TS_CHECK(error == std::errc{});
    size_ = static_cast<std::size_t>(last - bytes_.data());
    return *this;
  }
  // `value` with as many digits as `count` says, zeros in front.
  Piece& digits(std::size_t count, int value) {
    TS_CHECK(count <= bytes_.size() - size_ && value >= 0);
    timestamp_detail::put(&bytes_[size_], count, static_cast<std::uint32_t>(value));
    size_ += count;
    return *this;
  }
  Piece& time(std::int64_t time_us) {
    const auto digits = format_timestamp(time_us);
    return text("\"").text({digits.data(), digits.size()}).text("\"");
  }
  // A duration. The clock is monotonic, so a negative one cannot be; it would read as a huge one.
  Piece& duration(std::int64_t us) {
    return number(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)));
  }
  void append_to(std::string& out) const { out.append(bytes_.data(), size_); }

 private:
  std::size_t size_ = 0;
  std::array<char, 256> bytes_;  // only what was put there is read
};

}  // namespace tinyserve::log
