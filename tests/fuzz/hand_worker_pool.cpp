// A pool without threads, in place of core/base/worker_pool.cpp: a job comes back at once and as it
// was posted. Whoever takes it runs it, when it likes, so that a run can be repeated.
#include <utility>

#include "base/worker_pool.h"

namespace tinyserve {

std::list<FinishedJobs::Finished> FinishedJobs::take() { return std::exchange(finished_, {}); }

void FinishedJobs::put(std::list<Finished> finished) {
  finished_.splice(finished_.end(), finished);
}

WorkerPool::WorkerPool(std::size_t threads) : most_threads_(threads) {}

WorkerPool::~WorkerPool() = default;

void WorkerPool::post(std::unique_ptr<Job>&& job, std::uint64_t ticket, FinishedJobs& home) {
  std::list<FinishedJobs::Finished> posted(1);
  posted.front() = {ticket, std::move(job)};
  home.put(std::move(posted));
}

}  // namespace tinyserve
