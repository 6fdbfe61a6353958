#include "loop/jobs.h"

#include <fcntl.h>
#include <unistd.h>

#include <vector>

namespace tinyserve::loop {

namespace {

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::uint64_t kPartsAhead = 4;  // that the kernel begins to read meanwhile

}  // namespace

void PortionJob::finish() {
  if (has_failed()) portion_ = {{}, http::Portion::Then::kBroken, 0, "out of memory"};
  if (portion_.then == http::Portion::Then::kEnd) producer_->finish();
}

ReadAheadJob::ReadAheadJob(const net::SendQueue::FilePart& part)
    : file_(::fcntl(part.fd, F_DUPFD_CLOEXEC, 0)), offset_(part.offset), length_(part.length) {}

// What can't be read is for the sender to notice.
void ReadAheadJob::run() {
  ::posix_fadvise(file_.get(), static_cast<off_t>(offset_),
                  static_cast<off_t>(kPartsAhead * length_), POSIX_FADV_WILLNEED);
  std::vector<char> unused(kReadSize);
  ssize_t count = 1;
  for (std::uint64_t done = 0; done < length_ && count > 0;
       done += static_cast<std::uint64_t>(count)) {
    count = ::pread(file_.get(), unused.data(), unused.size(), static_cast<off_t>(offset_ + done));
    if (count < 0) break;
  }
}

}  // namespace tinyserve::loop
