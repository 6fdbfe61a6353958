#include "log/record.h"

#include <algorithm>
#include <limits>

#include "log/json.h"
#include "log/piece.h"

namespace tinyserve::log {
namespace {

constexpr std::size_t kUncut = std::numeric_limits<std::size_t>::max();

void append_text(std::string& out, std::string_view key, std::optional<std::string_view> value) {
  out.append(key);
  if (value) {
    append_json_string(out, *value);
  } else {
    out.append("null");
  }
}

void append_urls(std::string& out, std::span<const std::string> urls) {
  out += '[';
  for (const std::string& url : urls) {
    if (&url != urls.data()) out += ',';
    append_json_string(out, url, kUncut);
  }
  out += ']';
}

}  // namespace

void begin_record(RecordDraft& draft, const RequestFacts& facts) {
  std::string& out = draft.text;
  out.clear();
  Piece().text("{\"time\":").time(facts.time_us).text(",\"remote\":").append_to(out);
  append_json_string(out, facts.remote);
  Piece()
      .text(",\"port\":")
      .number(facts.port)
      .text(",\"conn\":")
      .number(facts.connection)
      .text(",\"req\":")
      .number(facts.request)
      .append_to(out);
  append_text(out, ",\"method\":", facts.method);
  append_text(out, ",\"path\":", facts.path);
  append_text(out, ",\"query\":", facts.query);
  append_text(out, ",\"proto\":", facts.proto);
  append_text(out, ",\"host\":", facts.host);
  draft.split = out.size();
  append_text(out, ",\"ua\":", facts.user_agent);
  append_text(out, ",\"referer\":", facts.referer);
  out.append("}\n");
}

void finish_record(std::string& out, const RecordDraft& draft, const Outcome& outcome) {
  const std::string_view text = draft.text;
  out.append(text.substr(0, draft.split));
  Piece piece;
  piece.text(",\"status\":");
  if (outcome.status) {
    piece.number(static_cast<std::uint64_t>(std::max(*outcome.status, 0)));
  } else {
    piece.text("null");
  }
  piece.text(",\"bytes\":").number(outcome.bytes);
  piece.text(",\"body_in\":").number(outcome.content_in).text(",\"ttfb_us\":");
  if (outcome.ttfb_us) {
    piece.duration(*outcome.ttfb_us);
  } else {
    piece.text("null");
  }
  piece.text(",\"dur_us\":").duration(outcome.dur_us);
  piece.text(",\"via\":\"").text(name(outcome.via)).text("\"").append_to(out);
  if (!outcome.why.empty()) append_text(out, ",\"why\":", outcome.why);
  out.append(text.substr(draft.split));
}

void append_event(std::string& out, const Listening& event) {
  Piece()
      .text("{\"event\":\"listening\",\"time\":")
      .time(event.time_us)
      .text(",\"urls\":")
      .append_to(out);
  append_urls(out, event.urls);
  Piece().text(",\"port\":").number(event.port).text(",\"root\":").append_to(out);
  append_json_string(out, event.root, kUncut);
  out.append(",\"version\":");
  append_json_string(out, event.version);
  out.append("}\n");
}

void append_event(std::string& out, const Stopping& event) {
  Piece()
      .text("{\"event\":\"stopping\",\"time\":")
      .time(event.time_us)
      .text(",\"requests\":")
      .number(event.requests)
      .text(",\"bytes\":")
      .number(event.bytes)
      .text(",\"connections\":")
      .number(event.connections)
      .text("}\n")
      .append_to(out);
}

void append_event(std::string& out, const Dropped& event) {
  Piece()
      .text("{\"event\":\"dropped\",\"time\":")
      .time(event.time_us)
      .text(",\"count\":")
      .number(event.count)
      .text("}\n")
      .append_to(out);
}

}  // namespace tinyserve::log
