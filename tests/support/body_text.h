// body_text.h — the bytes that the content of a response stands for.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/body.h"

namespace tinyserve::test {

// Of a producer its first portion. Files are read, and Pieces put together.
inline std::string body_text(const http::Body& body) {
  struct Text {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(std::string_view text) const { return std::string(text); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const http::BlockSlice& slice) const {
      return std::string(slice.block.view().substr(slice.offset, slice.length));
    }
    std::string operator()(const http::FileSlice& slice) const {
      std::string text(slice.length, '\0');
      const auto begin = static_cast<off_t>(slice.offset);
      EXPECT_EQ(::pread(slice.file.get(), text.data(), text.size(), begin),
                static_cast<ssize_t>(text.size()));
      return text;
    }
    std::string operator()(const std::vector<http::Piece>& pieces) const {
      std::string text;
      for (const http::Piece& piece : pieces) text += std::visit(*this, piece);
      return text;
    }
    std::string operator()(const std::unique_ptr<http::Producer>& producer) const {
      return producer->produce().bytes;
    }
  };
  return std::visit(Text{}, body);
}

}  // namespace tinyserve::test
