#include "files/sibling.h"

namespace tinyserve::files {

using http::Coding;

Siblings find_siblings(const Root& root, const std::string& path, const Facts& original) {
  Siblings siblings;
  std::array<bool, kSiblingCodings.size()> usable{};
  for (std::size_t i = 0; i < kSiblingCodings.size(); ++i) {
    const auto facts = root.look(sibling_path(path, kSiblingCodings[i]));
    if (!facts) continue;
    siblings.found[i] = *facts;
    usable[i] = facts->kind == Kind::kRegular && facts->mtime_ns >= original.mtime_ns;
  }
  siblings.usable = {usable[0], usable[1], usable[2]};
  return siblings;
}

std::string sibling_path(const std::string& path, Coding coding) {
  switch (coding) {
    case Coding::kBr:
      return path + ".br";
    case Coding::kZstd:
      return path + ".zst";
    case Coding::kGzip:
      return path + ".gz";
    case Coding::kIdentity:
      break;
  }
  return path;
}

}  // namespace tinyserve::files
