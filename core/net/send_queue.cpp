#include "net/send_queue.h"

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace tinyserve::net {

namespace {

constexpr std::size_t kCopyBlock = 16 * 1024;
constexpr std::uint64_t kCopiedSize = 4 * 1024;
constexpr std::size_t kMostVectors = 64;
constexpr std::uint64_t kFileQuantum = 512 * 1024;  // one sendfile(2) call
constexpr std::size_t kKeptSegments = 64;           // capacity that an empty queue may keep
constexpr std::uint32_t kMostDoubts = 1000;         // turns in which a file may be about to grow

// Whether the byte at `offset` of `fd` can be had without waiting for a disk (preadv2(2),
// RWF_NOWAIT). A file system that can't tell keeps its files in memory, or is slow.
bool is_in_memory(int fd, std::uint64_t offset, SendQueue::FileReads reads) {
  char byte = 0;
  const iovec place{&byte, 1};
  if (::preadv2(fd, &place, 1, static_cast<off_t>(offset), RWF_NOWAIT) >= 0) return true;
  if (errno == EOPNOTSUPP) return reads == SendQueue::FileReads::kFromMemory;
  return errno != EAGAIN;
}

// What has become of a file since it was opened. Longer, it still begins with the bytes that were
// announced. Of the same size, it was written to, or is about to grow: write(2) sets the time
// first.
enum class Since : std::uint8_t { kSame, kPerhapsLonger, kOther };
Since what_happened_to(const SharedFd& file) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return Since::kSame;  // reading it will tell
  const auto [mtime_ns, size] = file.version();
  const std::int64_t now_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  const auto now_size = static_cast<std::uint64_t>(status.st_size);
  if (now_ns == mtime_ns || now_size > size) return Since::kSame;
  return now_size == size ? Since::kPerhapsLonger : Since::kOther;
}

bool is_full(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS; }

}  // namespace

// Here and below, what needs memory comes first: all of it is added and counted, or nothing.
void SendQueue::append(std::string_view bytes) {
  // Only blocks of our own grow: others are shared with whoever handed them in.
  const bool can_grow = segments_.size() > first_ && segments_.back().grows;
  const std::string_view part = bytes.substr(0, can_grow ? segments_.back().block.room() : 0);
  const std::string_view rest = bytes.substr(part.size());
  const std::size_t last = segments_.size() - 1;
  if (!rest.empty()) {
    Block block = Block::with_capacity(std::max(rest.size(), kCopyBlock));
    block.append(rest);
    segments_.push_back({std::move(block), {}, 0, rest.size(), 0, {}, true});
  }
  if (!part.empty()) {
    segments_[last].block.append(part);
    segments_[last].length += part.size();
  }
  queued_ += bytes.size();
}

void SendQueue::append(Block block, std::uint64_t offset, std::uint64_t length) {
  if (length == 0) return;
  // What is small leaves in one piece with what is in front of it: copying is cheaper than another
  // vector.
  if (length <= kCopiedSize && !empty()) return append(block.view().substr(offset, length));
  segments_.push_back({std::move(block), {}, offset, length});
  queued_ += length;
}

void SendQueue::append(SharedFd file, std::uint64_t offset, std::uint64_t length, FileReads reads) {
  if (length == 0) return;
  segments_.push_back({{}, std::move(file), offset, length, 0, reads});
  queued_ += length;
}

SendQueue::Outcome SendQueue::flush(int fd, std::uint64_t budget) {
  const std::uint64_t start = sent_;
  while (!empty()) {
    if (sent_ - start >= budget) return Outcome::kTurnOver;
    const Outcome outcome = segments_[first_].block ? send_memory(fd) : send_file(fd);
    if (outcome != Outcome::kEmpty) return outcome;
  }
  segments_.clear();
  first_ = 0;
  if (segments_.capacity() > kKeptSegments) segments_.shrink_to_fit();
  return Outcome::kEmpty;
}

