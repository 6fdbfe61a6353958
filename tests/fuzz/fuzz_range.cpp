// Whatever a Range field says, what is sent lies within the file and is as long as announced.
//
// Number: the size of the file. Payload: the field.

#include <string>

#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/range.h"

using namespace tinyserve;
using Kind = http::RangeAnswer::Kind;

namespace {

void check_parts(const http::RangeAnswer& answer, std::uint64_t size) {
  DEMAND((answer.kind() == Kind::kParts) == !answer.parts().empty());
  DEMAND(answer.parts().size() <= http::kMaxRanges);
  std::uint64_t left = size;
  for (const http::ByteRange part : answer.parts()) {
    DEMAND(part.first <= part.last && part.last < size);
    DEMAND(part.size() <= left);
    left -= part.size();
  }
}

// The parts, asked for by their own names, are the same parts.
void check_again(const http::RangeAnswer& answer, std::uint64_t size) {
  if (answer.kind() != Kind::kParts) return;
  std::string field = "bytes=";
  for (const http::ByteRange part : answer.parts()) {
    field += std::to_string(part.first) + '-' + std::to_string(part.last) + ',';
  }
  const http::RangeAnswer again = http::resolve_range(field, size);
  DEMAND(again.kind() == Kind::kParts && again.parts().size() == answer.parts().size());
  for (std::size_t i = 0; i < again.parts().size(); ++i) {
    DEMAND(again.parts()[i] == answer.parts()[i]);
  }
}

void check_multipart(const http::RangeAnswer& answer, std::uint64_t size) {
  const std::string boundary = "0123456789abcdef";
  const auto plan = http::plan_multipart(boundary, "text/plain", size, answer.parts());
  DEMAND(plan.heads.size() == answer.parts().size());
  // Modulo 2^64 on both sides: texts around parts of almost 2^63 bytes do not overflow it.
  std::uint64_t length = plan.tail.size();
  for (std::size_t i = 0; i < plan.heads.size(); ++i) {
    const http::ByteRange part = answer.parts()[i];
    DEMAND(plan.heads[i].find("--" + boundary + "\r\n") == (i == 0 ? 0U : 2U));
    DEMAND(plan.heads[i].find(http::content_range(part, size)) != std::string::npos);
    DEMAND(plan.heads[i].ends_with("\r\n\r\n"));
    length += plan.heads[i].size() + part.size();
  }
  DEMAND(plan.content_length == length);
  DEMAND(plan.tail == "\r\n--" + boundary + "--\r\n");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint64_t file_size = input.number() & INT64_MAX;
  const http::RangeAnswer answer = http::resolve_range(input.payload(), file_size);
  check_parts(answer, file_size);
  check_again(answer, file_size);
  check_multipart(answer, file_size);
  return 0;
}
