#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "codec/encoder.h"

namespace tinyserve::codec {
namespace {

constexpr std::size_t kMany = 10'000;

// Lets this process have `room` bytes more than it has.
void limit_memory(rlim_t room) {
  rlim_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const rlim_t most = pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + room;
  const rlimit limit{most, most};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) std::_Exit(2);
}

// Opens encoders and keeps them until there is no memory for another.
void use_up_memory(Coding coding, const std::string& content) {
  std::vector<Encoder> encoders;
  encoders.reserve(kMany);
  while (encoders.size() < kMany) {
    encoders.emplace_back(coding);
    (void)encoders.back().encode(content, Flush::kNone);
  }
}

// Ends the process; with 0 when the fault was thrown and the next content is compressed again.
[[noreturn]] void run_out_of_memory(Coding coding) {
  const std::string content(100'000, 'x');
  limit_memory(64U << 20);
  try {
    use_up_memory(coding, content);
  } catch (const std::bad_alloc&) {
    std::_Exit(compress(coding, content) ? 0 : 3);
  }
  std::_Exit(4);
}

TEST(EncoderOutOfMemory, ThrowsAndGivesBackWhatItHad) {
  for (const Coding coding : {Coding::kBr, Coding::kZstd, Coding::kGzip}) {
    EXPECT_EXIT(run_out_of_memory(coding), ::testing::ExitedWithCode(0), "")
        << static_cast<int>(coding);
  }
}

}  // namespace
}  // namespace tinyserve::codec
