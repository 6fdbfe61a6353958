#include "support/guard_page.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace tinyserve::test {

GuardPage::GuardPage(std::string_view bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t readable = (bytes.size() / page + 1) * page;
  mapped_ = readable + page;
  memory_ = ::mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  char* const end = static_cast<char*>(memory_) + readable;
  std::copy(bytes.begin(), bytes.end(), end - bytes.size());
  if (::mprotect(end, page, PROT_NONE) != 0) {
    throw std::system_error(errno, std::generic_category(), "mprotect");
  }
  view_ = std::string_view(end - bytes.size(), bytes.size());
}

GuardPage::~GuardPage() { ::munmap(memory_, mapped_); }

}  // namespace tinyserve::test
