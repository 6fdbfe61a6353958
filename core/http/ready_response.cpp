#include "http/ready_response.h"

#include <string>
#include <utility>

#include "base/check.h"

namespace tinyserve::http {

namespace {

constexpr std::string_view kSomeDate = "Thu, 01 Jan 1970 00:00:00 GMT";

// The bytes of `body` where they are in memory and few.
std::string_view joined_bytes(const Body& body) {
  const auto* const slice = std::get_if<BlockSlice>(&body);
  if (slice == nullptr || slice->length > ReadyResponse::kMostJoined) return {};
  return slice->block.view().substr(slice->offset, slice->length);
}

}  // namespace

ReadyResponse::ReadyResponse(Response response) : status_(response.status) {
  TS_CHECK(std::holds_alternative<std::monostate>(response.body) ||
           std::holds_alternative<BlockSlice>(response.body) ||
           std::holds_alternative<FileSlice>(response.body));
  std::string head;
  append_head(head, response, {kSomeDate, 1, true});
  head_size_ = static_cast<std::uint32_t>(head.size());
  date_offset_ = static_cast<std::uint32_t>(head.find(kSomeDate));
  const std::string_view content = joined_bytes(response.body);
  block_ = Block::with_capacity(head.size() + content.size());
  block_.append(head);
  block_.append(content);
  if (content.empty()) rest_ = std::move(response.body);
}

void ReadyResponse::rewrite_date(std::int64_t second, std::string_view date) {
  if (block_.is_shared()) block_ = Block::copy_of(block_.view());
  block_.overwrite(date_offset_, date);
  second_ = second;
}

std::size_t ReadyResponse::memory() const {
  const auto* const slice = std::get_if<BlockSlice>(&rest_);
  return block_.size() + (slice == nullptr ? 0 : slice->block.size());
}

}  // namespace tinyserve::http
