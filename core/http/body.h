// body.h — the content of a response, by reference: what the send queue sends in step 7.
//
// A Body owns what it refers to, apart from a string_view, which is a literal or lies in the
// receive buffer until the end of the turn: the send queue copies it at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/block.h"
#include "base/shared_fd.h"
#include "http/producer.h"

namespace tinyserve::http {

// `length` bytes of a file from `offset` on.
struct FileSlice {
  SharedFd file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool is_slow = false;  // reading it may take long although nothing tells so beforehand
};

// `length` bytes of a block from `offset` on.
struct BlockSlice {
  Block block;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

using Piece = std::variant<std::string, BlockSlice, FileSlice>;
using Body = std::variant<std::monostate, std::string_view, std::string, BlockSlice, FileSlice,
                          std::vector<Piece>, std::unique_ptr<Producer>>;

// Whether the length of `body` is not known until all of it has been made.
[[nodiscard]] inline bool is_produced(const Body& body) {
  return std::holds_alternative<std::unique_ptr<Producer>>(body);
}

// How many bytes of content `body`, which is not produced, stands for.
[[nodiscard]] std::uint64_t content_length(const Body& body);

// The same slice of the same bytes; `body` is one slice.
[[nodiscard]] Body another(const Body& body);

// The `length` bytes from `offset` on of a body that is one slice; they lie within it.
[[nodiscard]] Piece part_of(const Body& body, std::uint64_t offset, std::uint64_t length);

}  // namespace tinyserve::http
