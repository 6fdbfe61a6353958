#include "support/decode.h"

#include <brotli/decode.h>
#include <zstd.h>

#include <cstdint>
#include <memory>
#include <utility>
#define ZLIB_CONST
#include <zlib.h>

namespace tinyserve::test {

namespace {

constexpr std::size_t kStep = 64U << 10;

std::optional<Decoded> decode_br(std::string_view bytes) {
  const std::unique_ptr<BrotliDecoderState, decltype(&BrotliDecoderDestroyInstance)> state(
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr), BrotliDecoderDestroyInstance);
  const auto* next = reinterpret_cast<const std::uint8_t*>(bytes.data());
  std::size_t left = bytes.size();
  Decoded decoded;
  BrotliDecoderResult result = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
  while (result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
    std::size_t room = 0;
    result = BrotliDecoderDecompressStream(state.get(), &left, &next, &room, nullptr, nullptr);
    std::size_t size = 0;
    const std::uint8_t* output = BrotliDecoderTakeOutput(state.get(), &size);
    if (size > 0) decoded.content.append(reinterpret_cast<const char*>(output), size);
  }
  if (result == BROTLI_DECODER_RESULT_ERROR || left > 0) return std::nullopt;
  decoded.is_whole = result == BROTLI_DECODER_RESULT_SUCCESS;
  return decoded;
}

std::optional<Decoded> decode_zstd(std::string_view bytes) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 23);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  Decoded decoded;
  std::string output(kStep, '\0');
  ZSTD_outBuffer out{output.data(), output.size(), output.size()};
  // Output that fills the room may have more behind it.
  while (!decoded.is_whole && (in.pos < in.size || out.pos == out.size)) {
    out.pos = 0;
    const std::size_t result = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(result) != 0) return std::nullopt;
    decoded.content.append(output, 0, out.pos);
    decoded.is_whole = result == 0;
  }
  if (in.pos < in.size) return std::nullopt;
  return decoded;
}

std::optional<Decoded> decode_gzip(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return std::nullopt;
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<const Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  Decoded decoded;
  std::string output(kStep, '\0');
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(output.data());
    stream.avail_out = static_cast<uInt>(output.size());
    result = inflate(&stream, Z_SYNC_FLUSH);
    decoded.content.append(output, 0, output.size() - stream.avail_out);
  }
  // Z_BUF_ERROR: all that there is was decoded.
  if ((result != Z_STREAM_END && result != Z_BUF_ERROR) || stream.avail_in > 0) return std::nullopt;
  decoded.is_whole = result == Z_STREAM_END;
  return decoded;
}

}  // namespace

std::optional<Decoded> decode(codec::Coding coding, std::string_view bytes) {
  switch (coding) {
    case codec::Coding::kBr:
      return decode_br(bytes);
    case codec::Coding::kZstd:
      return decode_zstd(bytes);
    case codec::Coding::kGzip:
      return decode_gzip(bytes);
  }
  return std::nullopt;
}

std::optional<std::string> content_of(std::string_view name, std::string_view bytes) {
  if (name.empty()) return std::string(bytes);
  std::optional<Decoded> decoded;
  if (name == "br") decoded = decode(codec::Coding::kBr, bytes);
  if (name == "zstd") decoded = decode(codec::Coding::kZstd, bytes);
  if (name == "gzip") decoded = decode(codec::Coding::kGzip, bytes);
  if (!decoded || !decoded->is_whole) return std::nullopt;
  return std::move(decoded->content);
}

}  // namespace tinyserve::test
