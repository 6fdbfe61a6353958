// options.h — which answer a request gets (handlers options; a public header).
#pragma once

#include <string>
#include <vector>

namespace tinyserve::handlers {

struct Options {
  std::vector<std::string>
      allowed_hosts;  // further names a Host field may have; "*" turns the rule off
  std::vector<std::string> index_names{"index.html"};  // tried in this order in a directory
  bool listing = true;    // a directory without index shows its entries
  bool dotfiles = false;  // names that begin with a dot are served and listed
  bool api = true;        // `/api/` belongs to us and not to the files
};

}  // namespace tinyserve::handlers
