// A pool without threads, in place of core/base/worker_pool.cpp: each job runs where it is posted,
// on the loop's thread. Only for tests/bench/compression, which shows what the threads are for.
#include "base/worker_pool.h"

#include <exception>
#include <utility>

namespace tinyserve {

std::list<FinishedJobs::Finished> FinishedJobs::take() { return std::exchange(finished_, {}); }

void FinishedJobs::put(std::list<Finished> finished) {
  finished_.splice(finished_.end(), finished);
  wake_up_.signal();
}

WorkerPool::WorkerPool(std::size_t threads) : most_threads_(threads) {}

WorkerPool::~WorkerPool() = default;

void WorkerPool::post(std::unique_ptr<Job>&& job, std::uint64_t ticket, FinishedJobs& home) {
  try {
    job->run();
  } catch (const std::exception&) {
    job->failed_ = true;
  }
  std::list<FinishedJobs::Finished> posted(1);
  posted.front() = {ticket, std::move(job)};
  home.put(std::move(posted));
}

}  // namespace tinyserve
