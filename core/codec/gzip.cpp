// gzip (RFC 1952), by zlib.
#define ZLIB_CONST
#include <zlib.h>

#include <new>

#include "base/check.h"
#include "codec/stream.h"

namespace tinyserve::codec {

namespace {

constexpr int kLevel = 4;
constexpr int kWindowBits = 15;
constexpr int kGzipHeader = 16;  // added to the window's bits: zlib's own, without name and time
constexpr int kMemoryLevel = 8;  // zlib's default

int mode(Flush flush) {
  switch (flush) {
    case Flush::kNone:
      return Z_NO_FLUSH;
    case Flush::kSync:
      return Z_SYNC_FLUSH;
    case Flush::kEnd:
      break;
  }
  return Z_FINISH;
}

class GzipStream final : public Stream {
 public:
  GzipStream() {
    const int result = deflateInit2(&stream_, kLevel, Z_DEFLATED, kWindowBits + kGzipHeader,
                                    kMemoryLevel, Z_DEFAULT_STRATEGY);
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    TS_CHECK(result == Z_OK);
  }
  ~GzipStream() override { deflateEnd(&stream_); }

  std::string encode(std::string_view input, Flush flush) override {
    std::string output;
    stream_.next_in = reinterpret_cast<const Bytef*>(input.data());
    stream_.avail_in = static_cast<uInt>(input.size());
    do {
      step(output, mode(flush));
      // Room that is left tells that nothing more is to come.
    } while (stream_.avail_out == 0);
    return output;
  }

 private:
  void step(std::string& output, int mode) {
    const std::size_t size = output.size();
    output.resize(size + kOutputStep);
    stream_.next_out = reinterpret_cast<Bytef*>(output.data() + size);
    stream_.avail_out = kOutputStep;
    // It has all its memory. Z_BUF_ERROR says that there was nothing to do, which is no fault.
    TS_CHECK(deflate(&stream_, mode) != Z_STREAM_ERROR);
    output.resize(output.size() - stream_.avail_out);
  }

  z_stream stream_{};  // zlib keeps its address, so a GzipStream stays where it is
};

}  // namespace

std::unique_ptr<Stream> open_gzip() { return std::make_unique<GzipStream>(); }

}  // namespace tinyserve::codec
