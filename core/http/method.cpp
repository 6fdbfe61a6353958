#include "http/method.h"

#include <array>
#include <cstddef>

namespace tinyserve::http {

namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, 9> kNames = {"GET",    "HEAD",  "POST",  "OPTIONS", "PUT",
                                                    "DELETE", "PATCH", "TRACE", "CONNECT"};
static_assert(kNames.size() == static_cast<std::size_t>(Method::kUnknown));

}  // namespace

Method parse_method(std::string_view token) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == token) return static_cast<Method>(i);
  }
  return Method::kUnknown;
}

std::string_view name(Method method) {
  const auto index = static_cast<std::size_t>(method);
  return index < kNames.size() ? kNames[index] : std::string_view{};
}

}  // namespace tinyserve::http
