#include "fuzz/answers.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/memory_budget.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/grammar.h"
#include "http/request_reader.h"

namespace tinyserve::fuzz {

namespace {

using http::RequestReader;
using Next = RequestReader::Next;

Asked asked_in(const RequestReader& reader) {
  Asked asked;
  asked.method = http::parse_method(reader.head().method);
  asked.target = reader.head().target;
  return asked;
}

void add_content(Asked& asked, const http::Content& content) {
  asked.content = content.view;
  for (const Block& block : content.blocks) asked.content += block.view();
}

// The place behind `part` in `whole`.
std::size_t end_of(std::string_view part, std::string_view whole) {
  return static_cast<std::size_t>(part.data() + part.size() - whole.data());
}

// Whether the content of the request whose head is there is waited for.
bool wait_for_content(RequestReader& reader, const handlers::Router& router) {
  switch (router.admit(reader.request())) {
    case handlers::Admission::kTake:
      reader.take_content();
      return true;
    case handlers::Admission::kStream:
    case handlers::Admission::kSkip:
      reader.skip_content();
      return true;
    case handlers::Admission::kAnswerNow:
      break;
  }
  return false;
}

// Takes the text of answers apart.
class Answers {
 public:
  Answers(std::string_view text, const Expected& expected, Cut cut)
      : text_(text), all_(text.size()), expected_(expected), cut_(cut) {}

  std::vector<Seen> read() {
    while (!text_.empty()) {
      DEMAND(seen_.empty() || !seen_.back().closes);
      Seen next;
      if (!take_head(next)) break;
      if (next.status < 200) {
        DEMAND(next.status == 100 && next.fields.empty());
        continue;
      }
      next.closes = iequals(next.field("connection"), "close");
      next.is_whole = take_content(next);
      next.end = all_ - text_.size();
      seen_.push_back(std::move(next));
    }
    return std::move(seen_);
  }

 private:
  // What is missing must have been cut off.
  bool ends_here() {
    DEMAND(cut_ == Cut::kPossible);
    text_ = {};
    return false;
  }

  // Whether all of it is there.
  bool take_head(Seen& next) {
    const std::size_t end = text_.find("\r\n\r\n");
    if (end == text_.npos) return ends_here();
    std::string_view lines = text_.substr(0, end + 2);
    text_.remove_prefix(end + 4);
    DEMAND(lines.starts_with("HTTP/1.1 ") && lines.size() > 13 && lines[12] == ' ');
    next.status = static_cast<int>(parse_decimal(lines.substr(9, 3)).value_or(0));
    DEMAND(next.status >= 100 && next.status < 600);
    lines.remove_prefix(lines.find("\r\n") + 2);
    while (!lines.empty()) {
      const std::size_t size = lines.find("\r\n");
      take_field(next, lines.substr(0, size));
      lines.remove_prefix(size + 2);
    }
    return true;
  }

  static void take_field(Seen& next, std::string_view line) {
    const std::size_t colon = line.find(": ");
    DEMAND(colon != line.npos && colon > 0);
    std::string name(line.substr(0, colon));
    const std::string value(line.substr(colon + 2));
    for (char& c : name) {
      DEMAND(http::is_token_char(c));
      c = to_lower(c);
    }
    for (const char c : value) DEMAND(http::is_value_char(c));
    DEMAND(!next.fields.contains(name) || (name != "content-length" && name != "connection"));
    next.fields[name] = value;
  }

  [[nodiscard]] bool has_content(const Seen& next) const {
    if (next.status == 204 || next.status == 304) return false;
    const bool is_unfinished = seen_.size() >= expected_.answered.size();
    const Asked& asked = is_unfinished ? expected_.unfinished : expected_.answered[seen_.size()];
    return asked.method != http::Method::kHead;
  }

  // Whether all of it is there.
  bool take_content(Seen& next) {
    const bool is_counted = next.fields.contains("content-length");
    const bool is_chunked = next.fields.contains("transfer-encoding");
    const bool can_have = next.status != 204 && next.status != 304;
    DEMAND(!(is_counted && is_chunked));
    DEMAND(can_have || (!is_counted && !is_chunked));
    // What is not framed in itself ends with the connection.
    if (can_have && !is_counted && !is_chunked) DEMAND(next.closes);
    if (!has_content(next)) return true;
    if (is_chunked) return take_chunks(next);
    if (is_counted) return take_counted(next);
    next.content = text_;
    text_ = {};
    return cut_ == Cut::kNever;
  }

  bool take_counted(Seen& next) {
    const auto length = parse_decimal(next.field("content-length"));
    DEMAND(length.has_value());
    next.content = text_.substr(0, *length);
    const bool is_whole = next.content.size() == *length;
    text_.remove_prefix(next.content.size());
    return is_whole || ends_here();
  }

  bool take_chunks(Seen& next) {
    DEMAND(next.field("transfer-encoding") == "chunked");
    while (true) {
      const std::size_t digits =
          std::min(text_.find_first_not_of("0123456789abcdefABCDEF"), text_.size());
      std::size_t size = 0;
      for (const char c : text_.substr(0, digits)) {
        size = size * 16 + static_cast<std::size_t>(hex_value(c));
      }
      DEMAND(digits < 16);
      if (digits + 2 > text_.size()) return ends_here();
      DEMAND(digits > 0 && text_.substr(digits, 2) == "\r\n");
      text_.remove_prefix(digits + 2);
      const std::string_view data = text_.substr(0, size);
      next.content += data;
      text_.remove_prefix(data.size());
      if (data.size() < size || text_.size() < 2) return ends_here();
      DEMAND(text_.starts_with("\r\n"));  // behind the last one, too: we send no trailers
      text_.remove_prefix(2);
      if (size == 0) return true;
    }
  }

  std::string_view text_;  // what is left
  std::size_t all_;        // bytes that there were
  const Expected& expected_;
  Cut cut_;
  std::vector<Seen> seen_;
};

}  // namespace

Expected expect(std::string_view bytes, const http::Limits& limits,
                const handlers::Router& router) {
  Expected expected;
  MemoryBudget budget(1U << 30);
  RequestReader reader(limits, budget);
  reader.feed(bytes);
  std::size_t head_end = 0;
  while (true) {
    const Next next = reader.next();
    if (next == Next::kNeedMore || next == Next::kRefused) {
      expected.unfinished = asked_in(reader);
      expected.refused = next == Next::kRefused;
      expected.tls =
          expected.refused && expected.answered.empty() && reader.refusal().why == http::kTlsHello;
      return expected;
    }
    // Who waits for content has its head copied.
    const std::string_view head = reader.request().head_text;
    if (lies_within(head, bytes)) head_end = end_of(head, bytes);
    if (next == Next::kHead && wait_for_content(reader, router)) continue;
    Asked& asked = expected.answered.emplace_back(asked_in(reader));
    asked.end = head_end;
    asked.is_whole = reader.content_is_whole();
    if (!asked.is_whole) return expected;
    add_content(asked, reader.request().content);
    reader.finish();
  }
}

std::string Seen::field(const std::string& name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

std::vector<Seen> read_answers(std::string_view text, const Expected& expected, Cut cut) {
  return Answers(text, expected, cut).read();
}

void demand_all_answered(const std::vector<Seen>& answers, const Expected& expected) {
  DEMAND(answers.size() <= expected.answered.size() + 1);
  if (!answers.empty() && answers.back().closes) return;
  DEMAND(answers.size() == expected.answered.size() && expected.refused == expected.tls);
}

}  // namespace tinyserve::fuzz
