#include "files/content.h"

#include <unistd.h>

namespace tinyserve::files {

namespace {

constexpr int kReadTries = 4;

// Everything from the start of the file, but at most `limit` bytes.
Result<Block> read_up_to(int fd, std::size_t limit) {
  Block block = Block::with_capacity(limit);
  while (block.room() > 0) {
    const std::size_t wanted = block.room();
    const ssize_t count = ::pread(fd, block.tail(), wanted, static_cast<off_t>(block.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("pread");
    block.grow(static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < wanted) break;  // of a regular file: its end
  }
  return block;
}

}  // namespace

Result<FileContent> content_of(const Entry& entry) {
  FileContent content{entry.facts, {}};
  const int fd = entry.file.get();
  for (int tries = 0; content.facts.size <= kSmallFile; ++tries) {
    // One byte more than announced: the file must end where it said it would.
    auto block = read_up_to(fd, static_cast<std::size_t>(content.facts.size) + 1);
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
  content.body = http::FileSlice{entry.file, 0, content.facts.size};
  return content;
}

}  // namespace tinyserve::files
