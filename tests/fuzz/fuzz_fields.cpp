// Host, lists, preferences and the type of the echo, whatever stands in the fields.
//
// The input is lines of a field, without numbers; each is also tried as a Host and a Content-Type.

#include <string>
#include <vector>

#include "base/ascii.h"
#include "base/utf8.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "handlers/api.h"
#include "handlers/reflection.h"
#include "http/accept.h"
#include "http/grammar.h"
#include "http/host.h"
#include "http/list.h"
#include "http/request.h"

using namespace tinyserve;
using http::Coding;
using http::Host;

namespace {

void check_host(std::string_view value) {
  const auto host = http::parse_host(value);
  if (!host) return;
  DEMAND(!host->name.empty() && fuzz::lies_within(host->name, value));
  DEMAND(host->name.find_first_of("@/?#[] \t") == value.npos);
  DEMAND((host->name.find(':') != value.npos) == (host->kind == Host::Kind::kIpv6));
  const std::string bare = host->kind == Host::Kind::kIpv6 ? '[' + std::string(host->name) + ']'
                                                           : std::string(host->name);
  const auto again = http::parse_host(host->port ? bare + ':' + std::to_string(*host->port) : bare);
  DEMAND(again && again->kind == host->kind && again->port == host->port);
  DEMAND(again->name.size() == host->name.size());
}

void check_list(std::string_view value) {
  http::ListElements elements(value);
  std::size_t total = 0;
  bool has_close = false;
  while (const auto element = elements.next()) {
    DEMAND(!element->empty() && fuzz::lies_within(*element, value));
    DEMAND(trim_ows(*element) == *element);
    DEMAND(http::has_token(value, *element));
    has_close = has_close || iequals(*element, "close");
    total += element->size();
  }
  DEMAND(!elements.next());
  DEMAND(total <= value.size());
  DEMAND(http::has_token(value, "close") == has_close);
  DEMAND(http::find_unquoted(value, ',') <= value.size());
}

http::Codings all_but(Coding coding) {
  return {coding != Coding::kBr, coding != Coding::kZstd, coding != Coding::kGzip};
}

void check_preferences(http::FieldLines lines) {
  DEMAND(http::choose_coding(lines, {}) == Coding::kIdentity);
  DEMAND(http::choose_coding({}, {true, true, true}) == Coding::kIdentity);
  const Coding best = http::choose_coding(lines, {true, true, true});
  // What was not chosen makes no difference to the choice.
  for (const Coding other : {Coding::kBr, Coding::kZstd, Coding::kGzip}) {
    const Coding without = http::choose_coding(lines, all_but(other));
    DEMAND(without != other);
    if (other != best) DEMAND(without == best);
  }
}

// The case of names does not count (RFC 9110 §5.6.2, §8.3.1, §8.4.1).
void check_case(http::FieldLines lines) {
  std::vector<std::string> lowered;
  for (const std::string_view line : lines) {
    std::string& copy = lowered.emplace_back(line);
    for (char& c : copy) c = to_lower(c);
  }
  const std::vector<std::string_view> views(lowered.begin(), lowered.end());
  constexpr http::Codings kAll{true, true, true};
  DEMAND(http::choose_coding(lines, kAll) == http::choose_coding(views, kAll));
  DEMAND(http::prefers_html(lines) == http::prefers_html(views));
  DEMAND(http::prefers_json(lines) == http::prefers_json(views));
}

// What comes back from the echo is of a type that no browser runs, and the reflection is text.
void check_echo(std::string_view content_type) {
  const std::string head =
      "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + std::string(content_type) +
      "\r\n\r\n";
  const http::Limits limits;
  http::RequestParser parser(limits);
  if (parser.parse(head) != http::RequestParser::Step::kDone) return;
  const auto meaning = http::interpret(parser.head(head.data()), limits);
  const auto* request = std::get_if<http::Request>(&meaning);
  if (request == nullptr) return;
  const auto path = http::decode_path(request->target.path);
  DEMAND(path && handlers::is_api(*path));
  const handlers::Ask ask{*request, *path, {}, handlers::Means::kLoop};
  const handlers::Answer answer = handlers::api_answer(ask, {});
  DEMAND(answer.response.status == http::Status::kOk);
  const std::string_view fields = answer.response.fields.text();
  bool harmless = false;
  for (const std::string_view type : {"application/octet-stream", "application/json", "text/plain",
                                      "text/plain; charset=utf-8"}) {
    const std::string line = "Content-Type: " + std::string(type) + "\r\n";
    harmless = harmless || fields.starts_with(line);
  }
  DEMAND(harmless);
  DEMAND(fields.find("X-Content-Type-Options: nosniff\r\n") != fields.npos);
  DEMAND(is_utf8(handlers::reflection(*request, *path, {}, {})));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lines = fuzz::lines_of(fuzz::text_of(data, size));
  for (const std::string_view line : lines) {
    check_host(line);
    check_list(line);
    check_echo(line);
  }
  check_preferences(lines);
  check_case(lines);
  return 0;
}
