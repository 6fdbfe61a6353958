// shared_fd.h — an open file that several owners may read from by offset (base).
//
// An answer that is on its way and a cache can hold the same open file; the last one closes it.
// Like Block, the count is not atomic: it stays within one loop's thread.
#pragma once

#include <cstdint>
#include <utility>

#include "base/unique_fd.h"

namespace tinyserve {

class SharedFd {
 public:
  // What was found when it was opened, for those who read it later.
  struct Version {
    std::int64_t mtime_ns = 0;
    std::uint64_t size = 0;
  };

  SharedFd() = default;
  explicit SharedFd(UniqueFd fd) : SharedFd(std::move(fd), Version{}) {}
  SharedFd(UniqueFd fd, Version version)
      : state_(fd ? new State{std::move(fd), 1, version} : nullptr) {}
  SharedFd(const SharedFd& other) : state_(other.state_) {
    if (state_ != nullptr) ++state_->references;
  }
  SharedFd(SharedFd&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  SharedFd& operator=(SharedFd other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~SharedFd() {
    if (state_ != nullptr && --state_->references == 0) delete state_;
  }

  // The descriptor, or -1; it stays open as long as this object or a copy of it lives.
  [[nodiscard]] int get() const { return state_ == nullptr ? -1 : state_->fd.get(); }
  [[nodiscard]] Version version() const { return state_ == nullptr ? Version{} : state_->version; }
  explicit operator bool() const { return state_ != nullptr; }

 private:
  struct State {
    UniqueFd fd;
    std::uint32_t references;
    Version version;
  };
  State* state_ = nullptr;
};

}  // namespace tinyserve
