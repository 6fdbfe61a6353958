// content.h — the bytes of an open file, as the body of a response.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "files/root.h"
#include "http/body.h"

namespace tinyserve::files {

// Files up to this size are read and leave with the head in one segment; larger ones are sent by
// sendfile(2). Copying is the cheaper way up to about here, and gives a consistent body while the
// file is being rewritten.
inline constexpr std::uint64_t kSmallFile = 64 * 1024;

// A regular file's facts and the body that belongs to them: both of the same version, also while
// somebody writes.
struct FileContent {
  Facts facts;
  http::Body body;
};

// Whether to wait for a disk.
enum class Wait : std::uint8_t { kNo, kYes };

// `entry` is a regular file, which is read when it has at most `most_read` bytes. Fails with the
// errors of pread(2) and fstat(2), and with EAGAIN where there would be a wait and should be none.
[[nodiscard]] Result<FileContent> content_of(const Entry& entry, Wait wait,
                                             std::uint64_t most_read = kSmallFile);

// The `length` bytes from `offset` on of an open file that had these facts. Fails with the errors
// of pread(2), with ESTALE where it has been written to since then, and with EAGAIN where there
// would be a wait and should be none.
[[nodiscard]] Result<Block> part_of_version(int fd, const Facts& facts, std::uint64_t offset,
                                            std::size_t length, Wait wait);

}  // namespace tinyserve::files
