#include "log/writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/thread.h"
#include "base/unique_fd.h"
#include "log/buffer.h"
#include "log/json.h"
#include "log/record.h"

namespace tinyserve::log {
namespace {

constexpr std::size_t kBatchBytes = 64 * 1024;
constexpr std::chrono::milliseconds kBatchDelay{10};
constexpr std::chrono::seconds kRetryDelay{1};
constexpr std::size_t kMaxDroppedLine = 128;

// A bounded queue of bytes between one producer (or several, one at a time) and one consumer,
// without a lock.
//
//     0 ........ tail ======== head ........ kRingBytes     tail and head count all bytes ever
//                consumer      producer                     passed; their low bits are the place
//
// Bytes before `head` are complete: it is stored after them (release) and loaded before them
// (acquire); likewise `tail` for the room that the consumer gives back. `head` takes part in going
// to sleep as well, see Shared::mode, and is sequentially consistent for that.
class Ring {
 public:
  // For the producer.
  [[nodiscard]] std::size_t room() const {
    return kSize - (head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_acquire));
  }
  // Appends bytes that fit.
  void append(std::string_view bytes) {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    const std::size_t before_end = std::min(bytes.size(), kSize - place(head));
    std::memcpy(&bytes_[place(head)], bytes.data(), before_end);
    std::memcpy(&bytes_[0], bytes.data() + before_end, bytes.size() - before_end);
    head_.store(head + bytes.size(), std::memory_order_seq_cst);
  }

  // For both.
  [[nodiscard]] std::size_t size() const {
    // In this order, so that the consumer between the two loads cannot make the result negative.
    const std::size_t tail = tail_.load(std::memory_order_acquire);
    return head_.load(std::memory_order_seq_cst) - tail;
  }

  // For the consumer: the first `size` bytes, in the one or two runs where they lie.
  [[nodiscard]] std::array<iovec, 2> front(std::size_t size) const {
    const std::size_t from = place(tail_.load(std::memory_order_relaxed));
    const std::size_t before_end = std::min(size, kSize - from);
    return {iovec{&bytes_[from], before_end}, iovec{&bytes_[0], size - before_end}};
  }
  [[nodiscard]] char at(std::size_t offset) const {
    return bytes_[place(tail_.load(std::memory_order_relaxed) + offset)];
  }
  void drop_front(std::size_t size) {
    tail_.store(tail_.load(std::memory_order_relaxed) + size, std::memory_order_release);
  }

 private:
  static constexpr std::size_t kSize = Writer::kRingBytes;
  static_assert((kSize & (kSize - 1)) == 0);
  static constexpr std::size_t place(std::size_t position) { return position & (kSize - 1); }

  // Apart from each other, so that the two threads do not fight for one line of their caches.
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
  // Not cleared: the kernel gives the pages when they are first needed.
  const std::unique_ptr<char[]> bytes_{new char[kSize]};
};

// What the writer's thread is doing, as far as it concerns the one who pushes.
enum class Mode : std::uint8_t {
  kAwake,      // it looks at the ring before it sleeps: nothing to be done
  kGathering,  // sleeps until kBatchBytes are there, or a short time has passed
  kAsleep,     // sleeps until anything is there
};

UniqueFd open_log(const std::string& path) {
  if (path.empty()) return UniqueFd{::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)};
  // O_NONBLOCK makes a FIFO without a reader an error instead of a wait. It is set on a description
  // of our own, which nobody shares.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  return UniqueFd{::open(path.c_str(), kFlags, 0644)};
}

// The size of the regular file behind `fd`; nothing for what is none.
std::optional<off_t> size_of_file(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return status.st_size;
}

