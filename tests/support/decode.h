// decode.h — encoded content, as the decoders of the compression libraries read it (tests).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/encoder.h"

namespace tinyserve::test {

struct Decoded {
  std::string content;
  bool is_whole = false;  // or else the bytes are the beginning of more

  bool operator==(const Decoded&) const = default;
};

// What can be decoded of `bytes`; nothing when they are broken, or go on behind the end. Windows
// of more than 8 MiB count as broken, as in a browser (RFC 9659 §3).
[[nodiscard]] std::optional<Decoded> decode(codec::Coding coding, std::string_view bytes);

// The content that was sent as `bytes` with the Content-Encoding `name`, "" where there was none;
// nothing when they are broken or only the beginning.
[[nodiscard]] std::optional<std::string> content_of(std::string_view name, std::string_view bytes);

}  // namespace tinyserve::test
