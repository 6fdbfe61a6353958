#include "log/clf.h"

#include <cstdlib>
#include <optional>
#include <string_view>

#include "log/escape.h"
#include "log/local_time.h"
#include "log/piece.h"

namespace tinyserve::log {
namespace {

constexpr int kClientClosedRequest = 499;

// goaccess takes what is behind 4 KiB of a line for another line: all of it stays below that.
constexpr std::size_t kMostMethod = 50;
constexpr std::size_t kMostPath = 1200;
constexpr std::size_t kMostQuery = 600;
constexpr std::size_t kMostReferer = 1000;
constexpr std::size_t kMostUserAgent = 800;

void append_time(Buffer& out, std::int64_t time_us) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::tm time = local_time(time_us);
  const long offset_min = std::labs(time.tm_gmtoff) / 60;
  Piece piece(out, 64);
  piece.text(" - - [").digits(2, time.tm_mday).text("/");
  piece.text(kMonths.substr(3 * static_cast<std::size_t>(time.tm_mon), 3)).text("/");
  piece.digits(4, time.tm_year + 1900).text(":").digits(2, time.tm_hour).text(":");
  piece.digits(2, time.tm_min).text(":").digits(2, time.tm_sec);
  piece.text(time.tm_gmtoff < 0 ? " -" : " +").digits(2, static_cast<int>(offset_min / 60));
  piece.digits(2, static_cast<int>(offset_min % 60)).text("] \"").done();
}

void append_request_line(Buffer& out, const RequestFacts& facts) {
  if (!facts.method) {
    out.append("-");
    return;
  }
  append_escaped(out, *facts.method, kMostMethod);
  if (!facts.path) return;
  out.append(" ");
  append_escaped(out, *facts.path, kMostPath);
  if (facts.query) {
    out.append("?");
    append_escaped(out, *facts.query, kMostQuery);
  }
  if (facts.proto.empty()) return;
  out.append(" ");
  out.append(facts.proto);
}

// What both formats begin with.
RecordDraft begin(Buffer& drafts, const RequestFacts& facts) {
  RecordDraft draft;
  draft.begin = drafts.size();
  drafts.append(facts.remote);
  append_time(drafts, facts.time_us);
  append_request_line(drafts, facts);
  drafts.append("\" ");
  draft.split = drafts.size();
  return draft;
}

}  // namespace

RecordDraft begin_common(Buffer& drafts, const RequestFacts& facts) {
  RecordDraft draft = begin(drafts, facts);
  drafts.append("\n");
  draft.end = drafts.size();
  return draft;
}

RecordDraft begin_combined(Buffer& drafts, const RequestFacts& facts) {
  RecordDraft draft = begin(drafts, facts);
  drafts.append(" \"");
  append_escaped(drafts, facts.referer.value_or("-"), kMostReferer);
  drafts.append("\" \"");
  append_escaped(drafts, facts.user_agent.value_or("-"), kMostUserAgent);
  drafts.append("\"\n");
  draft.end = drafts.size();
  return draft;
}

void finish_clf(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
                const Outcome& outcome) {
  out.append(draft.first(drafts));
  const int status = outcome.status.value_or(kClientClosedRequest);
  Piece piece(out, 64);
  piece.number(static_cast<std::uint64_t>(std::max(status, 0))).text(" ");
  piece.number(outcome.bytes).done();
  out.append(draft.last(drafts));
}

}  // namespace tinyserve::log
