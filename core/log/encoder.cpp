#include "log/encoder.h"

#include <ctime>

#include "log/clf.h"

namespace tinyserve::log {

// The zone is read here and not with the first record, when the process may have been confined.
Encoder::Encoder(const Options& options)
    : format_(options.format), style_{options.columns, options.colored} {
  ::tzset();
}

RecordDraft Encoder::begin(Buffer& drafts, const RequestFacts& facts) {
  switch (format_) {
    case Format::kJson:
      return begin_record(drafts, facts, clock_);
    case Format::kPretty:
      return begin_pretty(drafts, facts, style_);
    case Format::kCombined:
      return begin_combined(drafts, facts);
    case Format::kCommon:
      return begin_common(drafts, facts);
    case Format::kNone:
      break;
  }
  return {};
}

void Encoder::finish(Buffer& out, const Buffer& drafts, const RecordDraft& draft,
                     const Outcome& outcome) const {
  switch (format_) {
    case Format::kJson:
      return finish_record(out, drafts, draft, outcome);
    case Format::kPretty:
      return finish_pretty(out, drafts, draft, outcome, style_);
    case Format::kCombined:
    case Format::kCommon:
      return finish_clf(out, drafts, draft, outcome);
    case Format::kNone:
      return;
  }
}

}  // namespace tinyserve::log
