#include "sandbox/system_calls.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "sandbox/own_pid.h"

namespace tinyserve::sandbox {

namespace {

// By make_filter.cpp.
constexpr sock_filter kFilter[] = {
#include "filter.inc"
};

constexpr bool names_own_pid(const sock_filter& instruction) { return instruction.k == kOwnPid; }

static_assert(std::count_if(std::begin(kFilter), std::end(kFilter), names_own_pid) == 1);

}  // namespace

Result<void> confine_system_calls() {
  sock_filter filter[std::size(kFilter)];
  std::copy(std::begin(kFilter), std::end(kFilter), filter);
  std::find_if(std::begin(filter), std::end(filter), names_own_pid)->k =
      static_cast<std::uint32_t>(::getpid());
  const sock_fprog program{std::size(filter), filter};
  // No foreign code runs here that would have to be kept from guessing: old kernels would slow the
  // process down for that.
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) !=
      0) {
    return fail("seccomp");
  }
  return {};
}

}  // namespace tinyserve::sandbox
