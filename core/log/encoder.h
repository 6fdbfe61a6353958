// encoder.h — step 8: which format a record is written in.
//
// The one place where the formats meet: record.h, pretty.h and clf.h do the work. Pure but for the
// time zone, which the constructor reads.
#pragma once

#include "base/timestamp.h"
#include "log/buffer.h"
#include "log/options.h"
#include "log/pretty.h"
#include "log/record.h"

namespace tinyserve::log {

class Encoder {
 public:
  explicit Encoder(const Options& options);

  // As begin_record() and finish_record(). With Format::kNone nothing is written.
  [[nodiscard]] RecordDraft begin(Buffer& drafts, const RequestFacts& facts);
  void finish(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
              const Outcome& outcome) const;

  // Only JSON can tell a line about the program from a line about a request.
  [[nodiscard]] bool has_events() const { return format_ == Format::kJson; }

 private:
  Format format_;
  PrettyStyle style_;
  TimestampCache clock_;
};

}  // namespace tinyserve::log
