// Host, lists and the type of the echo, whatever stands in the fields.
//
// The input is lines of a field, without numbers; each is also tried as a Host and a Content-Type.

#include <string>

#include "base/ascii.h"
#include "base/utf8.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "handlers/api.h"
#include "handlers/reflection.h"
#include "http/grammar.h"
#include "http/host.h"
#include "http/list.h"
#include "http/request.h"

using namespace tinyserve;
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
  for (const std::string_view line : fuzz::lines_of(fuzz::text_of(data, size))) {
    check_host(line);
    check_list(line);
    check_echo(line);
  }
  return 0;
}
