// send_queue.h — step 7: what a connection still has to send, in order: bytes, blocks, and slices
// of files.
//
// Everything that one readable event brought is queued first and flushed once, so that small
// answers leave together in one segment. The queue counts bytes from its creation on; whoever needs
// to know when an answer has left remembers queued() at its end and compares it with sent().
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/block.h"
#include "base/result.h"
#include "base/shared_fd.h"

namespace tinyserve::net {

class SendQueue {
 public:
  // Adds a copy of `bytes`.
  void append(std::string_view bytes);
  // Adds `length` bytes of `block` from `offset` on; the block is kept until they have left.
  void append(Block block, std::uint64_t offset, std::uint64_t length);
  // Adds `length` bytes of `file` from `offset` on. kAnyTime: where the file system can't tell what
  // is in memory, nothing is taken to be.
  enum class FileReads : std::uint8_t { kFromMemory, kAnyTime };
  void append(SharedFd file, std::uint64_t offset, std::uint64_t length,
              FileReads reads = FileReads::kFromMemory);
  // `count` bytes at the front, fewer than there are, have been sent by somebody else.
  void has_sent(std::uint64_t count) { drop(count); }

  enum class Outcome : std::uint8_t {
    kEmpty,      // all of it has left
    kFull,       // the kernel takes no more for now
    kTurnOver,   // it would take more, but others have a right to their turn
    kBroken,     // the peer is gone
    kTruncated,  // a file ended before its slice did: what was announced can't be sent
    kChanged,    // a file was written to after a part of it, or of what is in front of it, has left
    kFailed,     // a file could not be read
    kCold,       // what comes next is a part of a file that is not in memory: see cold_part()
  };
  // Sends to the socket `fd` what it takes, and stops once `budget` bytes have left in this call,
  // or while it is not clear whether a file has changed.
  [[nodiscard]] Outcome flush(int fd, std::uint64_t budget);

  // After kCold: the part that would make the kernel read from the disk. Somebody should read it,
  // on a thread that may wait, and say so with part_is_warm().
  struct FilePart {
    int fd;  // open until the next call
    std::uint64_t offset;
    std::uint64_t length;
  };
  [[nodiscard]] FilePart cold_part() const;
  // The part will be sent whatever is in memory.
  void part_is_warm();

  // How much memory waits to leave, in bytes: of a block that others have as well, a share.
  [[nodiscard]] std::size_t held() const;

  [[nodiscard]] bool empty() const { return sent_ == queued_; }
  [[nodiscard]] std::uint64_t pending() const { return queued_ - sent_; }
  [[nodiscard]] std::uint64_t queued() const { return queued_; }
  [[nodiscard]] std::uint64_t sent() const { return sent_; }

 private:
  struct Segment {
    Block block;
    SharedFd file;
    std::uint64_t offset = 0;  // of what has not left yet, in the block or the file
    std::uint64_t length = 0;
    std::uint64_t warm_end = 0;  // of what need not be looked at before it is sent
    FileReads reads = FileReads::kFromMemory;
    bool grows = false;        // the block is this queue's own: more bytes can be put behind these
    std::uint32_t doubts = 0;  // how often the file looked as if it were about to grow
  };

  Outcome send_memory(int fd);
  Outcome send_blocks(int fd);
  Outcome account(ssize_t sent, std::size_t total, std::size_t end);
  Outcome send_file(int fd);
  void drop(std::uint64_t count);

  std::vector<Segment> segments_;
  std::size_t first_ = 0;  // of segments_ that has not left
  std::uint64_t queued_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace tinyserve::net
