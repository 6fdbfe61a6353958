// Whatever a request said, its record is one line of valid JSON that says the same.
//
// Numbers: status, bytes, port, then the sizes of the texts. Payload: the texts, one behind the
// other: method, path, query, host, user agent, referer, and a root directory.

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/timestamp.h"
#include "base/utf8.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "log/buffer.h"
#include "log/json.h"
#include "log/record.h"

using namespace tinyserve;
using Json = nlohmann::json;

namespace {

Json parse_line(std::string_view line) {
  DEMAND(line.ends_with('\n'));
  line.remove_suffix(1);
  DEMAND(std::none_of(line.begin(), line.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
  Json parsed = Json::parse(line, nullptr, false);
  DEMAND(parsed.is_object());
  return parsed;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

// Text that is fit to be shown comes back as it was; no text makes the record endless.
void check_text(const Json& value, std::string_view sent) {
  DEMAND(value.is_string());
  const auto& text = value.get_ref<const std::string&>();
  DEMAND(is_utf8(text));
  if (is_utf8(sent) && sent.size() <= log::kMaxTextBytes) DEMAND(text == sent);
  if (sent.size() > log::kMaxTextBytes) {
    DEMAND(text.ends_with("…"));
    DEMAND(text.size() <= 3 * log::kMaxTextBytes + 3);
  }
}

// A text of the size that the input says, or none at all where it says 0.
std::optional<std::string_view> next_text(fuzz::Input& input) {
  const std::size_t size = input.choose(8192);
  if (size == 0) return std::nullopt;
  return input.take(size - 1);
}

void check_optional(const Json& value, std::optional<std::string_view> sent) {
  DEMAND(sent.has_value() != value.is_null());
  if (sent) check_text(value, *sent);
}

void check_request(fuzz::Input& input) {
  log::Outcome outcome;
  const auto status = static_cast<int>(input.choose(1000));
  if (status >= 100) outcome.status = status;
  outcome.bytes = input.number();
  log::RequestFacts facts;
  facts.port = static_cast<std::uint16_t>(input.choose(65536));
  facts.time_us = static_cast<std::int64_t>(outcome.bytes);
  facts.remote = "::1";
  for (auto* text :
       {&facts.method, &facts.path, &facts.query, &facts.host, &facts.user_agent, &facts.referer}) {
    *text = next_text(input);
  }
  TimestampCache clock;
  log::Buffer drafts;
  drafts.append("of another request");
  const log::RecordDraft draft = log::begin_record(drafts, facts, clock);
  log::Buffer line;
  log::finish_record(line, drafts, draft, outcome);
  log::Buffer again;
  log::finish_record(again, drafts, draft, outcome);
  DEMAND(line.view() == again.view());

  const Json record = parse_line(line.view());
  check_optional(record.at("method"), facts.method);
  check_optional(record.at("path"), facts.path);
  check_optional(record.at("query"), facts.query);
  check_optional(record.at("host"), facts.host);
  check_optional(record.at("ua"), facts.user_agent);
  check_optional(record.at("referer"), facts.referer);
  DEMAND(record.at("port") == facts.port);
  DEMAND(record.at("bytes") == outcome.bytes);
  if (outcome.status) DEMAND(record.at("status") == status);
  DEMAND(!record.contains("event"));
}

void check_event(fuzz::Input& input) {
  const std::string_view root = input.payload();
  const std::array<std::string, 1> urls{"http://localhost:8080/"};
  log::Listening event;
  event.urls = urls;
  event.root = root;
  event.version = "1";
  log::Buffer line;
  log::append_event(line, event);
  const Json parsed = parse_line(line.view());
  DEMAND(parsed.at("event") == "listening");
  if (is_utf8(root)) DEMAND(parsed.at("root") == std::string(root));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  check_request(input);
  check_event(input);
  return 0;
}
