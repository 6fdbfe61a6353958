// A pool without threads, in place of core/base/worker_pool.cpp: a job comes back at once and as it
// was posted. Whoever takes it runs it, when it likes, so that a run can be repeated.
#include <utility>

#include "base/worker_pool.h"

namespace tinyserve {

std::vector<FinishedJobs::Finished> FinishedJobs::take() { return std::exchange(finished_, {}); }

void FinishedJobs::put(Finished finished) { finished_.push_back(std::move(finished)); }

WorkerPool::WorkerPool(std::size_t threads) : most_threads_(threads) {}

WorkerPool::~WorkerPool() = default;

void WorkerPool::post(std::unique_ptr<Job> job, std::uint64_t ticket, FinishedJobs& home) {
  home.put({ticket, std::move(job)});
}

}  // namespace tinyserve
