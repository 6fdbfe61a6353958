#include "support/cold_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

namespace tinyserve::test {

namespace {

// For each page of the file whether it is in memory (mincore(2)); preadv2(2) would have it read.
std::vector<unsigned char> residency(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  struct stat status {};
  std::vector<unsigned char> pages;
  if (fd < 0 || ::fstat(fd, &status) != 0) return pages;
  const auto size = static_cast<std::size_t>(status.st_size);
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) return pages;
  pages.assign((size + page - 1) / page, 1);
  ::mincore(memory, size, pages.data());
  ::munmap(memory, size);
  return pages;
}

}  // namespace

const TempTree::Below kDisk{TINYSERVE_DISK};

// Pages that another processor has just written take a moment.
bool drop_pages(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool dropped = false;
  for (int tries = 0; !dropped && tries < 50; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ::fsync(fd);
    ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    const auto pages = residency(path);
    dropped = std::none_of(pages.begin(), pages.end(), [](unsigned char bits) { return bits & 1; });
  }
  ::close(fd);
  return dropped;
}

bool is_resident(const std::string& path, std::size_t offset) {
  const auto pages = residency(path);
  const std::size_t page = offset / static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return page < pages.size() && (pages[page] & 1) != 0;
}

}  // namespace tinyserve::test
