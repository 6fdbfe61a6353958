#include "files/sibling.h"

namespace tinyserve::files {

using http::Coding;

http::Codings find_siblings(const Root& root, const std::string& path, const Facts& original) {
  const auto usable = [&](Coding coding) {
    const auto facts = root.look(sibling_path(path, coding));
    return facts && facts->kind == Kind::kRegular && facts->mtime_ns >= original.mtime_ns;
  };
  http::Codings codings;
  codings.br = usable(Coding::kBr);
  codings.zstd = usable(Coding::kZstd);
  codings.gzip = usable(Coding::kGzip);
  return codings;
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
