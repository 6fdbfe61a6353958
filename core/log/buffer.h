// buffer.h — step 8: bytes that grow, for text that is written straight to where it stays.
//
// What a std::string would do, but for the zeros that it puts into its bytes before it lets anybody
// write there, which cost as much as the text itself.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace tinyserve::log {

class Buffer {
 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Good until something is added.
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }

  void append(std::string_view text) { size_ += text.copy(room(text.size()), text.size()); }

  // Where at least `size` bytes may be written, behind those that are there. They belong to the
  // text as far as end_at() says.
  [[nodiscard]] char* room(std::size_t size) {
    if (capacity_ - size_ < size) [[unlikely]]
      grow(size);
    return bytes_.get() + size_;
  }
  void end_at(const char* end) {
    size_ = static_cast<std::size_t>(end - bytes_.get());
    TS_CHECK(size_ <= capacity_);
  }

  // Keeps the room, for the next text, unless it is more than `most` bytes.
  void clear(std::size_t most) {
    size_ = 0;
    if (capacity_ <= most) return;
    bytes_.reset();
    capacity_ = 0;
  }

 private:
  void grow(std::size_t size) {
    const std::size_t capacity = std::max(size_ + size, 2 * capacity_);
    std::unique_ptr<char[]> bytes(new char[capacity]);  // not cleared
    if (size_ > 0) std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace tinyserve::log