// Whether the file at `path`, which `fd` appends to, ends within a line: whoever wrote it last met
// a full disk, or was killed.
bool ends_within_line(int fd, const std::string& path) {
  const auto size = size_of_file(fd);
  if (!size || *size == 0) return false;
  const UniqueFd reader{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
  char last = '\n';
  return reader && ::pread(reader.get(), &last, 1, *size - 1) == 1 && last != '\n';
}

void wait_writable(int fd) {
  pollfd poll{fd, POLLOUT, 0};
  ::poll(&poll, 1, -1);
}

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace

// There is one of it, and its fields stand beside those that they are used with.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct Writer::Shared {
  Shared(std::string log_path, UniqueFd log_fd, Diagnostics& person, Format log_format,
         Pushers pushers)
      : path(std::move(log_path)),
        has_events(log_format == Format::kJson),
        has_several_pushers(pushers == Pushers::kSeveral),
        diagnostics(&person),
        fd(std::move(log_fd)),
        needs_line_feed(ends_within_line(fd.get(), path)) {}

  void drop(std::string_view lines);
  void tell_dropped(std::uint64_t count);
  void wake_if_due();
  void run();
  bool take_turn();
  bool wait_for_lines();
  bool write_all();
  Error write_batch();
  bool was_emptied() const;
  std::size_t take_written(std::size_t written);
  void reopen();
  void skip_torn_line();
  void note_failure(const Error& error);
  void note_success();
  bool is_stopping();
  void report(Severity severity, std::string_view text);

  Ring ring;
  const std::string path;
  const bool has_events;
  const bool has_several_pushers;
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<bool> closed{false};            // what is pushed vanishes: stopped, or EPIPE
  std::atomic<bool> abandoned{false};         // stop() has lost its patience: write no more
  std::atomic<bool> reopen_requested{false};  // set by a signal handler

  // Going to sleep without missing a line: the thread stores its mode and then looks at the ring
  // once more; the pusher stores the ring's head and then looks at the mode. All four are
  // sequentially consistent: whichever store comes second, the look behind it sees the other one.
  // The mutex is held for a few instructions only, never during a system call that writes.
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<Mode> mode{Mode::kAwake};
  bool stopping = false;  // under the mutex, like the next
  bool finished = false;

  std::mutex report_mutex;
  Diagnostics* diagnostics;  // null when the Writer has been stopped

  // The thread's own.
  UniqueFd fd;
  bool failing = false;  // the last write failed and its bytes are still in the ring
  bool is_told = false;  // and somebody knows
  bool in_line = false;  // the last byte written was not the end of a line
  bool needs_line_feed;  // before anything else is written: the file had such an end already
  std::optional<off_t> size_when_failing;
  std::uint64_t dropped_before_failure = 0;

  // The pusher's own; of several, each other's in turn.
  std::mutex push_mutex;
  std::uint64_t dropped_told = 0;  // in "dropped" lines
};

static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler stores it");

Result<std::unique_ptr<Writer>> Writer::open(std::string path, Diagnostics& diagnostics,
                                             Format format, Pushers pushers) {
  UniqueFd fd = open_log(path);
  if (!fd) return fail("open");
  auto shared =
      std::make_shared<Shared>(std::move(path), std::move(fd), diagnostics, format, pushers);
  return std::unique_ptr<Writer>(new Writer(std::move(shared)));
}

