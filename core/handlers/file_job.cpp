#include "handlers/file_job.h"

#include <utility>

#include "base/check.h"
#include "handlers/file_answer.h"
#include "handlers/static_files.h"

namespace tinyserve::handlers {

FileJob::FileJob(const Ask& ask, const Served& served, files::Root root)
    : request_(ask.request),
      path_(ask.path),
      now_(ask.now),
      served_(served),
      root_(std::move(root)) {}

void FileJob::begin(const EncodedVersion& version) {
  number_ = served_.compressions->begin(version);
}

void FileJob::run() {
  StaticFiles files({served_.options, &root_, &compressions_});
  answer_ = files.respond({*request_, path_, now_, Means::kWorker});
  root_was_replaced_ = files.root_was_replaced();
}

void FileJob::finish() {
  // First: whatever can't be kept for lack of memory, nobody may wait for this job any more.
  if (number_ != 0) served_.compressions->end(number_);
  if (root_was_replaced_) *served_.root = std::move(root_);
  served_.compressions->add_all(std::move(compressions_));
}

Answer FileJob::take_answer() { return std::move(answer_); }

Answer answer_aside(const Ask& ask, const Served& served, const EncodedVersion* version) {
  TS_CHECK(ask.means != Means::kWorker);
  if (ask.means == Means::kLoopOnly) return busy_answer(ask.request);
  auto root = served.root->duplicate();
  if (!root) return failed_answer(ask.request, root.error());
  auto job = std::make_unique<FileJob>(ask, served, *std::move(root));
  // Last: where there was no memory for a job, nobody may wait for it.
  if (version != nullptr) job->begin(*version);
  Answer answer;
  answer.job = std::move(job);
  return answer;
}

}  // namespace tinyserve::handlers
