// jobs.h — what a connection gives to a worker while an answer is being sent.
#pragma once

#include <cstdint>
#include <memory>

#include "base/unique_fd.h"
#include "base/worker_pool.h"
#include "http/producer.h"
#include "net/send_queue.h"

namespace tinyserve::loop {

// Makes the next portion of some content.
class PortionJob : public Job {
 public:
  explicit PortionJob(std::unique_ptr<http::Producer> producer) : producer_(std::move(producer)) {}
  void run() override { portion_ = producer_->produce(); }
  void finish() override;

  // Each once, after it has come back.
  [[nodiscard]] std::unique_ptr<http::Producer> take_producer() { return std::move(producer_); }
  [[nodiscard]] http::Portion take_portion() { return std::move(portion_); }

 private:
  std::unique_ptr<http::Producer> producer_;
  http::Portion portion_;
};

// Has the kernel read a part of a file, so that sending it does not wait for a disk.
class ReadAheadJob : public Job {
 public:
  explicit ReadAheadJob(const net::SendQueue::FilePart& part);
  void run() override;

 private:
  UniqueFd file_;  // of its own: a SharedFd stays with its loop
  std::uint64_t offset_;
  std::uint64_t length_;
};

}  // namespace tinyserve::loop
