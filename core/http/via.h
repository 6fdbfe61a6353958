// via.h — how an answer came about: decided with the answer, told in its record ("via").
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyserve::http {

enum class Via : std::uint8_t {
  kFile,
  kCache,
  kIndex,
  kListing,
  kNotModified,
  kRange,
  kRedirect,
  kSpa,
  kErrorPage,
  kPreflight,
  kApi,
  kWrite,
  kRefused,
  kOutsideRoot,
  kHidden,
  kBadHost,
  kCrossSite,
  kLimit,
  kTimeout,
  kClientAbort,
  kInternalError,
};

// As it stands in a record: "file", "not-modified", "client-abort".
[[nodiscard]] std::string_view name(Via via);

}  // namespace tinyserve::http
