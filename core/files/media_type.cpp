#include "files/media_type.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace tinyserve::files {

namespace {

struct Row {
  std::string_view extension;
  std::string_view type;
};

constexpr Row kTypes[] = {
#include "share/mime_types.inc"
};

constexpr std::size_t kLongestExtension = 16;
constexpr std::string_view kUnknown = "application/octet-stream";

}  // namespace

std::string_view extension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == name.npos || name.find('/', dot) != name.npos ? std::string_view()
                                                              : name.substr(dot + 1);
}

std::string_view media_type(std::string_view name) {
  const std::string_view given = extension(name);
  if (given.empty() || given.size() > kLongestExtension) return kUnknown;
  std::array<char, kLongestExtension> lower;
  std::transform(given.begin(), given.end(), lower.begin(), to_lower);
  const std::string_view wanted(lower.data(), given.size());
  const auto* const row = std::lower_bound(
      std::begin(kTypes), std::end(kTypes), wanted,
      [](const Row& entry, std::string_view key) { return entry.extension < key; });
  return row != std::end(kTypes) && row->extension == wanted ? row->type : kUnknown;
}

}  // namespace tinyserve::files
