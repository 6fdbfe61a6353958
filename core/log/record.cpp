#include "log/record.h"

#include <algorithm>
#include <array>
#include <limits>

#include "log/json.h"
#include "log/piece.h"

namespace tinyserve::log {
namespace {

constexpr std::size_t kUncut = std::numeric_limits<std::size_t>::max();
// More than the keys and numbers of any line take together.
constexpr std::size_t kBesideTexts = 512;

// For the texts of a record.
std::size_t room_for_texts(const RequestFacts& facts) {
  const auto size_of = [](const std::optional<std::string_view>& text) {
    return text ? text->size() : 0;
  };
  const std::size_t sizes = size_of(facts.method) + size_of(facts.path) + size_of(facts.query) +
                            size_of(facts.host) + size_of(facts.user_agent) +
                            size_of(facts.referer);
  // Each of the six is cut.
  return facts.remote.size() + facts.proto.size() + 6 * json_room(0) +
         json_room(sizes, 6 * kMaxTextBytes);
}

template <std::size_t kSize>
void put_text(Piece& piece, const char (&key)[kSize], const std::optional<std::string_view>& text) {
  piece.text(key);
  if (text) {
    piece.json(*text);
  } else {
    piece.text("null");
  }
}

Piece& put_time(Piece& piece, const std::array<char, 24>& time) {
  return piece.text("\"time\":\"").text({time.data(), time.size()}).text("\"");
}

}  // namespace

RecordDraft begin_record(Buffer& drafts, const RequestFacts& facts, TimestampCache& clock) {
  RecordDraft draft;
  draft.begin = drafts.size();
  Piece piece(drafts, kBesideTexts + room_for_texts(facts));
  put_time(piece.text("{"), clock.format(facts.time_us)).text(",\"remote\":\"").text(facts.remote);
  piece.text("\",\"port\":").number(facts.port);
  piece.text(",\"conn\":").number(facts.connection);
  piece.text(",\"req\":").number(facts.request);
  put_text(piece, ",\"method\":", facts.method);
  put_text(piece, ",\"path\":", facts.path);
  put_text(piece, ",\"query\":", facts.query);
  if (facts.proto.empty()) {
    piece.text(",\"proto\":null");
  } else {
    piece.text(",\"proto\":\"").text(facts.proto).text("\"");
  }
  put_text(piece, ",\"host\":", facts.host);
  draft.split = draft.begin + piece.size();
  put_text(piece, ",\"ua\":", facts.user_agent);
  put_text(piece, ",\"referer\":", facts.referer);
  piece.text("}\n").done();
  draft.end = drafts.size();
  return draft;
}

void finish_record(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
                   const Outcome& outcome) {
  Piece piece(out, kBesideTexts + draft.end - draft.begin + json_room(outcome.why.size()));
  piece.text(draft.first(drafts)).text(",\"status\":");
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
  piece.text(",\"via\":\"").text(name(outcome.via)).text("\"");
  if (!outcome.why.empty()) piece.text(",\"why\":").json(outcome.why);
  piece.text(draft.last(drafts)).done();
}

void append_event(Buffer& out, const Listening& event) {
  Piece begin(out, kBesideTexts);
  put_time(begin.text("{\"event\":\"listening\","), format_timestamp(event.time_us));
  begin.text(",\"urls\":[").done();
  for (const std::string& url : event.urls) {
    if (&url != event.urls.data()) out.append(",");
    append_json_string(out, url, kUncut);
  }
  Piece end(out,
            kBesideTexts + json_room(event.root.size(), kUncut) + json_room(event.version.size()));
  end.text("],\"port\":").number(event.port);
  end.text(",\"root\":").json(event.root, kUncut);
  end.text(",\"version\":").json(event.version).text("}\n").done();
}

void append_event(Buffer& out, const Stopping& event) {
  Piece piece(out, kBesideTexts);
  put_time(piece.text("{\"event\":\"stopping\","), format_timestamp(event.time_us));
  piece.text(",\"requests\":").number(event.requests);
  piece.text(",\"bytes\":").number(event.bytes);
  piece.text(",\"connections\":").number(event.connections).text("}\n").done();
}

void append_event(Buffer& out, const Dropped& event) {
  Piece piece(out, kBesideTexts);
  put_time(piece.text("{\"event\":\"dropped\","), format_timestamp(event.time_us));
  piece.text(",\"count\":").number(event.count).text("}\n").done();
}

}  // namespace tinyserve::log
