// facts.h — what is known of a file without reading it (stat(2)), and the entity tag made from it.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tinyserve::files {

enum class Kind : std::uint8_t { kRegular, kDirectory, kOther };

struct Facts {
  Kind kind = Kind::kOther;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;     // bytes
  std::int64_t mtime_ns = 0;  // since 1970; the content's last change, which people can set
  std::int64_t ctime_ns = 0;  // since 1970; the inode's last change, which they can't

  // Whether the same version of the same file is meant.
  friend bool operator==(const Facts&, const Facts&) = default;

  [[nodiscard]] std::int64_t mtime_s() const;  // rounded down
};

[[nodiscard]] Facts facts_of(const struct stat& status);
// The facts of an open file; fails with fstat(2)'s errors.
[[nodiscard]] Result<Facts> facts_of_open(int fd);

// Whether the open file, which had these facts, has not been written to since then. That of a file
// with no name left is seen by its size and mtime alone: losing the name changes the ctime, too.
[[nodiscard]] bool is_unchanged(int fd, const Facts& facts);

// A file younger than this may change again without a trace: time stamps are only as fine as the
// kernel's tick, and write(2) sets them before it copies the bytes.
inline constexpr std::int64_t kQuietUs = 2'000'000;
[[nodiscard]] bool is_settled(const Facts& facts, Instant now);

// A strong entity tag (RFC 9110 §8.8.3), quotes included: inode, size, mtime, ctime, and the
// content coding that the file is sent as, if any. While the file is not settled the tag also
// carries a number that occurs once, so that it never matches later.
[[nodiscard]] std::string entity_tag(const Facts& facts, std::string_view coding, Instant now);

// The same without that number, whatever the file's age. Of a young file it tells versions apart
// only as FileWriter uses it.
[[nodiscard]] std::string lasting_entity_tag(const Facts& facts);

}  // namespace tinyserve::files
