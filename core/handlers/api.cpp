#include "handlers/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "handlers/api_reply.h"
#include "handlers/made_to_order.h"
#include "handlers/pages.h"
#include "handlers/reflection.h"
#include "http/list.h"

namespace tinyserve::handlers {

namespace {

using http::Method;
using http::Status;

constexpr std::string_view kPrefix = "api/";
constexpr std::string_view kReading = "GET, HEAD, OPTIONS";
constexpr std::string_view kSending = "POST, OPTIONS";
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

// What an endpoint has to answer.
struct Call {
  const Ask& ask;
  const Caller& caller;
  std::uint64_t number;  // for the endpoints that want one
};

struct Endpoint {
  enum class Rest : std::uint8_t { kNone, kNumber, kAnything };  // what follows the name

  std::string_view name;
  std::string_view methods;
  bool wants_content;
  Answer (*answer)(const Call&);
  Rest rest = Rest::kNone;
  std::string_view number_name = {};
  std::uint64_t least = 0, most = 0;
};

Answer greet(const Call&) {
  return api_reply(Status::kOk, "text/plain; charset=utf-8", std::string_view("Hello"));
}

// What comes back never becomes a page: only types that no browser runs are kept, in our own
// spelling.
std::string_view echo_type(const http::Fields& fields) {
  struct Harmless {
    std::string_view sent, answered;
  };
  constexpr std::array<Harmless, 4> kHarmless{{
      {"application/json", "application/json"},
      {"text/plain", "text/plain"},
      {"text/plain;charset=utf-8", "text/plain; charset=utf-8"},
      {"application/json;charset=utf-8", "application/json"},
  }};
  std::string sent(fields.find(http::FieldName::kContentType).value_or(""));
  sent.erase(std::remove_if(sent.begin(), sent.end(), [](char c) { return c == ' ' || c == '\t'; }),
             sent.end());
  const auto* const row =
      std::find_if(kHarmless.begin(), kHarmless.end(),
                   [&sent](const Harmless& known) { return iequals(known.sent, sent); });
  return row == kHarmless.end() ? "application/octet-stream" : row->answered;
}

Answer echo(const Call& call) {
  const http::Content& content = call.ask.request.content;
  const std::string_view type = echo_type(call.ask.request.fields);
  if (content.blocks.empty()) return api_reply(Status::kOk, type, content.view);
  std::vector<http::Piece> pieces;
  for (const Block& block : content.blocks) {
    pieces.emplace_back(http::BlockSlice{block, 0, block.size()});
  }
  return api_reply(Status::kOk, type, std::move(pieces));
}

Answer reflect(const Call& call) {
  return api_reply(Status::kOk, "application/json",
                   reflection(call.ask.request, call.ask.path, call.caller, call.ask.now));
}

Answer status(const Call& call) { return ordered_status(call.number, kAllMethods); }

Answer bytes(const Call& call) { return ordered_bytes(call.number); }

constexpr std::array<Endpoint, 5> kEndpoints{{
    {"", kReading, false, greet},
    {"echo", kSending, true, echo},
    {"request", kAllMethods, true, reflect, Endpoint::Rest::kAnything},
    {"status", kAllMethods, false, status, Endpoint::Rest::kNumber, "CODE", kLeastStatus,
     kMostStatus},
    {"bytes", kReading, false, bytes, Endpoint::Rest::kNumber, "N", 0, kMostBytes},
}};

// The name of the endpoint that `path` asks for, and what stands behind it.
struct Place {
  std::string_view name, rest;
};

Place place_of(const http::Path& path) {
  const std::string_view below =
      std::string_view(path.text).substr(std::min(path.text.size(), kPrefix.size()));
  const std::size_t slash = std::min(below.find('/'), below.size());
  return {below.substr(0, slash), below.substr(std::min(slash + 1, below.size()))};
}

// The endpoint for `path`; null where there is none.
const Endpoint* find_endpoint(const http::Path& path) {
  const Place place = place_of(path);
  const auto* const found =
      std::find_if(kEndpoints.begin(), kEndpoints.end(),
                   [&place](const Endpoint& known) { return known.name == place.name; });
  if (found == kEndpoints.end()) return nullptr;
  if (found->rest == Endpoint::Rest::kAnything || found->name.empty()) return found;
  const bool fits = !path.wants_directory && (found->rest == Endpoint::Rest::kNone
                                                  ? place.rest.empty()
                                                  : place.rest.find('/') == place.rest.npos);
  return fits ? found : nullptr;
}

// "/api/status/CODE".
std::string form_of(const Endpoint& endpoint) {
  const bool number = endpoint.rest == Endpoint::Rest::kNumber;
  return fmt::format("/api/{}{}{}", endpoint.name, number ? "/" : "", endpoint.number_name);
}

Answer refused(const http::Request& request, Status status, const std::string& detail) {
  Answer answer = api_reply(status);
  answer.response = error_page(status, detail, request.fields);
  return answer;
}

Answer not_found(const http::Request& request) {
  std::string forms;
  for (const Endpoint& endpoint : kEndpoints) {
    forms += (forms.empty() ? "" : ", ") + form_of(endpoint);
  }
  return refused(request, Status::kNotFound, fmt::format("The API has {}.", forms));
}

bool takes(const Endpoint& endpoint, Method method) {
  return http::has_token(endpoint.methods, http::name(method));
}

}  // namespace

bool is_api(const http::Path& path) { return path.text == "api" || path.text.starts_with(kPrefix); }

std::string_view api_methods(const http::Path& path) {
  const Endpoint* const endpoint = find_endpoint(path);
  return endpoint == nullptr ? "OPTIONS" : endpoint->methods;
}

bool api_wants_content(const http::Request& request, const http::Path& path) {
  if (!is_api(path)) return false;
  const Endpoint* const endpoint = find_endpoint(path);
  return endpoint != nullptr && endpoint->wants_content && request.method != Method::kOptions &&
         takes(*endpoint, request.method);
}

Answer api_answer(const Ask& ask, const Caller& caller) {
  const http::Request& request = ask.request;
  const http::Path& path = ask.path;
  if (request.method == Method::kOptions) {
    Answer answer = api_reply(Status::kNoContent);
    answer.response.fields.add("Allow", api_methods(path));
    return answer;
  }
  const Endpoint* const endpoint = find_endpoint(path);
  if (endpoint == nullptr) return not_found(request);
  if (!takes(*endpoint, request.method)) {
    Answer answer = refused(request, Status::kMethodNotAllowed,
                            fmt::format("{} takes {}.", form_of(*endpoint), endpoint->methods));
    answer.response.fields.add("Allow", endpoint->methods);
    return answer;
  }
  const auto number = parse_decimal(place_of(path).rest);
  if (endpoint->rest == Endpoint::Rest::kNumber &&
      (!number || *number < endpoint->least || *number > endpoint->most)) {
    return refused(request, Status::kBadRequest,
                   fmt::format("{} wants a number from {} to {}.", form_of(*endpoint),
                               endpoint->least, endpoint->most));
  }
  return endpoint->answer({ask, caller, number.value_or(0)});
}

}  // namespace tinyserve::handlers