// Sends the blocks at the front with one call.
SendQueue::Outcome SendQueue::send_memory(int fd) {
  if (first_ + 1 < segments_.size()) return send_blocks(fd);
  const Segment& only = segments_[first_];
  const std::string_view bytes = only.block.view().substr(only.offset, only.length);
  ssize_t sent = 0;
  do {
    sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return account(sent, bytes.size(), segments_.size());
}

SendQueue::Outcome SendQueue::send_blocks(int fd) {
  std::array<iovec, kMostVectors> vectors;
  std::size_t count = 0;
  std::size_t total = 0;
  std::size_t at = first_;
  for (; at < segments_.size() && segments_[at].block && count < kMostVectors; ++at) {
    const std::string_view bytes =
        segments_[at].block.view().substr(segments_[at].offset, segments_[at].length);
    vectors[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
    total += bytes.size();
  }
  // A head is to leave in one segment with the beginning of the file that follows it.
  const int flags = MSG_NOSIGNAL | (at < segments_.size() ? MSG_MORE : 0);
  ssize_t sent = 0;
  do {
    if (count == 1) {
      sent = ::send(fd, vectors[0].iov_base, vectors[0].iov_len, flags);
    } else {
      msghdr message{};
      message.msg_iov = vectors.data();
      message.msg_iovlen = count;
      sent = ::sendmsg(fd, &message, flags);
    }
  } while (sent < 0 && errno == EINTR);
  return account(sent, total, at);
}

// What became of `total` bytes, those of the blocks in front of segment `end`, of which send(2)
// took `sent`.
SendQueue::Outcome SendQueue::account(ssize_t sent, std::size_t total, std::size_t end) {
  if (sent < 0) return is_full(errno) ? Outcome::kFull : Outcome::kBroken;
  if (static_cast<std::size_t>(sent) == total && end == segments_.size()) {
    sent_ += total;  // nothing is left: flush() forgets all of it at once
    return Outcome::kEmpty;
  }
  drop(static_cast<std::uint64_t>(sent));
  // A short count means that the kernel is full: asking again would only tell EAGAIN.
  return static_cast<std::size_t>(sent) < total ? Outcome::kFull : Outcome::kEmpty;
}

SendQueue::FilePart SendQueue::cold_part() const {
  const Segment& segment = segments_[first_];
  return {segment.file.get(), segment.offset, std::min(segment.length, kFileQuantum)};
}

void SendQueue::part_is_warm() {
  const FilePart part = cold_part();
  segments_[first_].warm_end = part.offset + part.length;
}

// Sends a part of the file slice at the front with one call. Pages come and go in runs: where the
// first and the last one are in memory, those between them are.
SendQueue::Outcome SendQueue::send_file(int fd) {
  Segment& segment = segments_[first_];
  // A file system that takes its time is not asked.
  const bool is_asked = segment.reads == FileReads::kFromMemory;
  switch (is_asked ? what_happened_to(segment.file) : Since::kSame) {
    case Since::kSame:
      break;
    case Since::kPerhapsLonger:
      if (segment.doubts++ < kMostDoubts) return Outcome::kTurnOver;
      [[fallthrough]];
    case Since::kOther:
      return Outcome::kChanged;
  }
  if (segment.offset >= segment.warm_end) {
    const FilePart part = cold_part();
    if (!is_in_memory(part.fd, part.offset, segment.reads) ||
        !is_in_memory(part.fd, part.offset + part.length - 1, segment.reads)) {
      return Outcome::kCold;
    }
    part_is_warm();
  }
  const std::uint64_t wanted = std::min(segment.warm_end - segment.offset, segment.length);
  auto offset = static_cast<off_t>(segment.offset);
  ssize_t sent = 0;
  do {
    sent = ::sendfile(fd, segment.file.get(), &offset, static_cast<std::size_t>(wanted));
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    if (is_full(errno)) return Outcome::kFull;
    return errno == EPIPE || errno == ECONNRESET || errno == ETIMEDOUT ? Outcome::kBroken
                                                                       : Outcome::kFailed;
  }
  // The count tells, not errno: nothing was sent, so the file has become shorter than what was
  // announced.
  if (sent == 0) return Outcome::kTruncated;
  drop(static_cast<std::uint64_t>(sent));
  return Outcome::kEmpty;
}

std::size_t SendQueue::held() const {
  std::size_t bytes = segments_.capacity() * sizeof(Segment);
  for (std::size_t at = first_; at < segments_.size(); ++at) {
    const Block& block = segments_[at].block;
    // One of several holders is the cache that the block came from, which has a bound of its own.
    const std::size_t clients = std::max<std::size_t>(block.holders(), 2) - 1;
    bytes += (block.size() + block.room()) / clients;
  }
  return bytes;
}

// Takes `count` bytes, which have left, from the front.
void SendQueue::drop(std::uint64_t count) {
  sent_ += count;
  while (count > 0) {
    Segment& segment = segments_[first_];
    const std::uint64_t part = std::min(count, segment.length);
    segment.offset += part;
    segment.length -= part;
    count -= part;
    if (segment.length > 0) return;
    segment = {};
    ++first_;
  }
}

}  // namespace tinyserve::net
