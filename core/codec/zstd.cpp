// zstd (RFC 8878), by libzstd.
#include <zstd.h>
#include <zstd_errors.h>

#include <new>

#include "base/check.h"
#include "codec/stream.h"

namespace tinyserve::codec {

namespace {

constexpr int kLevel = 5;
// A browser need not accept more than 8 MiB, which are 23 bits (RFC 9659 §3).
constexpr int kWindowBits = 20;

ZSTD_EndDirective directive(Flush flush) {
  switch (flush) {
    case Flush::kNone:
      return ZSTD_e_continue;
    case Flush::kSync:
      return ZSTD_e_flush;
    case Flush::kEnd:
      break;
  }
  return ZSTD_e_end;
}

// A value that libzstd returned, unless it is an error.
std::size_t checked(std::size_t value) {
  if (ZSTD_isError(value) == 0) return value;
  TS_CHECK(ZSTD_getErrorCode(value) == ZSTD_error_memory_allocation);
  throw std::bad_alloc();
}

struct Destroy {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

class ZstdStream final : public Stream {
 public:
  ZstdStream() : context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel));
    checked(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_windowLog, kWindowBits));
  }

  std::string encode(std::string_view input, Flush flush) override {
    std::string output;
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    std::size_t held_back = 0;
    do {
      held_back = step(output, in, directive(flush));
      // Without a flush it may hold back what it likes.
    } while (flush == Flush::kNone ? in.pos < in.size : held_back > 0);
    return output;
  }

 private:
  // Appends to `output`; what is held back then, 0 when all is out.
  std::size_t step(std::string& output, ZSTD_inBuffer& in, ZSTD_EndDirective directive) {
    const std::size_t size = output.size();
    output.resize(size + kOutputStep);
    ZSTD_outBuffer out{output.data() + size, kOutputStep, 0};
    const std::size_t held_back =
        checked(ZSTD_compressStream2(context_.get(), &out, &in, directive));
    output.resize(size + out.pos);
    return held_back;
  }

  std::unique_ptr<ZSTD_CCtx, Destroy> context_;
};

}  // namespace

std::unique_ptr<Stream> open_zstd() { return std::make_unique<ZstdStream>(); }

}  // namespace tinyserve::codec
