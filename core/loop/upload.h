// upload.h — a PUT whose content is written to its file while it arrives: one job for each step,
// and nothing is read from the client while a worker is at it. So a connection holds one piece at
// most.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/worker_pool.h"
#include "handlers/answer.h"
#include "handlers/writing.h"

namespace tinyserve::loop {

class UploadJob : public Job {
 public:
  enum class Step : std::uint8_t { kBegin, kAppend, kCommit, kDiscard };

  // `piece` is what kAppend writes.
  UploadJob(std::unique_ptr<handlers::Change> change, Step step, std::string piece = {})
      : change_(std::move(change)), step_(step), piece_(std::move(piece)) {}
  void run() override;

  [[nodiscard]] Step step() const { return step_; }
  // Each once, after it has come back. There is an answer when the upload is over; else it goes on.
  [[nodiscard]] std::optional<handlers::Answer> take_answer() { return std::move(answer_); }
  [[nodiscard]] std::unique_ptr<handlers::Change> take_change() { return std::move(change_); }

 private:
  std::unique_ptr<handlers::Change> change_;
  Step step_;
  std::string piece_;
  std::optional<handlers::Answer> answer_;
};

// The change of `job`, if it is an UploadJob that nobody has taken it from, to be discarded. Not of
// one that has failed to do that: it would go on for ever.
[[nodiscard]] std::unique_ptr<handlers::Change> unclaimed_change(Job& job);

// The job that destroys `change`, which nobody goes on with: removing what has been written takes
// a disk its time.
[[nodiscard]] std::unique_ptr<UploadJob> discard(std::unique_ptr<handlers::Change> change);

}  // namespace tinyserve::loop
