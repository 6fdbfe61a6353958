#include "files/content.h"

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>

namespace tinyserve::files {

namespace {

constexpr int kReadTries = 4;

// preadv2(2); file systems that can't tell whether they would wait keep files in memory, or wait.
ssize_t read_at(int fd, char* to, std::size_t size, std::size_t offset, Wait wait) {
  const iovec place{to, size};
  const auto begin = static_cast<off_t>(offset);
  ssize_t count = -1;
  do {
    count = ::preadv2(fd, &place, 1, begin, wait == Wait::kNo ? RWF_NOWAIT : 0);
    if (count < 0 && errno == EOPNOTSUPP) count = ::pread(fd, to, size, begin);
  } while (count < 0 && errno == EINTR);
  return count;
}

// Appends what follows `offset` to `block`, until that has `size` bytes or the file ends.
Result<void> read_into(Block& block, int fd, std::uint64_t offset, std::size_t size, Wait wait) {
  while (block.room() > 0) {
    const ssize_t count = read_at(fd, block.tail(), block.room(), offset + block.size(), wait);
    if (count < 0) return fail("preadv2");
    block.grow(static_cast<std::size_t>(count));
    if (count == 0 || block.size() == size) break;
  }
  return {};
}

// Everything from the start of the file on: `size` bytes, or what there is where it has been
// written to and has another size now, but never more than one byte too many.
Result<Block> read_all(int fd, std::size_t size, Wait wait) {
  Block block = Block::with_capacity(size + 1);
  if (const auto read = read_into(block, fd, 0, size, wait); !read) return read.error();
  return block;
}

}  // namespace

Result<FileContent> content_of(const Entry& entry, Wait wait, std::uint64_t most_read) {
  FileContent content{entry.facts, {}};
  const int fd = entry.file.get();
  for (int tries = 0; content.facts.size <= most_read; ++tries) {
    auto block = read_all(fd, static_cast<std::size_t>(content.facts.size), wait);
    if (!block) return block.error();
    const auto after = facts_of_open(fd);
    if (!after) return after.error();
    const bool settled = *after == content.facts && block->size() == content.facts.size;
    content.facts = *after;
    if (!settled && tries < kReadTries) continue;
    // Somebody writes faster than we read. What was read is what is sent; such a file is young, so
    // its tag says so.
    content.facts.size = block->size();
    content.body = http::BlockSlice{*block, 0, block->size()};
    return content;
  }
  content.body = http::FileSlice{entry.file, 0, content.facts.size, entry.is_slow};
  return content;
}

Result<Block> part_of_version(int fd, const Facts& facts, std::uint64_t offset, std::size_t length,
                              Wait wait) {
  Block block = Block::with_capacity(length);
  if (const auto read = read_into(block, fd, offset, length, wait); !read) return read.error();
  if (block.size() != length || !is_unchanged(fd, facts)) return fail("preadv2", ESTALE);
  return block;
}

}  // namespace tinyserve::files
