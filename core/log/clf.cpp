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

void append_time(std::string& out, std::int64_t time_us) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::tm time = local_time(time_us);
  const long offset_min = std::labs(time.tm_gmtoff) / 60;
  Piece()
      .text(" - - [")
      .digits(2, time.tm_mday)
      .text("/")
      .text(kMonths.substr(3 * static_cast<std::size_t>(time.tm_mon), 3))
      .text("/")
      .digits(4, time.tm_year + 1900)
      .text(":")
      .digits(2, time.tm_hour)
      .text(":")
      .digits(2, time.tm_min)
      .text(":")
      .digits(2, time.tm_sec)
      .text(time.tm_gmtoff < 0 ? " -" : " +")
      .digits(2, static_cast<int>(offset_min / 60))
      .digits(2, static_cast<int>(offset_min % 60))
      .text("] \"")
      .append_to(out);
}

void append_request_line(std::string& out, const RequestFacts& facts) {
  if (!facts.method) {
    out += '-';
    return;
  }
  append_escaped(out, *facts.method, kMostMethod);
  if (!facts.path) return;
  out += ' ';
  append_escaped(out, *facts.path, kMostPath);
  if (facts.query) {
    out += '?';
    append_escaped(out, *facts.query, kMostQuery);
  }
  if (!facts.proto) return;
  out += ' ';
  out.append(*facts.proto);
}

}  // namespace

void begin_common(RecordDraft& draft, const RequestFacts& facts) {
  std::string& out = draft.text;
  out.assign(facts.remote);
  append_time(out, facts.time_us);
  append_request_line(out, facts);
  out += "\" ";
  draft.split = out.size();
  out += '\n';
}

void begin_combined(RecordDraft& draft, const RequestFacts& facts) {
  begin_common(draft, facts);
  std::string& out = draft.text;
  out.back() = ' ';
  out += '"';
  append_escaped(out, facts.referer.value_or("-"), kMostReferer);
  out += "\" \"";
  append_escaped(out, facts.user_agent.value_or("-"), kMostUserAgent);
  out += "\"\n";
}

void finish_clf(std::string& out, const RecordDraft& draft, const Outcome& outcome) {
  const std::string_view text = draft.text;
  out.append(text.substr(0, draft.split));
  const int status = outcome.status.value_or(kClientClosedRequest);
  Piece()
      .number(static_cast<std::uint64_t>(std::max(status, 0)))
      .text(" ")
      .number(outcome.bytes)
      .append_to(out);
  out.append(text.substr(draft.split));
}

}  // namespace tinyserve::log
