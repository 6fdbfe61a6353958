// options.h — which files there are (files options; a public header).
#pragma once

#include <string>

namespace tinyserve::files {

struct Options {
  std::string root = ".";  // what is served: a directory, or a single file
  bool follow_symlinks =
      false;  // also out of the root; otherwise only links that stay inside lead anywhere
  bool is_pinned = false;  // a sandbox lets nothing be read that comes in root's place
};

}  // namespace tinyserve::files
