#include "codec/encoder.h"

#include <limits>

#include "base/check.h"
#include "codec/stream.h"

namespace tinyserve::codec {

namespace {

std::unique_ptr<Stream> open(Coding coding) {
  switch (coding) {
    case Coding::kBr:
      return open_br();
    case Coding::kZstd:
      return open_zstd();
    case Coding::kGzip:
      return open_gzip();
  }
  return nullptr;
}

}  // namespace

Encoder::Encoder(Coding coding) : stream_(open(coding)) {}
Encoder::~Encoder() = default;
Encoder::Encoder(Encoder&& other) noexcept = default;
Encoder& Encoder::operator=(Encoder&& other) noexcept = default;

std::string Encoder::encode(std::string_view input, Flush flush) {
  TS_CHECK(stream_ != nullptr);
  // What zlib counts in.
  TS_CHECK(input.size() <= std::numeric_limits<std::uint32_t>::max());
  std::string output = stream_->encode(input, flush);
  // The last part may take long to send, and needs no window.
  if (flush == Flush::kEnd) stream_.reset();
  return output;
}

std::optional<std::string> compress(Coding coding, std::string_view content) {
  std::string output = Encoder(coding).encode(content, Flush::kEnd);
  if (output.size() * 20 > content.size() * 19) return std::nullopt;
  // It may be kept for long.
  output.shrink_to_fit();
  return output;
}

}  // namespace tinyserve::codec
