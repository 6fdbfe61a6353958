// input.h — an input of a fuzz target, taken apart (fuzz targets).
//
// Its first line holds decimal numbers with anything else between them: they choose limits, places
// to cut, sizes. Everything behind the first line feed is the payload, as it is. So a seed is a
// text file that a person can write, and a mutation of either half leaves the other alone.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tinyserve::fuzz {

// The input as text.
[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(data, size);
    numbers_ = text.substr(0, text.find('\n'));
    if (numbers_.size() < text.size()) payload_ = text.substr(numbers_.size() + 1);
  }

  [[nodiscard]] bool has_numbers() const {
    return numbers_.find_first_of(kDigits) != numbers_.npos;
  }

  // The next number, modulo 2^64; 0 when there are no more.
  [[nodiscard]] std::uint64_t number() {
    numbers_.remove_prefix(std::min(numbers_.find_first_of(kDigits), numbers_.size()));
    std::uint64_t value = 0;
    while (!numbers_.empty() && numbers_[0] >= '0' && numbers_[0] <= '9') {
      value = value * 10 + static_cast<unsigned>(numbers_[0] - '0');
      numbers_.remove_prefix(1);
    }
    return value;
  }

  // The next number, brought below `count` (which is not 0).
  [[nodiscard]] std::size_t choose(std::size_t count) { return number() % count; }

  // The next number, where 0 stands for `usual`, brought to `most` at most.
  [[nodiscard]] std::size_t limit(std::size_t usual, std::size_t most) {
    const std::uint64_t wanted = number();
    return wanted == 0 ? usual : static_cast<std::size_t>(wanted % (most + 1));
  }

  // All that is left of the payload.
  [[nodiscard]] std::string_view payload() const { return payload_; }

  // The next `size` bytes of the payload, or as many as are left.
  [[nodiscard]] std::string_view take(std::size_t size) {
    const std::string_view taken = payload_.substr(0, size);
    payload_.remove_prefix(taken.size());
    return taken;
  }

 private:
  static constexpr std::string_view kDigits = "0123456789";

  std::string_view numbers_;
  std::string_view payload_;
};

using Pieces = std::vector<std::string_view>;

// `text` in pieces of one byte.
[[nodiscard]] inline Pieces byte_by_byte(std::string_view text) {
  Pieces pieces;
  for (std::size_t i = 0; i < text.size(); ++i) pieces.push_back(text.substr(i, 1));
  return pieces;
}

// `text` in two pieces; one of them may be empty.
[[nodiscard]] inline Pieces cut_at(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  return {text.substr(0, at), text.substr(at)};
}

// `text` in pieces of the sizes that the numbers of `input` name in turn; at the first 0, or when
// there are no more, what is left is the last piece.
[[nodiscard]] inline Pieces cut_by(Input& input, std::string_view text) {
  Pieces pieces;
  while (!text.empty()) {
    const std::size_t wanted = input.choose(100'000);
    pieces.push_back(text.substr(0, wanted == 0 ? text.size() : wanted));
    text.remove_prefix(pieces.back().size());
  }
  return pieces;
}

// The lines of `text`, without their line feeds.
[[nodiscard]] inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

// Whether `part` lies within `whole`; an empty one may lie anywhere.
[[nodiscard]] inline bool lies_within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace tinyserve::fuzz
