#include <qrencode.h>

#include <memory>

#include "cmd/qr_code.h"

namespace tinyserve::cmd {

std::optional<QrCode> encode_qr(const std::string& text) {
  constexpr int kSmallestVersion = 0;
  // The least redundancy: nothing smears a screen, and larger modules are easier to read.
  const std::unique_ptr<QRcode, void (*)(QRcode*)> encoded(
      ::QRcode_encodeString8bit(text.c_str(), kSmallestVersion, QR_ECLEVEL_L), &::QRcode_free);
  if (encoded == nullptr) return std::nullopt;
  QrCode code{static_cast<std::size_t>(encoded->width), {}};
  for (std::size_t i = 0; i < code.size * code.size; ++i) {
    code.dark.push_back((encoded->data[i] & 1) != 0);
  }
  return code;
}

}  // namespace tinyserve::cmd
