#include "http/body.h"

#include "base/check.h"

namespace tinyserve::http {

namespace {

struct Size {
  std::uint64_t operator()(std::monostate) const { return 0; }
  std::uint64_t operator()(std::string_view text) const { return text.size(); }
  std::uint64_t operator()(const std::string& text) const { return text.size(); }
  std::uint64_t operator()(const BlockSlice& slice) const { return slice.length; }
  std::uint64_t operator()(const FileSlice& slice) const { return slice.length; }
  std::uint64_t operator()(const std::vector<Piece>& pieces) const {
    std::uint64_t size = 0;
    for (const Piece& piece : pieces) size += std::visit(*this, piece);
    return size;
  }
  std::uint64_t operator()(const std::unique_ptr<Producer>& /*producer*/) const {
    check_failed("the length of the content is known", __FILE__, __LINE__);
  }
};

}  // namespace

std::uint64_t content_length(const Body& body) { return std::visit(Size{}, body); }

Body another(const Body& body) {
  if (const auto* slice = std::get_if<BlockSlice>(&body)) return *slice;
  return std::get<FileSlice>(body);
}

Piece part_of(const Body& body, std::uint64_t offset, std::uint64_t length) {
  TS_CHECK(offset + length <= content_length(body));
  if (const auto* slice = std::get_if<BlockSlice>(&body)) {
    return BlockSlice{slice->block, slice->offset + offset, length};
  }
  const auto* slice = std::get_if<FileSlice>(&body);
  TS_CHECK(slice != nullptr);
  return FileSlice{slice->file, slice->offset + offset, length, slice->is_slow};
}

}  // namespace tinyserve::http
