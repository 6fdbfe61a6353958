#include "handlers/router.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "handlers/api.h"
#include "handlers/file_answer.h"
#include "handlers/pages.h"
#include "http/request_reader.h"

namespace tinyserve::handlers {

namespace {

using http::Status;
using http::Via;

// What is taken where no endpoint of the API says otherwise.
constexpr std::string_view kMethods = "GET, HEAD, OPTIONS, POST";

Answer page(const http::Fields& fields, Status status, std::string_view detail, Via via,
            std::string_view why) {
  Answer answer;
  answer.response = error_page(status, detail, fields);
  answer.via = via;
  answer.why = why;
  return answer;
}

// What a person can do about it.
std::string_view refusal_detail(Status status) {
  switch (status) {
    case Status::kRequestTimeout:
      return "The request did not arrive in time.";
    case Status::kContentTooLarge:
      return "The content is larger than --max-body allows.";
    case Status::kUriTooLong:
      return "The request line is too long.";
    case Status::kFieldsTooLarge:
      return "The header fields are too large. Cookies of localhost are shared by all its ports: "
             "deleting them helps.";
    case Status::kExpectationFailed:
      return "The only expectation that can be met is 100-continue.";
    case Status::kNotImplemented:
      return "The server does not know this method or transfer coding.";
    case Status::kVersionNotSupported:
      return "The server speaks HTTP/1.1 and HTTP/1.0.";
    case Status::kInternalError:
      return "Something went wrong in the server.";
    case Status::kUnavailable:
      return "The server has too much to do. Try again in a moment.";
    default:
      return "The request is malformed.";
  }
}

// The fields of Options::isolate, then those of Options::headers, which replace them.
std::vector<Header> headers_for(const Options& options) {
  std::vector<Header> headers;
  if (options.isolate) {
    headers = {{"Cross-Origin-Opener-Policy", "same-origin"},
               {"Cross-Origin-Embedder-Policy", "require-corp"},
               {"Cross-Origin-Resource-Policy",
                options.cors_origins.empty() ? "same-origin" : "cross-origin"}};
  }
  const auto is_replaced = [&options](const Header& ours) {
    return std::any_of(options.headers.begin(), options.headers.end(),
                       [&ours](const Header& wanted) { return iequals(wanted.name, ours.name); });
  };
  headers.erase(std::remove_if(headers.begin(), headers.end(), is_replaced), headers.end());
  headers.insert(headers.end(), options.headers.begin(), options.headers.end());
  return headers;
}

}  // namespace

Router::Router(const Options& options, const std::string& own_name, files::Root& root)
    : options_(&options),
      hosts_(options.allowed_hosts, own_name),
      cross_origin_(options.cors_origins),
      cache_(root),
      files_({&options, &root, &compressions_}),
      headers_(headers_for(options)) {}

Admission Router::admit(const http::Request& request) const {
  const auto path = http::decode_path(request.target.path);
  if (path && !rebuff(request)) {
    if (options_->api && api_wants_content(request, *path)) return Admission::kTake;
    if (takes_upload(request, *path)) return Admission::kStream;
  }
  // Whoever asks whether to send it is told no by the answer itself (RFC 9110 §10.1.1).
  if (request.expects_continue || request.framing.length > http::kMaxSkipped)
    return Admission::kAnswerNow;
  return Admission::kSkip;
}

bool Router::takes_upload(const http::Request& request, const http::Path& path) const {
  return request.method == http::Method::kPut && files_.is_writable() &&
         !(options_->api && is_api(path)) && !refuse_change(request, path, *options_);
}

Result<std::unique_ptr<Change>> Router::begin_upload(const http::Request& request) const {
  return files_.begin_change(request, *http::decode_path(request.target.path));
}

std::optional<Router::Rebuff> Router::rebuff(const http::Request& request) const {
  if (!hosts_.accepts(request.host)) {
    return Rebuff{
        "This server does not go by that name. If the name is yours, start it with "
        "--allow-host NAME.",
        Via::kBadHost, "foreign Host"};
  }
  if (cross_origin_.refuses(request)) {
    return Rebuff{"A page of another site asked for this. If it may, start the server with --cors.",
                  Via::kCrossSite, "cross-site request"};
  }
  if (options_->writable && changes_files(request.method)) {
    if (!hosts_.knows(request.host)) {
      return Rebuff{
          "Who changes files must use a name that is known: start the server with --allow-host "
          "NAME. An asterisk is not enough.",
          Via::kBadHost, "foreign Host"};
    }
    if (cross_origin_.refuses_change(request)) {
      return Rebuff{
          "A page of another origin asked for this. If it may, start the server with --cors "
          "ORIGIN. An asterisk is not enough.",
          Via::kCrossSite, "cross-origin change"};
    }
  }
  return std::nullopt;
}

void Router::add_fields(const http::Request& request, http::FieldText& fields) const {
  cross_origin_.add_fields(request, fields);
  // Vary is a list of what the choice depended on: more may be said, nothing be taken back.
  for (const Header& header : headers_) {
    if (!iequals(header.name, "Vary")) fields.remove(header.name);
  }
  for (const Header& header : headers_) fields.add(header.name, header.value);
}

Answer Router::respond(const http::Request& request, const Caller& caller, Instant now,
                       Means means) {
  Answer result = answer(request, caller, now, means);
  if (!result.is_ready()) return result;
  add_fields(request, result.response.fields);
  replies_.keep(request, result);
  if (result.reusable && !cross_origin_.depends_on_origin()) {
    add_fields(request, result.reusable->whole.fields);
    add_fields(request, result.reusable->not_modified.fields);
    cache_.keep(request, std::move(*result.reusable), now);
  }
  return result;
}

Hit Router::ready_answer(const http::Request& request, Instant now) {
  // Before anything is looked up: what is there says nothing to those who may not ask.
  if (rebuff(request)) return {};
  return cache_.find(request, now);
}

Answer Router::complete(const http::Request& request, Answer made) const {
  add_fields(request, made.response.fields);
  return made;
}

Answer Router::answer(const http::Request& request, const Caller& caller, Instant now,
                      Means means) {
  if (const auto refused = rebuff(request)) {
    return page(request.fields, Status::kForbidden, refused->detail, refused->via, refused->why);
  }
  const auto path = http::decode_path(request.target.path);
  const bool is_ours = path && options_->api && is_api(*path);
  const std::string_view methods = is_ours ? api_methods(*path) : kMethods;
  const std::string_view changes = files_.is_writable() && !is_ours ? kChanges : "";
  if (auto preflight = cross_origin_.preflight(request, methods, changes)) {
    return *std::move(preflight);
  }
  if (request.method == http::Method::kUnknown) {
    return page(request.fields, Status::kNotImplemented, refusal_detail(Status::kNotImplemented),
                Via::kRefused, "unknown method");
  }
  if (request.target.form == http::Target::Form::kAsterisk) {
    Answer answer;
    answer.via = Via::kApi;
    answer.response.status = Status::kNoContent;
    std::string allowed(kMethods);
    if (files_.is_writable()) allowed.append(", ").append(kChanges);
    answer.response.fields.add("Allow", allowed);
    return answer;
  }
  if (!path) {
    Answer answer = page(request.fields, Status::kBadRequest, "The path is malformed.",
                         Via::kRefused, "path climbs out or has control bytes");
    answer.close = true;
    return answer;
  }
  const Ask ask{request, *path, now, means};
  if (is_ours) return api_answer(ask, caller);
  if (auto kept = cache_.find_content(request, now)) {
    auto answer = kept_answer(ask, kept->representation, std::move(kept->content));
    if (answer) return *std::move(answer);
  }
  return files_.respond(ask);
}

Answer refusal_answer(const http::Refusal& refusal, const http::Fields& fields) {
  Answer answer =
      page(fields, refusal.status, refusal_detail(refusal.status), Via::kRefused, refusal.why);
  if (refusal.status == Status::kUnavailable) {
    answer.response.fields.add("Retry-After", "1");
    answer.via = Via::kLimit;
  }
  if (refusal.status == Status::kRequestTimeout) answer.via = Via::kTimeout;
  if (refusal.status == Status::kInternalError) answer.via = Via::kInternalError;
  answer.close = true;
  return answer;
}

}  // namespace tinyserve::handlers
