#include "http/via.h"

namespace tinyserve::http {

std::string_view name(Via via) {
  switch (via) {
    case Via::kFile:
      return "file";
    case Via::kCache:
      return "cache";
    case Via::kIndex:
      return "index";
    case Via::kListing:
      return "listing";
    case Via::kNotModified:
      return "not-modified";
    case Via::kRange:
      return "range";
    case Via::kRedirect:
      return "redirect";
    case Via::kSpa:
      return "spa";
    case Via::kErrorPage:
      return "error-page";
    case Via::kPreflight:
      return "preflight";
    case Via::kApi:
      return "api";
    case Via::kWrite:
      return "write";
    case Via::kRefused:
      return "refused";
    case Via::kOutsideRoot:
      return "outside-root";
    case Via::kHidden:
      return "hidden";
    case Via::kBadHost:
      return "bad-host";
    case Via::kCrossSite:
      return "cross-site";
    case Via::kLimit:
      return "limit";
    case Via::kTimeout:
      return "timeout";
    case Via::kClientAbort:
      return "client-abort";
    case Via::kInternalError:
      return "internal-error";
  }
  return "";
}

}  // namespace tinyserve::http
