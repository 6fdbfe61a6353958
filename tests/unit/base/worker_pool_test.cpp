#include "base/worker_pool.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <thread>

#include "support/function_job.h"

namespace tinyserve {
namespace {

// Opened once, by whoever lets the others go on.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class WorkerPoolTest : public testing::Test {
 protected:
  void post(WorkerPool& pool, std::uint64_t ticket, std::function<void()> function) {
    pool.post(std::make_unique<test::FunctionJob>(std::move(function)), ticket, home_);
  }

  // Waits until `count` jobs have come back.
  std::vector<FinishedJobs::Finished> finished(std::size_t count) {
    std::vector<FinishedJobs::Finished> all;
    while (all.size() < count) {
      pollfd wanted{wake_up_.fd(), POLLIN, 0};
      if (::poll(&wanted, 1, 60'000) != 1) break;
      wake_up_.clear();
      for (auto& one : home_.take()) all.push_back(std::move(one));
    }
    return all;
  }

  WakeUp wake_up_ = *WakeUp::open();
  FinishedJobs home_{wake_up_};
};

TEST_F(WorkerPoolTest, RunsAJobOnAnotherThreadAndGivesItBack) {
  WorkerPool pool(1);
  std::thread::id runner;
  post(pool, 7, [&runner] { runner = std::this_thread::get_id(); });
  const auto jobs = finished(1);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].ticket, 7U);
  EXPECT_FALSE(jobs[0].job->has_failed());
  EXPECT_NE(runner, std::this_thread::get_id());
  EXPECT_NE(runner, std::thread::id());
}

TEST_F(WorkerPoolTest, KeepsTheOrderWithOneThread) {
  WorkerPool pool(1);
  for (std::uint64_t ticket = 0; ticket < 100; ++ticket) post(pool, ticket, [] {});
  const auto jobs = finished(100);
  ASSERT_EQ(jobs.size(), 100U);
  for (std::uint64_t ticket = 0; ticket < 100; ++ticket) EXPECT_EQ(jobs[ticket].ticket, ticket);
}

TEST_F(WorkerPoolTest, UsesAsManyThreadsAsWorkNeedsAndNoMore) {
  WorkerPool pool(3);
  std::mutex mutex;
  std::set<std::thread::id> runners;
  Gate gate;
  std::size_t started = 0;
  for (int i = 0; i < 6; ++i) {
    post(pool, 0, [&] {
      {
        const std::lock_guard lock(mutex);
        runners.insert(std::this_thread::get_id());
        // Three at once are needed for anybody to go on.
        if (++started == 3) gate.open();
      }
      gate.wait();
    });
  }
  ASSERT_EQ(finished(6).size(), 6U);
  EXPECT_EQ(runners.size(), 3U);
}

TEST_F(WorkerPoolTest, FindsItsOwnNumberOfThreads) {
  WorkerPool pool(0);
  const std::thread::id poster = std::this_thread::get_id();
  std::thread::id runner = poster;
  post(pool, 0, [&runner] { runner = std::this_thread::get_id(); });
  const auto jobs = finished(1);
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_FALSE(jobs[0].job->has_failed());
  EXPECT_NE(runner, poster);
}

TEST_F(WorkerPoolTest, TellsThatThereIsNoRoomWhileTooMuchWaits) {
  WorkerPool pool(1);
  Gate gate;
  EXPECT_TRUE(pool.has_room());
  for (std::size_t i = 0; i < WorkerPool::kMostWaiting + 1; ++i)
    post(pool, i, [&gate] { gate.wait(); });
  EXPECT_FALSE(pool.has_room());
  post(pool, 1, [] {});  // what has been begun may go on
  gate.open();
  EXPECT_EQ(finished(WorkerPool::kMostWaiting + 2).size(), WorkerPool::kMostWaiting + 2);
  EXPECT_TRUE(pool.has_room());
}

TEST_F(WorkerPoolTest, SaysThatAJobFailedWhichThrew) {
  WorkerPool pool(1);
  post(pool, 1, [] { throw std::bad_alloc(); });
  post(pool, 2, [] {});
  const auto jobs = finished(2);
  ASSERT_EQ(jobs.size(), 2U);
  EXPECT_TRUE(jobs[0].job->has_failed());
  EXPECT_FALSE(jobs[1].job->has_failed());
}

TEST_F(WorkerPoolTest, DestroysWhatWaitsAndWaitsForWhatRunsWhenItEnds) {
  auto pool = std::make_unique<WorkerPool>(1);
  Gate begun;
  Gate gate;
  bool ended = false;
  post(*pool, 1, [&] {
    begun.open();
    gate.wait();
    ended = true;
  });
  begun.wait();
  const auto witness = std::make_shared<int>(0);
  post(*pool, 2, [witness] {});
  std::thread destroyer([&pool] { pool.reset(); });
  while (witness.use_count() > 1) std::this_thread::yield();
  gate.open();
  destroyer.join();
  EXPECT_TRUE(ended);
  EXPECT_EQ(home_.take().size(), 1U);
}

TEST_F(WorkerPoolTest, WorksAtALowerPriority) {
  WorkerPool pool(1);
  int niceness = 0;
  post(pool, 1,
       [&niceness] { niceness = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); });
  ASSERT_EQ(finished(1).size(), 1U);
  const int own = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
  EXPECT_EQ(niceness, std::min(own + 10, 19));
}

TEST_F(WorkerPoolTest, LeavesSignalsToOthers) {
  WorkerPool pool(1);
  sigset_t blocked;
  sigemptyset(&blocked);
  post(pool, 1, [&blocked] { pthread_sigmask(SIG_SETMASK, nullptr, &blocked); });
  ASSERT_EQ(finished(1).size(), 1U);
  EXPECT_EQ(sigismember(&blocked, SIGTERM), 1);
  EXPECT_EQ(sigismember(&blocked, SIGHUP), 1);
}

}  // namespace
}  // namespace tinyserve
