#include "handlers/api.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "handlers/pages.h"

namespace tinyserve::handlers {

namespace {

using http::Method;
using http::Status;

constexpr std::string_view kGreeting = "Hello";
constexpr std::string_view kGreetingMethods = "GET, HEAD, OPTIONS";
constexpr std::string_view kEchoMethods = "POST, OPTIONS";
constexpr std::string_view kOctets = "application/octet-stream";

Answer api(Status status) {
  Answer answer;
  answer.response.status = status;
  answer.via = http::Via::kApi;
  return answer;
}

Answer options(std::string_view allowed) {
  Answer answer = api(Status::kNoContent);
  answer.response.fields.add("Allow", allowed);
  return answer;
}

Answer refused(const http::Request& request, Status status, std::string_view detail) {
  Answer answer = api(status);
  answer.response = error_page(status, detail, request.fields);
  return answer;
}

void add_content_fields(http::Response& response, std::string_view type) {
  response.fields.add("Content-Type", type)
      .add("Cache-Control", "no-cache")
      .add("X-Content-Type-Options", "nosniff");
}

Answer greet(const http::Request& request) {
  if (request.method == Method::kOptions) return options(kGreetingMethods);
  if (request.method != Method::kGet && request.method != Method::kHead) {
    Answer answer = refused(request, Status::kMethodNotAllowed,
                            "The greeting is only read: GET, HEAD and OPTIONS.");
    answer.response.fields.add("Allow", kGreetingMethods);
    return answer;
  }
  Answer answer = api(Status::kOk);
  add_content_fields(answer.response, "text/plain; charset=utf-8");
  answer.response.body = kGreeting;
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
  return row == kHarmless.end() ? kOctets : row->answered;
}

Answer echo(const http::Request& request) {
  if (request.method == Method::kOptions) return options(kEchoMethods);
  if (request.method != Method::kPost) {
    Answer answer = refused(request, Status::kMethodNotAllowed,
                            "The echo gives back what is sent to it by POST.");
    answer.response.fields.add("Allow", kEchoMethods);
    return answer;
  }
  Answer answer = api(Status::kOk);
  add_content_fields(answer.response, echo_type(request.fields));
  if (request.content.blocks.empty()) {
    answer.response.body = request.content.view;
  } else {
    std::vector<http::Piece> pieces;
    for (const Block& block : request.content.blocks) {
      pieces.emplace_back(http::BlockSlice{block, 0, block.size()});
    }
    answer.response.body = std::move(pieces);
  }
  return answer;
}

bool is_echo(const http::Path& path) { return path.text == "api/echo" && !path.wants_directory; }

}  // namespace

bool is_api(const http::Path& path) { return path.text == "api" || path.text.starts_with("api/"); }

bool api_wants_content(const http::Request& request, const http::Path& path) {
  return is_echo(path) && request.method == Method::kPost;
}

Answer api_answer(const http::Request& request, const http::Path& path) {
  if (path.text == "api") return greet(request);
  if (is_echo(path)) return echo(request);
  if (request.method == Method::kOptions) return options("OPTIONS");
  return refused(request, Status::kNotFound, "The API has /api/ and /api/echo.");
}

}  // namespace tinyserve::handlers
