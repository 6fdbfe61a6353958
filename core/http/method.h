// method.h — request methods (RFC 9110 §9). Methods are case-sensitive: `get` is an unknown one.
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyserve::http {

enum class Method : std::uint8_t {
  kGet,
  kHead,
  kPost,
  kOptions,
  kPut,
  kDelete,
  kPatch,
  kTrace,
  kConnect,
  kUnknown
};

// The method that `token` names; kUnknown for any other token.
[[nodiscard]] Method parse_method(std::string_view token);

// The name as it stands in a request; empty for kUnknown.
[[nodiscard]] std::string_view name(Method method);

}  // namespace tinyserve::http