Writer::Writer(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

Writer::~Writer() { stop(); }

void Writer::push(std::string_view lines) {
  std::unique_lock lock(shared_->push_mutex, std::defer_lock);
  if (shared_->has_several_pushers) lock.lock();
  push_alone(lines);
}

void Writer::push_alone(std::string_view lines) {
  Shared& shared = *shared_;
  if (shared.closed.load(std::memory_order_relaxed)) return;
  if (!thread_.joinable() && !start()) return shared.drop(lines);
  const std::uint64_t dropped = shared.dropped.load(std::memory_order_relaxed);
  const bool is_untold = shared.has_events && dropped != shared.dropped_told;
  if (lines.size() + (is_untold ? kMaxDroppedLine : 0) > shared.ring.room()) {
    return shared.drop(lines);
  }
  if (is_untold) shared.tell_dropped(dropped);
  shared.ring.append(lines);
  shared.wake_if_due();
}

// False: nobody will write what is pushed. Without memory the next push tries again.
bool Writer::start() {
  try {
    try {
      thread_ = start_thread([shared = shared_] { shared->run(); });
    } catch (const std::system_error& error) {
      shared_->report(Severity::kError,
                      std::string("the log is not written: no thread: ") + error.code().message());
      shared_->closed = true;
    }
  } catch (const std::bad_alloc&) {
    return false;
  }
  return thread_.joinable();
}

void Writer::Shared::drop(std::string_view lines) {
  dropped.fetch_add(count_lines(lines), std::memory_order_relaxed);
}

// Or later, when there is memory for it.
void Writer::Shared::tell_dropped(std::uint64_t count) {
  try {
    Buffer event;
    append_event(event, Dropped{clock_us(CLOCK_REALTIME), count - dropped_told});
    ring.append(event.view());
    dropped_told = count;
  } catch (const std::bad_alloc&) {
    return;
  }
}

void Writer::request_reopen() noexcept { shared_->reopen_requested.store(true); }

void Writer::stop(int patience_ms) {
  Shared& shared = *shared_;
  shared.closed = true;
  if (thread_.joinable()) {
    std::unique_lock lock(shared.mutex);
    shared.stopping = true;
    shared.changed.notify_all();
    const bool has_finished = shared.changed.wait_for(lock, std::chrono::milliseconds(patience_ms),
                                                      [&shared] { return shared.finished; });
    lock.unlock();
    if (has_finished) {
      thread_.join();
    } else {
      shared.abandoned = true;
      thread_.detach();
      shared.report(Severity::kWarning,
                    "whoever reads the log has stopped: its last lines are lost");
    }
  }
  const std::lock_guard lock(shared.report_mutex);
  shared.diagnostics = nullptr;
}

std::uint64_t Writer::dropped() const { return shared_->dropped.load(std::memory_order_relaxed); }

// Called by the pusher, after it has put something into the ring.
void Writer::Shared::wake_if_due() {
  const Mode now = mode.load(std::memory_order_seq_cst);
  if (now == Mode::kAwake || (now == Mode::kGathering && ring.size() < kBatchBytes)) return;
  {
    // With the mutex the thread is either before its look at the ring, or sleeps and hears us. The
    // mode is taken back so that the next push need not come here as well; the thread sets it again
    // should it go on sleeping.
    const std::lock_guard lock(mutex);
    mode.store(Mode::kAwake, std::memory_order_relaxed);
  }
  changed.notify_all();
}

// The thread. It ends after stop(), or when nobody will ever read the log again.
void Writer::Shared::run() {
  while (wait_for_lines() && take_turn()) {
  }
  // The last act, since stop() may return at once.
  const std::lock_guard lock(mutex);
  finished = true;
  changed.notify_all();
}

// False when there is no use in going on. Words take memory, lines that are written do not: where
// there is none, the next turn finds what was to be said still to be true, and says it.
bool Writer::Shared::take_turn() {
  const bool is_to_reopen = reopen_requested.exchange(false);
  try {
    if (is_to_reopen) reopen();
    return write_all();
  } catch (const std::bad_alloc&) {
    if (is_to_reopen) reopen_requested = true;
    return !is_stopping();
  }
}

// Sleeps until a batch is due. False when it is time to end. It gathers before it sleeps for good,
// so that a pusher who goes on pushing need not wake it for the first line of each batch.
bool Writer::Shared::wait_for_lines() {
  std::unique_lock lock(mutex);
  const auto is_due = [this](Mode sleeping, std::size_t bytes) {
    mode.store(sleeping, std::memory_order_seq_cst);
    return stopping || ring.size() >= bytes;
  };
  if (failing) changed.wait_for(lock, kRetryDelay, [this] { return stopping; });
  const auto gather = [&] {
    changed.wait_for(lock, kBatchDelay, [&] { return is_due(Mode::kGathering, kBatchBytes); });
  };
  gather();
  if (ring.size() == 0) {
    changed.wait(lock, [&] { return is_due(Mode::kAsleep, 1); });
    gather();
  }
  mode.store(Mode::kAwake, std::memory_order_relaxed);
  return ring.size() > 0 && !abandoned;
}

// Writes what is in the ring, or notes why not. False when there is no use in trying again.
bool Writer::Shared::write_all() {
  const Error error = write_batch();
  if (!error.code) {
    note_success();
    return true;
  }
  if (error.is(EPIPE)) {
    closed = true;
    report(Severity::kWarning, "nobody reads the log any more: it is no longer written");
    return false;
  }
  note_failure(error);
  return !is_stopping();
}

// One batch: the bytes that are there now, whole lines at its end. What comes meanwhile gathers for
// the next one.
Error Writer::Shared::write_batch() {
  if (was_emptied()) skip_torn_line();
  // It goes to a regular file only, which neither blocks nor takes half a byte.
  if (needs_line_feed && ::write(fd.get(), "\n", 1) != 1) return fail("write");
  needs_line_feed = false;
  std::size_t left = ring.size();
  while (left > 0 && !abandoned) {
    const auto runs = ring.front(left);
    const ssize_t result = ::writev(fd.get(), runs.data(), runs[1].iov_len == 0 ? 1 : 2);
    if (result >= 0) {
      left -= take_written(static_cast<std::size_t>(result));
    } else if (errno == EAGAIN) {
      wait_writable(fd.get());
    } else if (errno != EINTR) {
      return fail("write");
    }
  }
  return Error{{}, ""};
}

// Whether somebody has made room by truncating the file in the middle of whose last line the disk
// was full.
bool Writer::Shared::was_emptied() const {
  if (!failing || !in_line || !size_when_failing) return false;
  const auto size = size_of_file(fd.get());
  return size && *size < *size_when_failing;
}

// Gives the room of `written` bytes back at once: a partial write means that the reader is slow.
std::size_t Writer::Shared::take_written(std::size_t written) {
  if (written == 0) return 0;
  in_line = ring.at(written - 1) != '\n';
  ring.drop_front(written);
  return written;
}

void Writer::Shared::reopen() {
  if (path.empty()) return;
  UniqueFd fresh = open_log(path);
  if (!fresh) {
    const Error error = fail("open");
    Buffer quoted;
    append_json_string(quoted, path);
    std::string text = "cannot open the log anew, the old file is kept: ";
    text += quoted.view();
    report(Severity::kWarning, text + ": " + error.code.message());
    return;
  }
  fd = std::move(fresh);
  needs_line_feed = ends_within_line(fd.get(), path);
  if (in_line) skip_torn_line();
}

// The beginning of a line was written and is no longer at the end of the log: the rest must not be
// written there. Lines come into the ring whole, so its end is there.
void Writer::Shared::skip_torn_line() {
  std::size_t size = 1;
  while (ring.at(size - 1) != '\n') ++size;
  ring.drop_front(size);
  in_line = false;
  dropped.fetch_add(1, std::memory_order_relaxed);
}

void Writer::Shared::note_failure(const Error& error) {
  size_when_failing = size_of_file(fd.get());
  if (!std::exchange(failing, true)) {
    dropped_before_failure = dropped.load(std::memory_order_relaxed);
    is_told = false;
  }
  if (is_told) return;
  report(Severity::kError, "cannot write the log, trying again: " + error.code.message());
  is_told = true;
}

void Writer::Shared::note_success() {
  if (!failing) return;
  const std::uint64_t lost = dropped.load(std::memory_order_relaxed) - dropped_before_failure;
  report(Severity::kInfo,
         "the log is written again; lines lost meanwhile: " + std::to_string(lost));
  failing = false;
}

bool Writer::Shared::is_stopping() {
  const std::lock_guard lock(mutex);
  return stopping;
}

// Its own mutex: stop() must be able to wait for a report that is under way, and a pusher must not.
void Writer::Shared::report(Severity severity, std::string_view text) {
  const std::lock_guard lock(report_mutex);
  if (diagnostics != nullptr) diagnostics->report(severity, text);
}

}  // namespace tinyserve::log
