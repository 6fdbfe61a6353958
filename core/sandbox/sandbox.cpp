#include "sandbox/sandbox.h"

#include <sys/prctl.h>

#include "sandbox/landlock.h"
#include "sandbox/system_calls.h"

namespace tinyserve::sandbox {

Outcome confine(std::span<const Place> places) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    const Error error = fail("prctl");
    return {error, error};
  }
  // In this order: the filter lets no more be confined.
  auto files = confine_files(places);
  return {files, confine_system_calls()};
}

}  // namespace tinyserve::sandbox
