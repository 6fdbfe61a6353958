#include "files/facts.h"

#include <array>
#include <atomic>
#include <charconv>

namespace tinyserve::files {

namespace {

constexpr std::int64_t kNsPerS = 1'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  // Absurd stamps (a broken archive can say the year 300 billion) wrap rather than overflow; only
  // equality counts.
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(time.tv_sec) * kNsPerS +
                                   static_cast<std::uint64_t>(time.tv_nsec));
}

Kind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return Kind::kRegular;
  if (S_ISDIR(mode)) return Kind::kDirectory;
  return Kind::kOther;
}

void append_hex(std::string& out, std::uint64_t number) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  out.append(digits.data(), end);
}

// What a tag says of the file itself.
std::string version_of(const Facts& facts) {
  std::string text;
  append_hex(text, facts.inode);
  for (const auto part : {facts.size, static_cast<std::uint64_t>(facts.mtime_ns),
                          static_cast<std::uint64_t>(facts.ctime_ns)}) {
    text += '-';
    append_hex(text, part);
  }
  return text;
}

// Occurs once in this process, and not in an earlier one: counts up from the clock's reading at the
// first call.
std::uint64_t next_nonce() {
  static std::atomic<std::uint64_t> next{static_cast<std::uint64_t>(clock_us(CLOCK_REALTIME))};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

std::int64_t Facts::mtime_s() const {
  return mtime_ns / kNsPerS - (mtime_ns % kNsPerS < 0 ? 1 : 0);
}

Facts facts_of(const struct stat& status) {
  Facts facts;
  facts.kind = kind_of(status.st_mode);
  facts.device = status.st_dev;
  facts.inode = status.st_ino;
  facts.size = static_cast<std::uint64_t>(status.st_size);
  facts.mtime_ns = nanoseconds(status.st_mtim);
  facts.ctime_ns = nanoseconds(status.st_ctim);
  return facts;
}

Result<Facts> facts_of_open(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return fail("fstat");
  return facts_of(status);
}

bool is_unchanged(int fd, const Facts& facts) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return false;
  Facts now = facts_of(status);
  if (status.st_nlink == 0) now.ctime_ns = facts.ctime_ns;
  return now == facts;
}

bool is_settled(const Facts& facts, Instant now) {
  return facts.ctime_ns / 1000 <= now.wall_us - kQuietUs;
}

std::string entity_tag(const Facts& facts, std::string_view coding, Instant now) {
  std::string tag = "\"" + version_of(facts);
  if (!coding.empty()) tag.append("-").append(coding);
  if (!is_settled(facts, now)) {
    tag += "-n";
    append_hex(tag, next_nonce());
  }
  tag += '"';
  return tag;
}

std::string lasting_entity_tag(const Facts& facts) { return '"' + version_of(facts) + '"'; }

}  // namespace tinyserve::files
