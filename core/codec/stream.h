// stream.h — step 5: what the three libraries have in common, for encoder.cpp alone.
//
// An interface, so that no header has a type of theirs. Its functions throw as those of encoder.h.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "codec/encoder.h"

namespace tinyserve::codec {

class Stream {
 public:
  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // As Encoder::encode().
  [[nodiscard]] virtual std::string encode(std::string_view input, Flush flush) = 0;
};

// By how much output grows at a time, where a library wants to be told where to write.
inline constexpr std::size_t kOutputStep = 32U << 10;

[[nodiscard]] std::unique_ptr<Stream> open_br();
[[nodiscard]] std::unique_ptr<Stream> open_zstd();
[[nodiscard]] std::unique_ptr<Stream> open_gzip();

}  // namespace tinyserve::codec
