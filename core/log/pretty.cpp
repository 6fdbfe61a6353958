#include "log/pretty.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "base/human.h"
#include "log/escape.h"
#include "log/local_time.h"
#include "log/piece.h"

namespace tinyserve::log {
namespace {

constexpr std::size_t kBeforeRequest = 31;  // columns of time, status, size and duration
constexpr std::size_t kLeastRequest = 20;   // a narrower terminal breaks lines
constexpr std::size_t kMethodColumns = 4;   // most are no longer
constexpr std::string_view kMethodGap = "     ";
constexpr std::size_t kMostMethod = 20;
constexpr std::size_t kMostNote = 60;

constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kReset = "\x1b[0m";

std::string_view color_of(std::optional<int> status) {
  if (!status || *status >= 500) return "\x1b[31m";  // red
  if (*status >= 400) return "\x1b[33m";             // yellow
  if (*status >= 300) return "\x1b[36m";             // cyan
  return "\x1b[32m";                                 // green
}

// Whether status and path tell how the answer came about.
bool is_evident(Via via) {
  switch (via) {
    case Via::kFile:
    case Via::kCache:
    case Via::kIndex:
    case Via::kListing:
    case Via::kNotModified:
    case Via::kRange:
    case Via::kRedirect:
    case Via::kErrorPage:
    case Via::kApi:
      return true;
    default:
      return false;
  }
}

void append_colored(Buffer& out, std::string_view text, std::string_view color,
                    const PrettyStyle& style) {
  if (style.colored) out.append(color);
  out.append(text);
  if (style.colored) out.append(kReset);
}

// ASCII `text` in at most `columns`, with "…" for what its middle loses.
void append_cut(Buffer& out, std::string_view text, std::size_t columns) {
  if (text.size() <= columns) {
    out.append(text);
    return;
  }
  const std::size_t end = (columns - 1) / 2;
  out.append(text.substr(0, columns - 1 - end));
  out.append("…");
  out.append(text.substr(text.size() - end));
}

void append_clock(Buffer& out, std::int64_t time_us) {
  const std::tm time = local_time(time_us);
  Piece piece(out, 16);
  piece.digits(2, time.tm_hour).text(":").digits(2, time.tm_min).text(":");
  piece.digits(2, time.tm_sec).done();
}

// What may be shown of a target: without the middle of one so long that it will be cut there.
void append_shown(Buffer& out, std::string_view text, std::size_t columns) {
  const std::size_t most = 2 * std::max(columns, kLeastRequest);
  if (text.size() <= most) return append_escaped(out, text, 4 * most);
  append_escaped(out, text.substr(0, most / 2), 4 * most);
  append_escaped(out, text.substr(text.size() - most / 2), 4 * most);
}

std::string note_of(const Outcome& outcome) {
  std::string note;
  if (is_evident(outcome.via)) return note;
  note = name(outcome.via);
  if (outcome.why.empty()) return note;
  Buffer why;
  append_escaped(why, outcome.why, kMostNote);
  return note.append(": ").append(why.view());
}

}  // namespace

RecordDraft begin_pretty(Buffer& drafts, const RequestFacts& facts, const PrettyStyle& style) {
  RecordDraft draft;
  draft.begin = drafts.size();
  append_clock(drafts, facts.time_us);
  draft.split = drafts.size();
  append_escaped(drafts, facts.method.value_or("-"), kMostMethod);
  const std::size_t taken = drafts.size() - draft.split;
  drafts.append(kMethodGap.substr(std::min(kMethodColumns, taken)));
  std::string target(facts.path.value_or("-"));
  if (facts.query) target.append(1, '?').append(*facts.query);
  append_shown(drafts, target, style.columns);
  draft.end = drafts.size();
  return draft;
}

void finish_pretty(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
                   const Outcome& outcome, const PrettyStyle& style) {
  append_colored(out, draft.first(drafts), kDim, style);
  out.append("  ");
  const std::string status = outcome.status ? std::to_string(*outcome.status) : "---";
  append_colored(out, status, color_of(outcome.status), style);
  out.append("  ");
  out.append(right_aligned(human_size(outcome.bytes), 6));
  out.append("  ");
  out.append(right_aligned(human_duration(outcome.dur_us), 6));
  out.append("  ");
  const std::string note = note_of(outcome);
  const std::size_t others = kBeforeRequest + (note.empty() ? 0 : note.size() + 2);
  append_cut(out, draft.last(drafts), std::max(style.columns, others + kLeastRequest) - others);
  if (!note.empty()) {
    out.append("  ");
    append_colored(out, note, kDim, style);
  }
  out.append("\n");
}

}  // namespace tinyserve::log
