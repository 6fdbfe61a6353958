#include "http/fields.h"

#include "base/ascii.h"

namespace tinyserve::http {

FieldName parse_field_name(std::string_view name) {
  const auto either = [name](std::string_view wanted, FieldName known) {
    return iequals(name, wanted) ? known : FieldName::kOther;
  };
  // The length tells nearly all of them apart, so most names cost one comparison.
  switch (name.size()) {
    case 4:
      return either("host", FieldName::kHost);
    case 5:
      return either("range", FieldName::kRange);
    case 6:
      if (to_lower(name[0]) == 'a') return either("accept", FieldName::kAccept);
      return either("expect", FieldName::kExpect);
    case 7:
      return either("referer", FieldName::kReferer);
    case 8:
      if (to_lower(name[3]) == 'm') return either("if-match", FieldName::kIfMatch);
      return either("if-range", FieldName::kIfRange);
    case 10:
      if (to_lower(name[0]) == 'c') return either("connection", FieldName::kConnection);
      return either("user-agent", FieldName::kUserAgent);
    case 12:
      return either("content-type", FieldName::kContentType);
    case 13:
      return either("if-none-match", FieldName::kIfNoneMatch);
    case 14:
      return either("content-length", FieldName::kContentLength);
    case 15:
      return either("accept-encoding", FieldName::kAcceptEncoding);
    case 17:
      if (to_lower(name[0]) == 't')
        return either("transfer-encoding", FieldName::kTransferEncoding);
      return either("if-modified-since", FieldName::kIfModifiedSince);
    case 19:
      return either("if-unmodified-since", FieldName::kIfUnmodifiedSince);
    default:
      return FieldName::kOther;
  }
}

}  // namespace tinyserve::http
