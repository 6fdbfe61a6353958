#include "loop/upload.h"

namespace tinyserve::loop {

void UploadJob::run() {
  switch (step_) {
    case Step::kBegin:
      answer_ = change_->begin();
      break;
    case Step::kAppend:
      answer_ = change_->append(piece_);
      break;
    case Step::kCommit:
      answer_ = change_->commit();
      break;
    case Step::kDiscard:
      break;
  }
  if (answer_ || step_ == Step::kDiscard) change_.reset();
}

std::unique_ptr<handlers::Change> unclaimed_change(Job& job) {
  auto* const upload = dynamic_cast<UploadJob*>(&job);
  const bool is_left = upload != nullptr && upload->step() != UploadJob::Step::kDiscard;
  return is_left ? upload->take_change() : nullptr;
}

std::unique_ptr<UploadJob> discard(std::unique_ptr<handlers::Change> change) {
  return std::make_unique<UploadJob>(std::move(change), UploadJob::Step::kDiscard);
}

}  // namespace tinyserve::loop
