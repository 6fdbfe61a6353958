// body.h — the content of a response, by reference: what the send queue sends in step 7.
//
// A Body owns what it refers to, apart from a string_view, which is a literal or lies in the
// receive buffer until the end of the turn: the send queue copies it at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/block.h"
#include "base/shared_fd.h"

namespace tinyserve::http {

// `length` bytes of a file from `offset` on.
struct FileSlice {
  SharedFd file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

using Body =
    std::variant<std::monostate, std::string_view, std::string, std::vector<Block>, FileSlice>;

// How many bytes of content `body` stands for.
[[nodiscard]] std::uint64_t content_length(const Body& body);

}  // namespace tinyserve::http
