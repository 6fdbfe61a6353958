// block.h — a reference-counted run of bytes with a fixed capacity (base).
//
// Content that arrived, text that was made and files that were read are handed from the parser to
// the handlers to the send queue as Blocks, without copying. The count is not atomic: a Block and
// its copies stay within one loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/prefetch.h"

namespace tinyserve {

class Block {
 public:
  Block() = default;
  Block(const Block& other) : header_(other.header_) {
    if (header_ != nullptr) ++header_->references;
  }
  Block(Block&& other) noexcept : header_(std::exchange(other.header_, nullptr)) {}
  Block& operator=(Block other) noexcept {
    std::swap(header_, other.header_);
    return *this;
  }
  ~Block() {
    if (header_ != nullptr && --header_->references == 0) ::operator delete(header_);
  }

  // An empty block with room for `capacity` bytes.
  [[nodiscard]] static Block with_capacity(std::size_t capacity) {
    Block block;
    block.header_ = new (::operator new(sizeof(Header) + capacity)) Header{1, 0, capacity};
    return block;
  }
  // A block that holds a copy of `bytes`.
  [[nodiscard]] static Block copy_of(std::string_view bytes) {
    Block block = with_capacity(bytes.size());
    block.append(bytes);
    return block;
  }

  explicit operator bool() const { return header_ != nullptr; }
  // Whether somebody else has it, too.
  [[nodiscard]] bool is_shared() const { return header_ != nullptr && header_->references > 1; }
  // How many have it; 0 for none at all.
  [[nodiscard]] std::size_t holders() const { return header_ == nullptr ? 0 : header_->references; }
  [[nodiscard]] std::size_t size() const { return header_ == nullptr ? 0 : header_->size; }
  [[nodiscard]] std::size_t room() const {
    return header_ == nullptr ? 0 : header_->capacity - header_->size;
  }
  [[nodiscard]] std::string_view view() const {
    return header_ == nullptr ? std::string_view{} : std::string_view(bytes(), header_->size);
  }

  // Has the size and the first bytes fetched, to be read soon.
  void prefetch_begin() const { prefetch(header_, header_ + 1); }
  // Has a line of each page fetched, and with it the page's address (the TLB's entry); the lines
  // behind it the processor foresees by itself.
  void prefetch_pages() const {
    for (std::size_t at = 0; at < size(); at += 4096) prefetch(bytes() + at, bytes() + at + 1);
  }

  // Adds bytes at the end; there must be room. Bytes that are there already never move, and change
  // by overwrite() only.
  void append(std::string_view more) {
    TS_CHECK(more.size() <= room());
    if (more.empty()) return;
    std::memcpy(bytes() + header_->size, more.data(), more.size());
    header_->size += more.size();
  }

  // Puts `bytes` in the place of those at `offset`. Nobody else may have the block: they may count
  // on what it says.
  void overwrite(std::size_t offset, std::string_view bytes) {
    TS_CHECK(!is_shared() && offset + bytes.size() <= size());
    std::memcpy(this->bytes() + offset, bytes.data(), bytes.size());
  }

  // The room behind the bytes, to be filled by a system call, and how much of it was: `count` is at
  // most room().
  [[nodiscard]] char* tail() { return bytes() + header_->size; }
  void grow(std::size_t count) {
    TS_CHECK(count <= room());
    header_->size += count;
  }

 private:
  struct Header {
    std::uint32_t references;
    std::size_t size;
    std::size_t capacity;
  };
  [[nodiscard]] char* bytes() const { return reinterpret_cast<char*>(header_ + 1); }

  Header* header_ = nullptr;
};

}  // namespace tinyserve
