#include "log/encoder.h"

#include <ctime>

#include "log/clf.h"

namespace tinyserve::log {

// The zone is read here and not with the first record, when the process may have been confined.
Encoder::Encoder(const Options& options)
    : format_(options.format), style_{options.columns, options.colored} {
  ::tzset();
}

void Encoder::begin(RecordDraft& draft, const RequestFacts& facts) const {
  switch (format_) {
    case Format::kJson:
      return begin_record(draft, facts);
    case Format::kPretty:
      return begin_pretty(draft, facts, style_);
    case Format::kCombined:
      return begin_combined(draft, facts);
    case Format::kCommon:
      return begin_common(draft, facts);
    case Format::kNone:
      return draft.text.clear();
  }
}

void Encoder::finish(std::string& out, const RecordDraft& draft, const Outcome& outcome) const {
  switch (format_) {
    case Format::kJson:
      return finish_record(out, draft, outcome);
    case Format::kPretty:
      return finish_pretty(out, draft, outcome, style_);
    case Format::kCombined:
    case Format::kCommon:
      return finish_clf(out, draft, outcome);
    case Format::kNone:
      return;
  }
}

}  // namespace tinyserve::log
