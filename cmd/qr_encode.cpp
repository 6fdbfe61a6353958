#include <dlfcn.h>
#include <qrencode.h>

#include <memory>

#include "cmd/qr_code.h"

namespace tinyserve::cmd {
namespace {

// What is used of the library.
struct Encoder {
  decltype(&::QRcode_encodeString8bit) encode;
  decltype(&::QRcode_free) free;
};

// The library is never unloaded: a run draws one code.
std::optional<Encoder> load(const char* library) {
  void* const loaded = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (loaded == nullptr) return std::nullopt;
  const Encoder encoder{
      reinterpret_cast<decltype(Encoder::encode)>(::dlsym(loaded, "QRcode_encodeString8bit")),
      reinterpret_cast<decltype(Encoder::free)>(::dlsym(loaded, "QRcode_free"))};
  if (encoder.encode == nullptr || encoder.free == nullptr) return std::nullopt;
  return encoder;
}

}  // namespace

std::optional<QrCode> encode_qr(const std::string& text, const char* library) {
  const auto encoder = load(library);
  if (!encoder) return std::nullopt;
  constexpr int kSmallestVersion = 0;
  // The least redundancy: nothing smears a screen, and larger modules are easier to read.
  const std::unique_ptr<QRcode, decltype(Encoder::free)> encoded(
      encoder->encode(text.c_str(), kSmallestVersion, QR_ECLEVEL_L), encoder->free);
  if (encoded == nullptr) return std::nullopt;
  QrCode code{static_cast<std::size_t>(encoded->width), {}};
  for (std::size_t i = 0; i < code.size * code.size; ++i) {
    code.dark.push_back((encoded->data[i] & 1) != 0);
  }
  return code;
}

}  // namespace tinyserve::cmd
