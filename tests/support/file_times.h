// file_times.h — what a test does about the time stamps of files (tests).
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdint>
#include <ctime>
#include <string>
#include <thread>

namespace tinyserve::test {

inline void set_mtime(const std::string& path, time_t seconds, long nanoseconds = 0) {
  const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0) << path;
}

// Stamps are only as fine as the kernel's tick: waits for the next one, so that whatever is done to
// the file afterwards leaves a trace.
inline void wait_for_next_stamp(const std::string& path) {
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0) << path;
  const auto ns = [](const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; };
  timespec now{};
  do {
    std::this_thread::yield();
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  } while (ns(now) <= ns(status.st_ctim));
}

}  // namespace tinyserve::test
