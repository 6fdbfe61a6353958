// clf.h — step 8: a record in the common log format, or in the combined one, which adds Referer and
// User-Agent: what web servers have always written and log analysers read.
//
//   127.0.0.1 - - [22/Nov/2026:10:15:30 +0000] "GET /a?v=2 HTTP/1.1" 200 5120 "-" "curl/7.88.1"
//
// Drafted and finished in two halves as in record.h. What was absent is "-"; a request of which no
// method could be read is "-" as a whole. The formats know no absent status: 499 stands for a
// client to whom nothing was sent, as nginx has it. Long texts are cut, so that a line stays below
// 4 KiB. Pure but for the time zone, see local_time.h.
#pragma once

#include "log/record.h"

namespace tinyserve::log {

[[nodiscard]] RecordDraft begin_common(Buffer& drafts, const RequestFacts& facts);
[[nodiscard]] RecordDraft begin_combined(Buffer& drafts, const RequestFacts& facts);

// Appends the whole line, with its line feed, to `out`: for drafts of both.
void finish_clf(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
                const Outcome& outcome);

}  // namespace tinyserve::log
