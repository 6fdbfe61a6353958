#include "handlers/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "handlers/api_reply.h"
#include "handlers/made_to_order.h"
#include "handlers/paced.h"
#include "handlers/pages.h"
#include "handlers/reflection.h"
#include "http/query.h"

namespace tinyserve::handlers {

namespace {

using http::Method;
using http::Status;

constexpr std::string_view kPrefix = "api/";
constexpr std::string_view kReading = "GET, HEAD, OPTIONS";
constexpr std::string_view kSending = "POST, OPTIONS";
constexpr std::string_view kAllMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

// A number that an endpoint is told, and its bounds.
struct Number {
  std::string_view name = {};
  std::uint64_t least = 0, most = 0;
  std::uint64_t otherwise = 0;  // where the query does not have it
};

// What an endpoint has to answer.
struct Call {
  const Ask& ask;
  const Caller& caller;
  std::uint64_t number;                  // of the path
  std::array<std::uint64_t, 2> options;  // of the query
};

struct Endpoint {
  std::string_view name;
  std::string_view methods;
  Answer (*answer)(const Call&);
  bool wants_content = false;
  bool has_depth = false;              // anything may follow in the path
  Number number = {};                  // what follows in the path, where it has a name
  std::array<Number, 2> options = {};  // in the query, those that have a name
};

Answer greet(const Call&) {
  Answer answer = api_reply(Status::kOk, "text/plain; charset=utf-8", std::string_view("Hello"));
  answer.again = Answer::Again::kTheSame;
  return answer;
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
  if (content.blocks.empty()) {
    Answer answer = api_reply(Status::kOk, type, content.view);
    answer.again = Answer::Again::kItsOwnContent;
    return answer;
  }
  std::vector<http::Piece> pieces;
  for (const Block& block : content.blocks) {
    pieces.emplace_back(http::BlockSlice{block, 0, block.size()});
  }
  return api_reply(Status::kOk, type, std::move(pieces));
}

Answer request(const Call& call) { return reflect(call.ask, call.caller); }

Answer status(const Call& call) { return ordered_status(call.number, kAllMethods); }

Answer bytes(const Call& call) { return ordered_bytes(call.number); }

Answer delay(const Call& call) { return ordered_delay(call.number); }

Answer stream(const Call& call) { return paced_lines(call.number, call.options[0]); }

// The number of the last event that the client has received, which it names when it connects again
// (HTML §9.2.4).
std::uint64_t last_event(const http::Fields& fields) {
  std::uint64_t last = 0;
  fields.for_each_line([&last](std::string_view name, std::string_view value) {
    if (iequals(name, "Last-Event-ID")) last = parse_decimal(value).value_or(0);
  });
  return last;
}

Answer events(const Call& call) {
  const auto [interval_ms, count] = call.options;
  return paced_events(last_event(call.ask.request.fields), count, interval_ms);
}

constexpr std::array<Endpoint, 8> kEndpoints{{
    {.name = "", .methods = kReading, .answer = greet},
    {.name = "echo", .methods = kSending, .answer = echo, .wants_content = true},
    {.name = "request",
     .methods = kAllMethods,
     .answer = request,
     .wants_content = true,
     .has_depth = true},
    {.name = "status",
     .methods = kAllMethods,
     .answer = status,
     .number = {"CODE", kLeastStatus, kMostStatus}},
    {.name = "delay",
     .methods = kAllMethods,
     .answer = delay,
     .number = {"MS", 0, kLongestDelayMs}},
    {.name = "bytes", .methods = kReading, .answer = bytes, .number = {"N", 0, kMostBytes}},
    {.name = "stream",
     .methods = kReading,
     .answer = stream,
     .number = {"N", 0, kMostLines},
     .options = {{{"interval", 0, 10'000, 100}}}},
    {.name = "events",
     .methods = kReading,
     .answer = events,
     .options = {{{"interval", 10, 60'000, 1000}, {"count", 1, kMostTicks, kMostTicks}}}},
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
  if (found->has_depth || found->name.empty()) return found;
  const bool has_number = !found->number.name.empty();
  const bool fits = has_number ? place.rest.find('/') == place.rest.npos : place.rest.empty();
  return fits && !path.wants_directory ? found : nullptr;
}

// "/api/status/CODE".
std::string form_of(const Endpoint& endpoint) {
  const std::string_view slash = endpoint.number.name.empty() ? "" : "/";
  return fmt::format("/api/{}{}{}", endpoint.name, slash, endpoint.number.name);
}

// `text` as what `number` is; where it is no such number, nothing.
std::optional<std::uint64_t> read(const Number& number, std::string_view text) {
  const auto value = parse_decimal(text);
  return value && *value >= number.least && *value <= number.most ? value : std::nullopt;
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

// No method's name is a part of another one's.
bool takes(const Endpoint& endpoint, Method method) {
  return method != Method::kUnknown &&
         endpoint.methods.find(http::name(method)) != std::string::npos;
}

Answer out_of_bounds(const Endpoint& endpoint, const Number& number, const Ask& ask) {
  return refused(ask.request, Status::kBadRequest,
                 fmt::format("{} of {} is a number from {} to {}.", number.name, form_of(endpoint),
                             number.least, number.most));
}

// The answer of `endpoint`, which takes the method, unless one of its numbers is none.
Answer ask_endpoint(const Endpoint& endpoint, const Ask& ask, const Caller& caller) {
  Call call{ask, caller, 0, {}};
  if (!endpoint.number.name.empty()) {
    const auto number = read(endpoint.number, place_of(ask.path).rest);
    if (!number) return out_of_bounds(endpoint, endpoint.number, ask);
    call.number = *number;
  }
  const auto query = http::parse_query(ask.request.target.query.value_or(""));
  for (std::size_t i = 0; i < endpoint.options.size() && !endpoint.options[i].name.empty(); ++i) {
    const Number& option = endpoint.options[i];
    const auto said = std::find_if(query.begin(), query.end(), [&option](const auto& pair) {
      return pair.first == option.name;
    });
    const auto value = said == query.end() ? option.otherwise : read(option, said->second);
    if (!value) return out_of_bounds(endpoint, option, ask);
    call.options[i] = *value;
  }
  return endpoint.answer(call);
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
  return ask_endpoint(*endpoint, ask, caller);
}

}  // namespace tinyserve::handlers
