// br (RFC 7932), by libbrotlienc.
#include <brotli/encode.h>

#include <cstdint>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "codec/stream.h"

namespace tinyserve::codec {

namespace {

constexpr std::uint32_t kQuality = 4;
constexpr std::uint32_t kWindowBits = 18;

BrotliEncoderOperation operation(Flush flush) {
  switch (flush) {
    case Flush::kNone:
      return BROTLI_OPERATION_PROCESS;
    case Flush::kSync:
      return BROTLI_OPERATION_FLUSH;
    case Flush::kEnd:
      break;
  }
  return BROTLI_OPERATION_FINISH;
}

// What one encoder has allocated. The library ends the process when it is given no memory, unless
// it was built otherwise; so bad_alloc passes through its frames, which have what unwinding needs
// wherever exceptions do. Then it gives nothing back, hence all is owned here.
class Memory {
 public:
  static void* allocate(void* self, std::size_t size) {
    auto block = std::make_unique_for_overwrite<char[]>(size);
    void* const address = block.get();
    static_cast<Memory*>(self)->blocks_.emplace(address, std::move(block));
    return address;
  }
  static void release(void* self, void* address) {
    static_cast<Memory*>(self)->blocks_.erase(address);
  }

 private:
  std::unordered_map<void*, std::unique_ptr<char[]>> blocks_;
};

class BrStream final : public Stream {
 public:
  BrStream() : state_(BrotliEncoderCreateInstance(Memory::allocate, Memory::release, &memory_)) {
    // No size is hinted at: from 1 MiB on that takes twice the memory and half as long again.
    set(BROTLI_PARAM_QUALITY, kQuality);
    set(BROTLI_PARAM_LGWIN, kWindowBits);
  }

  std::string encode(std::string_view input, Flush flush) override {
    std::string output;
    const auto* next = reinterpret_cast<const std::uint8_t*>(input.data());
    std::size_t left = input.size();
    do {
      // No room of ours: it gives views of its own buffer, which are copied once.
      std::size_t room = 0;
      TS_CHECK(BrotliEncoderCompressStream(state_, operation(flush), &left, &next, &room, nullptr,
                                           nullptr) == BROTLI_TRUE);
      take_output(output);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE);
    return output;
  }

 private:
  void set(BrotliEncoderParameter parameter, std::uint32_t value) {
    TS_CHECK(BrotliEncoderSetParameter(state_, parameter, value) == BROTLI_TRUE);
  }

  void take_output(std::string& output) {
    std::size_t size = 0;
    const std::uint8_t* bytes = BrotliEncoderTakeOutput(state_, &size);
    if (size > 0) output.append(reinterpret_cast<const char*>(bytes), size);
  }

  Memory memory_;  // the state as well
  BrotliEncoderState* state_;
};

}  // namespace

std::unique_ptr<Stream> open_br() { return std::make_unique<BrStream>(); }

}  // namespace tinyserve::codec
