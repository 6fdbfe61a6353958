#include "sandbox/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "base/unique_fd.h"

namespace tinyserve::sandbox {

namespace {

// The toolchain's header may be older than the kernel: what it may lack, by linux/landlock.h.
constexpr std::uint64_t kRefer = 1U << 13;        // version 2
constexpr std::uint64_t kTruncate = 1U << 14;     // version 3
constexpr std::uint64_t kIoctlDevice = 1U << 15;  // version 5
constexpr std::uint64_t kBindTcp = 1U << 0;       // version 4, like the next
constexpr std::uint64_t kConnectTcp = 1U << 1;
constexpr std::uint64_t kAbstractSocket = 1U << 0;  // version 6, like the next
constexpr std::uint64_t kSignal = 1U << 1;

struct RulesetAttributes {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scoped;
};

constexpr std::uint64_t kReading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kAppending =
    kReading | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG;
constexpr std::uint64_t kChanging = kAppending | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                    kRefer | kTruncate;
// Of these, what a rule may grant for a file that is no directory.
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

// All that version 1 knows. What is not handled is allowed.
constexpr std::uint64_t kFirstFiles = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;

// What a kernel of `version` can refuse: asking for more is an error.
RulesetAttributes refusable(int version) {
  RulesetAttributes all{kFirstFiles, 0, 0};
  if (version >= 2) all.files |= kRefer;
  if (version >= 3) all.files |= kTruncate;
  if (version >= 4) all.network = kBindTcp | kConnectTcp;
  if (version >= 5) all.files |= kIoctlDevice;
  if (version >= 6) all.scoped = kAbstractSocket | kSignal;
  return all;
}

// How much of the attributes a kernel of `version` reads.
std::size_t size_for(int version) {
  if (version >= 6) return sizeof(RulesetAttributes);
  return version >= 4 ? offsetof(RulesetAttributes, scoped) : offsetof(RulesetAttributes, network);
}

std::uint64_t rights(Access access) {
  switch (access) {
    case Access::kRead:
      return kReading;
    case Access::kAppend:
      return kAppending;
    case Access::kChange:
      break;
  }
  return kChanging;
}

Result<void> allow(int ruleset, const Place& place, std::uint64_t refusable_rights) {
  const UniqueFd there(::open(place.path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!there || ::fstat(there.get(), &status) != 0) return fail("open");
  std::uint64_t granted = rights(place.access) & refusable_rights;
  if (!S_ISDIR(status.st_mode)) granted &= kOfFiles;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = granted;
  rule.parent_fd = there.get();
  if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
    return fail("landlock_add_rule");
  return {};
}

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

Result<int> confine_files(std::span<const Place> places) {
  const int version = landlock_version();
  const RulesetAttributes attributes = refusable(version);
  const UniqueFd ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size_for(version), 0)));
  if (!ruleset) return fail("landlock_create_ruleset");
  for (const Place& place : places) {
    if (const auto allowed = allow(ruleset.get(), place, attributes.files); !allowed)
      return allowed.error();
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
    return fail("landlock_restrict_self");
  return version;
}

}  // namespace tinyserve::sandbox
