#include "handlers/file_job.h"

#include <utility>

#include "base/check.h"
#include "handlers/file_answer.h"
#include "handlers/static_files.h"

namespace tinyserve::handlers {

FileJob::FileJob(const Ask& ask, const Served& served, files::Root root, std::uint64_t number)
    : request_(ask.request),
      path_(ask.path),
      now_(ask.now),
      served_(served),
      root_(std::move(root)),
      number_(number) {}

void FileJob::run() {
  StaticFiles files({served_.options, &root_, &compressions_});
  answer_ = files.respond({*request_, path_, now_, Means::kWorker});
  root_was_replaced_ = files.root_was_replaced();
}

void FileJob::finish() {
  if (root_was_replaced_) *served_.root = std::move(root_);
  served_.compressions->add_all(std::move(compressions_));
  if (number_ != 0) served_.compressions->end(number_);
}

Answer FileJob::take_answer() { return std::move(answer_); }

Answer answer_aside(const Ask& ask, const Served& served, std::uint64_t number) {
  TS_CHECK(ask.means != Means::kWorker);
  if (ask.means == Means::kLoopOnly) return busy_answer(ask.request);
  auto root = served.root->duplicate();
  if (!root) {
    if (number != 0) served.compressions->end(number);
    return failed_answer(ask.request, root.error());
  }
  Answer answer;
  answer.job = std::make_unique<FileJob>(ask, served, *std::move(root), number);
  return answer;
}

}  // namespace tinyserve::handlers
