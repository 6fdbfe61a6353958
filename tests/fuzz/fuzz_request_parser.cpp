// Where the bytes of a head were cut makes no difference, and nothing found lies outside them.
//
// Numbers: where to cut; the limits of the request line, a field line, the head, the field count
// (0: as configured by default).

#include <string>
#include <vector>

#include "base/ascii.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/request.h"
#include "http/request_parser.h"

using namespace tinyserve;
using http::RequestParser;

namespace {

// What a parser came to, as values.
struct Outcome {
  RequestParser::Step step = RequestParser::Step::kNeedMore;
  std::size_t head_size = 0;
  int status = 0;
  std::string_view why;
  std::string_view method, target;
  int minor_version = 1;
  bool has_version = false;
  bool begun = false;
  std::vector<std::string_view> values;

  bool operator==(const Outcome&) const = default;
};

Outcome describe(const RequestParser& parser, RequestParser::Step step, std::string_view input) {
  Outcome outcome;
  outcome.step = step;
  if (step == RequestParser::Step::kDone) outcome.head_size = parser.head_size();
  if (step == RequestParser::Step::kRefused) {
    outcome.status = http::code(parser.refusal().status);
    outcome.why = parser.refusal().why;
    DEMAND(outcome.status >= 400 && !outcome.why.empty());
  }
  const http::RequestHead head = parser.head(input.data());
  outcome.method = head.method;
  outcome.target = head.target;
  outcome.minor_version = head.minor_version;
  outcome.has_version = head.has_version;
  outcome.begun = parser.begun();
  for (auto name = http::FieldName::kHost; name <= http::FieldName::kOther;
       name = static_cast<http::FieldName>(static_cast<int>(name) + 1)) {
    const auto values = head.fields.all(name);
    DEMAND(values.size() == head.fields.count(name));
    DEMAND(values.empty() != head.fields.has(name));
    outcome.values.insert(outcome.values.end(), values.begin(), values.end());
  }
  return outcome;
}

// Feeds what has arrived so far again and again, as the reader does.
Outcome parse(std::string_view input, const fuzz::Pieces& pieces, const http::Limits& limits) {
  RequestParser parser(limits);
  RequestParser::Step step = RequestParser::Step::kNeedMore;
  std::size_t arrived = 0;
  for (const std::string_view piece : pieces) {
    arrived += piece.size();
    step = parser.parse(input.substr(0, arrived));
    if (step != RequestParser::Step::kNeedMore) break;
  }
  return describe(parser, step, input);
}

void check_values(const Outcome& outcome, std::string_view input) {
  DEMAND(fuzz::lies_within(outcome.method, input));
  DEMAND(fuzz::lies_within(outcome.target, input));
  for (const std::string_view value : outcome.values) {
    DEMAND(fuzz::lies_within(value, input));
    DEMAND(trim_ows(value) == value);
    DEMAND(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos);
  }
}

void check_head(const Outcome& outcome, std::string_view input, const http::Limits& limits) {
  DEMAND(outcome.head_size <= input.size());
  DEMAND(input.substr(0, outcome.head_size).ends_with("\r\n\r\n"));
  DEMAND(!outcome.method.empty() && !outcome.target.empty() && outcome.has_version);
  DEMAND(outcome.values.size() <= limits.max_fields);
}

void check_meaning(std::string_view input, const http::Limits& limits) {
  RequestParser parser(limits);
  if (parser.parse(input) != RequestParser::Step::kDone) return;
  const auto meaning = http::interpret(parser.head(input.data()), limits);
  const auto* request = std::get_if<http::Request>(&meaning);
  if (request == nullptr) {
    DEMAND(http::code(std::get<http::Refusal>(meaning).status) >= 400);
    return;
  }
  DEMAND(fuzz::lies_within(request->target.path, input) || request->target.path == "/");
  DEMAND(request->host.has_value() || request->minor_version == 0);
  DEMAND(request->framing.length <= limits.max_content);
  DEMAND(request->fields.count(http::FieldName::kHost) <= 1);
  const bool has_length = request->fields.has(http::FieldName::kContentLength);
  const bool has_coding = request->fields.has(http::FieldName::kTransferEncoding);
  DEMAND(!has_length || !has_coding);
  DEMAND(has_length == (request->framing.kind == http::Framing::Kind::kLength));
  DEMAND(has_coding == (request->framing.kind == http::Framing::Kind::kChunked));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::size_t cut = input.choose(size + 1);
  http::Limits limits;
  limits.max_request_line = input.limit(limits.max_request_line, 4096);
  limits.max_field_line = input.limit(limits.max_field_line, 4096);
  limits.max_head = input.limit(limits.max_head, 8192);
  limits.max_fields = input.limit(limits.max_fields, http::kMaxFields);
  const std::string_view bytes = input.payload();
  const Outcome whole = parse(bytes, {bytes}, limits);
  DEMAND(parse(bytes, fuzz::byte_by_byte(bytes), limits) == whole || bytes.empty());
  DEMAND(parse(bytes, fuzz::cut_at(bytes, cut), limits) == whole);
  check_values(whole, bytes);
  if (whole.step == RequestParser::Step::kDone) check_head(whole, bytes, limits);
  check_meaning(bytes, limits);
  return 0;
}
