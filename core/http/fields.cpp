#include "http/fields.h"

#include <cstring>

#include "base/ascii.h"

namespace tinyserve::http {

namespace {

// Whether `token` is `wanted`, which is made of small letters and hyphens and is of the same size;
// case does not count. In a token the bit that tells small letters from capitals changes nothing
// else into what `wanted` may have.
bool spells(std::string_view token, std::string_view wanted) {
  constexpr std::uint64_t kSmall = 0x2020202020202020;
  std::size_t at = 0;
  for (; at + 8 <= wanted.size(); at += 8) {
    std::uint64_t ours;
    std::uint64_t theirs;
    std::memcpy(&ours, wanted.data() + at, 8);
    std::memcpy(&theirs, token.data() + at, 8);
    if ((theirs | kSmall) != ours) return false;
  }
  for (; at < wanted.size(); ++at) {
    if ((token[at] | 0x20) != wanted[at]) return false;
  }
  return true;
}

}  // namespace

FieldName parse_field_name(std::string_view name) {
  const auto either = [name](std::string_view wanted, FieldName known) {
    return spells(name, wanted) ? known : FieldName::kOther;
  };
  // The length tells nearly all of them apart, so most names cost one comparison.
  switch (name.size()) {
    case 4:
      return either("host", FieldName::kHost);
    case 5:
      return either("range", FieldName::kRange);
    case 6:
      if (to_lower(name[0]) == 'a') return either("accept", FieldName::kAccept);
      if (to_lower(name[0]) == 'o') return either("origin", FieldName::kOrigin);
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
      if (to_lower(name[0]) == 'c') return either("content-range", FieldName::kContentRange);
      return either("if-none-match", FieldName::kIfNoneMatch);
    case 14:
      if (to_lower(name[0]) == 'c') return either("content-length", FieldName::kContentLength);
      if (to_lower(name[10]) == 's') return either("sec-fetch-site", FieldName::kSecFetchSite);
      if (to_lower(name[10]) == 'm') return either("sec-fetch-mode", FieldName::kSecFetchMode);
      return either("sec-fetch-dest", FieldName::kSecFetchDest);
    case 15:
      return either("accept-encoding", FieldName::kAcceptEncoding);
    case 16:
      return either("content-encoding", FieldName::kContentEncoding);
    case 17:
      if (to_lower(name[0]) == 't')
        return either("transfer-encoding", FieldName::kTransferEncoding);
      return either("if-modified-since", FieldName::kIfModifiedSince);
    case 19:
      return either("if-unmodified-since", FieldName::kIfUnmodifiedSince);
    case 29:
      return either("access-control-request-method", FieldName::kAccessControlRequestMethod);
    case 30:
      return either("access-control-request-headers", FieldName::kAccessControlRequestHeaders);
    default:
      return FieldName::kOther;
  }
}

}  // namespace tinyserve::http
