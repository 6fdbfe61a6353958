#include "base/worker_pool.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/thread.h"

namespace tinyserve {

namespace {

constexpr int kNiceness =
    10;  // above the loop's: where they compete for a processor, it goes first

// In Linux niceness belongs to a thread (setpriority(2), "C library/kernel differences"), and so
// does what a forbidden call would spoil: nothing, it is only less polite then.
void step_back() {
  const auto thread = static_cast<id_t>(::gettid());
  const int niceness = ::getpriority(PRIO_PROCESS, thread);
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, niceness + kNiceness));
}

std::size_t suitable_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, WorkerPool::kMostByItself);
}

}  // namespace

std::list<FinishedJobs::Finished> FinishedJobs::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

void FinishedJobs::put(std::list<Finished> finished) {
  {
    const std::lock_guard lock(mutex_);
    finished_.splice(finished_.end(), finished);
  }
  wake_up_.signal();
}

WorkerPool::WorkerPool(std::size_t threads) : most_threads_(threads) {}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    queue_.clear();
  }
  work_waits_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::post(std::unique_ptr<Job>&& job, std::uint64_t ticket, FinishedJobs& home) {
  std::list<FinishedJobs::Finished> posted(1);
  posted.front() = {ticket, std::move(job)};
  posted.front().job->home_ = &home;
  std::unique_lock lock(mutex_);
  if (most_threads_ == 0) most_threads_ = suitable_threads();
  // Those that are free but have not taken what waits for them yet don't count.
  const bool another = queue_.size() >= free_ && threads_.size() < most_threads_;
  if ((!another || !add_thread()) && threads_.empty()) {
    lock.unlock();
    posted.front().job->failed_ = true;
    return home.put(std::move(posted));
  }
  queue_.splice(queue_.end(), posted);
  waiting_.store(queue_.size(), std::memory_order_relaxed);
  lock.unlock();
  work_waits_.notify_one();
}

// False when the system allows no more, or there is no memory; those that there are must do then.
bool WorkerPool::add_thread() {
  try {
    threads_.reserve(most_threads_);  // a thread that has been started must find its place
    threads_.push_back(start_thread([this] { work(); }));
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void WorkerPool::work() {
  ::pthread_setname_np(::pthread_self(),
                       "worker");  // for whoever looks at the threads of a process
  step_back();
  std::unique_lock lock(mutex_);
  while (true) {
    ++free_;
    work_waits_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --free_;
    if (stopping_) return;
    std::list<FinishedJobs::Finished> next;
    next.splice(next.end(), queue_, queue_.begin());
    waiting_.store(queue_.size(), std::memory_order_relaxed);
    lock.unlock();
    Job& job = *next.front().job;
    try {
      job.run();
    } catch (const std::exception&) {
      job.failed_ = true;
    }
    job.home_->put(std::move(next));
    lock.lock();
  }
}

}  // namespace tinyserve
