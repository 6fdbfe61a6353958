#include "handlers/cross_origin.h"

#include <algorithm>
#include <string_view>

#include "base/ascii.h"
#include "http/grammar.h"
#include "http/host.h"
#include "http/list.h"

namespace tinyserve::handlers {

namespace {

using http::FieldName;

// Whether the field stands there once, with exactly this value.
bool says(const http::Request& request, FieldName name, std::string_view value) {
  return !request.fields.repeats(name) && request.fields.find(name) == value;
}

// Whether `origin` is that of the pages that a browser gets from `host`. Ports have to be the same,
// be they said or not (RFC 6454 §5).
bool is_own(std::string_view origin, const std::optional<http::Host>& host) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::uint16_t kPort = 80;
  if (!host || !origin.starts_with(kScheme)) return false;
  const auto theirs = http::parse_host(origin.substr(kScheme.size()));
  return theirs && theirs->kind == host->kind && iequals(theirs->name, host->name) &&
         theirs->port.value_or(kPort) == host->port.value_or(kPort);
}

// The names that a preflight asks for, as a list of our own; what is no field name is left out.
std::string requested_fields(const http::Request& request) {
  std::string names;
  request.fields.for_each(FieldName::kAccessControlRequestHeaders, [&names](std::string_view line) {
    http::ListElements elements(line);
    while (const auto name = elements.next()) {
      if (!std::all_of(name->begin(), name->end(), http::is_token_char)) continue;
      names.append(names.empty() ? "" : ", ").append(*name);
    }
  });
  return names;
}

}  // namespace

CrossOrigin::CrossOrigin(const std::vector<std::string>& origins) : origins_(origins) {
  if (origins_.empty()) return;
  const bool any = std::find(origins_.begin(), origins_.end(), "*") != origins_.end();
  mode_ = any ? Mode::kAny : Mode::kListed;
}

bool CrossOrigin::is_listed(const http::Request& request) const {
  const auto origin = request.fields.find(FieldName::kOrigin);
  return request.fields.count(FieldName::kOrigin) == 1 && *origin != "*" &&
         std::find(origins_.begin(), origins_.end(), *origin) != origins_.end();
}

bool CrossOrigin::refuses(const http::Request& request) const {
  if (!request.fields.has(FieldName::kSecFetchSite) || mode_ == Mode::kAny) return false;
  bool cross_site = false;
  request.fields.for_each(FieldName::kSecFetchSite, [&cross_site](std::string_view value) {
    cross_site = cross_site || value == "cross-site";
  });
  if (!cross_site || (mode_ == Mode::kListed && is_listed(request))) return false;
  return !(says(request, FieldName::kSecFetchMode, "navigate") &&
           says(request, FieldName::kSecFetchDest, "document"));
}

bool CrossOrigin::refuses_change(const http::Request& request) const {
  if (is_listed(request)) return false;
  bool foreign = false;
  request.fields.for_each(FieldName::kSecFetchSite, [&foreign](std::string_view value) {
    foreign = foreign || (value != "same-origin" && value != "none");
  });
  request.fields.for_each(FieldName::kOrigin, [&foreign, &request](std::string_view value) {
    foreign = foreign || !is_own(value, request.host);
  });
  return foreign;
}

std::optional<Answer> CrossOrigin::preflight(const http::Request& request, std::string_view methods,
                                             std::string_view changes) const {
  if (mode_ == Mode::kOff || request.method != http::Method::kOptions ||
      !request.fields.has(FieldName::kOrigin) ||
      !request.fields.has(FieldName::kAccessControlRequestMethod)) {
    return std::nullopt;
  }
  Answer answer;
  answer.via = http::Via::kPreflight;
  answer.response.status = http::Status::kNoContent;
  http::FieldText& fields = answer.response.fields;
  std::string allowed(methods);
  if (!changes.empty() && is_listed(request)) allowed.append(", ").append(changes);
  fields.add("Access-Control-Allow-Methods", allowed);
  // Named one by one: a * would leave Authorization out.
  const std::string names = requested_fields(request);
  if (!names.empty()) fields.add("Access-Control-Allow-Headers", names);
  fields.add("Access-Control-Max-Age", "600");
  fields.add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers");
  return answer;
}

void CrossOrigin::add_fields(const http::Request& request, http::FieldText& fields) const {
  if (mode_ == Mode::kOff) return;
  // What a script may not read unless it is named (Fetch §3.3.2).
  constexpr std::string_view kExposed =
      "Accept-Ranges, Allow, Content-Encoding, Content-Length, Content-Range, Date, ETag, "
      "Location";
  if (mode_ == Mode::kAny) {
    fields.add("Access-Control-Allow-Origin", "*").add("Access-Control-Expose-Headers", kExposed);
    return;
  }
  // Also where the origin is not listed: what is kept of this answer is not for one that is.
  fields.add("Vary", "Origin");
  if (!is_listed(request)) return;
  fields.add("Access-Control-Allow-Origin", *request.fields.find(FieldName::kOrigin))
      .add("Access-Control-Allow-Credentials", "true")
      .add("Access-Control-Expose-Headers", kExposed);
}

}  // namespace tinyserve::handlers
