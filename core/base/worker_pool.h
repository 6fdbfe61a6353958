// worker_pool.h — threads for what would block an event loop: work for the processor or for a disk
// (base).
//
//   loop's thread   post(job) ──► queue ──► run()     a worker's thread
//                   finish()  ◄── wake-up ◄──┘
//
// A job works on values that it owns, never on a connection or on a view: what it needs moves into
// it, what it made is taken out of it when it has come back. Whoever posted it may be gone by then;
// the ticket tells who that was. No lock is held while a job runs.
//
// Only posting needs memory: a job is a node of a list, which goes from list to list.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/wake_up.h"

namespace tinyserve {

class FinishedJobs;

class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // On a worker's thread.
  virtual void run() = 0;
  // On the thread that posted it, once it has come back, also when nobody waits for it any more; or
  // when it is not posted after all.
  virtual void finish() {}

  // Whether run() threw, for lack of memory above all, or no thread could be had for it.
  [[nodiscard]] bool has_failed() const { return failed_; }

 private:
  friend class WorkerPool;
  bool failed_ = false;
  FinishedJobs* home_ = nullptr;
};

// Where the jobs of one loop come back.
class FinishedJobs {
 public:
  struct Finished {
    std::uint64_t ticket;  // as it was posted with
    std::unique_ptr<Job> job;
  };

  // Signals `wake_up`, which must outlive this object, when there is something to take.
  explicit FinishedJobs(const WakeUp& wake_up) : wake_up_(wake_up) {}

  // Those that have come back since the last call, in that order.
  [[nodiscard]] std::list<Finished> take();

 private:
  friend class WorkerPool;
  // The only one of `finished`.
  void put(std::list<Finished> finished);

  const WakeUp& wake_up_;
  std::mutex mutex_;
  std::list<Finished> finished_;
};

class WorkerPool {
 public:
  // At most `threads` of them; with 0, as many as there are processors, but at most kMostByItself.
  // Each is started when work waits and no other is free.
  explicit WorkerPool(std::size_t threads);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  // Waits for the jobs that run; those that wait are destroyed.
  ~WorkerPool();

  // Whether something new should be begun: not when more than kMostWaiting jobs wait. What has been
  // begun may go on regardless; who has at most one job under way makes the queue no longer than
  // there are of them.
  [[nodiscard]] bool has_room() const {
    return waiting_.load(std::memory_order_relaxed) < kMostWaiting;
  }

  // Never waits. The job comes back to `home`, which must outlive the pool, with `ticket`. Where
  // this throws std::bad_alloc, `job` stays where it is.
  void post(std::unique_ptr<Job>&& job, std::uint64_t ticket, FinishedJobs& home);

  // How many threads there may come to be. To be asked before the first job is posted.
  [[nodiscard]] std::size_t most_threads() const {
    return most_threads_ == 0 ? kMostByItself : most_threads_;
  }

  static constexpr std::size_t kMostWaiting = 64;
  static constexpr std::size_t kMostByItself = 4;

 private:
  void work();
  [[nodiscard]] bool add_thread();

  std::mutex mutex_;          // of what follows
  std::size_t most_threads_;  // 0: to be found with the first job, since that delays a start
  std::condition_variable work_waits_;
  std::list<FinishedJobs::Finished> queue_;
  std::vector<std::thread> threads_;
  std::size_t free_ = 0;  // threads that wait for work
  bool stopping_ = false;

  std::atomic<std::size_t> waiting_{0};  // the queue's length, to be read without the lock
};

}  // namespace tinyserve
