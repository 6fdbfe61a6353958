// In place of qr_encode.cpp where there is no libqrencode to link.
#include "cmd/qr_code.h"

namespace tinyserve::cmd {

std::optional<QrCode> encode_qr(const std::string& /*text*/, const char* /*library*/) {
  return std::nullopt;
}

}  // namespace tinyserve::cmd
