// function_job.h — a job that does what a test says (tests).
#pragma once

#include <functional>
#include <utility>

#include "base/worker_pool.h"

namespace tinyserve::test {

class FunctionJob : public Job {
 public:
  explicit FunctionJob(std::function<void()> function) : function_(std::move(function)) {}
  void run() override { function_(); }

 private:
  std::function<void()> function_;
};

}  // namespace tinyserve::test
