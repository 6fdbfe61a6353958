// answer.h — what a handler decides: a response, how it came about, and whether the connection may
// go on.
#pragma once

#include <string_view>

#include "http/response.h"
#include "http/via.h"

namespace tinyserve::handlers {

struct Answer {
  http::Response response;
  http::Via via = http::Via::kErrorPage;
  std::string_view why;  // a literal; with refusals, for the record
  bool close = false;    // nothing more may be read from this connection
};

}  // namespace tinyserve::handlers
