// pretty.h — step 8: a record for the eyes of whoever watches.
//
//   10:15:30  200  5.1 kB   63 µs  GET  /a/b.css?v=2
//   10:15:31  400   310 B   20 µs  POST /api/echo                refused: two Host fields
//
// What varies in length stands last, so the columns are aligned however long a path is. How the
// answer came about is told where status and path don't tell it. Drafted and finished in two halves
// as in record.h. Nothing but printable ASCII, "…", "µ" and, where wanted, colours is written. Pure
// but for the time zone, see local_time.h.
#pragma once

#include <cstddef>

#include "log/record.h"

namespace tinyserve::log {

struct PrettyStyle {
  std::size_t columns = 100;  // that a line may take; a long path is cut in its middle
  bool colored = false;
};

[[nodiscard]] RecordDraft begin_pretty(Buffer& drafts, const RequestFacts& facts,
                                       const PrettyStyle& style);

// Appends the whole line, with its line feed, to `out`; `style` is that of the draft.
void finish_pretty(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
                   const Outcome& outcome, const PrettyStyle& style);

}  // namespace tinyserve::log
