// file_job.h — an answer from the files that is made by a worker: the same code, allowed to take
// its time.
#pragma once

#include <cstdint>
#include <optional>

#include "files/root.h"
#include "handlers/answer.h"
#include "handlers/ask.h"
#include "handlers/compressions.h"
#include "http/owned_request.h"
#include "http/target.h"

namespace tinyserve::handlers {

class FileJob : public AnswerJob {
 public:
  // Keeps nothing of `ask`. What `served` refers to must outlive the job.
  FileJob(const Ask& ask, const Served& served, files::Root root);
  // Takes a number as the one that encodes `version`; finish() gives it back.
  void begin(const EncodedVersion& version);
  void run() override;
  void finish() override;
  [[nodiscard]] Answer take_answer() override;
  [[nodiscard]] std::uint64_t number() const override { return number_; }

 private:
  http::OwnedRequest request_;
  http::Path path_;
  Instant now_;
  Served served_;
  files::Root root_;  // the worker's own
  std::uint64_t number_ = 0;
  bool root_was_replaced_ = false;
  Compressions compressions_;  // what it has compressed
  Answer answer_;
};

// The answer to `ask` where making it would block the loop's thread: a job, or a 503 when the
// workers have too much to do already. The job is the one that encodes `version`, if that is given.
[[nodiscard]] Answer answer_aside(const Ask& ask, const Served& served,
                                  const EncodedVersion* version = nullptr);

}  // namespace tinyserve::handlers
