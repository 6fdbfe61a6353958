// qr_code.h — a URL as a QR code in the terminal, for the camera of a telephone.
//
// The code is libqrencode's, which qr_encode.cpp alone knows. The library is loaded when a code is
// wanted, not whenever the program starts; who does not have it goes without codes. So does a
// program that is linked statically (qr_encode_none.cpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cmd/environment.h"
#include "cmd/settings.h"

namespace tinyserve::cmd {

// A square of modules, row by row, without the light frame around it.
struct QrCode {
  std::size_t size = 0;  // modules on each side
  std::vector<bool> dark;
};

// The one with the functions and types that qr_encode.cpp is compiled for.
inline constexpr const char* kQrLibrary = "libqrencode.so.4";

// The smallest code of `text`; nothing when it is too long for any, or there is no such `library`,
// a name as dlopen takes it. Opens files, which a confined process could not.
[[nodiscard]] std::optional<QrCode> encode_qr(const std::string& text,
                                              const char* library = kQrLibrary);

// Whether a drawing says which colours it is made of.
enum class QrColors { kExplicit, kOfTerminal };

// `code` in its light frame as lines of half blocks, two modules in each. Light modules are ink and
// dark ones are paper: without explicit colours it has its right ones on a dark terminal and
// is inverted on a light one, which most readers take, too.
[[nodiscard]] std::string draw_qr(const QrCode& code, QrColors colors);

// `code` drawn for a terminal of that size in characters; empty when it does not fit.
[[nodiscard]] std::string draw_qr_within(const QrCode& code, QrColors colors, std::size_t columns,
                                         std::size_t rows);

// The code of `url` to be written to `fd`; empty where it would be of no use: with --quiet, with
// TERM=dumb, and where `fd` is no terminal or one that is too small; empty without a library, too.
[[nodiscard]] std::string qr_for_terminal(const std::string& url, int fd, const Settings& settings,
                                          const Environment& environment);

}  // namespace tinyserve::cmd
