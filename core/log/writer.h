// writer.h — step 8's last leg: a thread that writes the log so that no request ever waits for it.
//
// A loop's thread pushes whole lines into a bounded ring; the writer's thread takes all that is
// there in one write(2), when 64 KiB are there or 10 ms have passed, and sleeps for good while
// nothing comes: whoever pushes wakes it for a full batch, or for the first line after a rest. When
// whoever reads the log has stopped, lines are dropped and counted, and a "dropped" event line
// tells the count once there is room again. The descriptor is used as it is: O_NONBLOCK would leak
// into other processes that share it (a shell's terminal), hence the thread.
//
// What goes wrong is said once to the Diagnostics: a write that fails (ENOSPC, EDQUOT, EFBIG, EIO)
// is tried again every second and the lines wait in the ring meanwhile; a log whose reader has gone
// (EPIPE) is not written any more, and what is pushed then vanishes. A line that was cut by such a
// fault is completed later; where its beginning has gone (the file was truncated or reopened), the
// rest is dropped, and a file that ends within a line gets a line feed first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "log/diagnostics.h"
#include "log/options.h"

namespace tinyserve::log {

// How many threads push. One needs no lock.
enum class Pushers : std::uint8_t { kOne, kSeveral };

// One thread uses a Writer: it pushes and it stops. Only request_reopen() and dropped() may be
// called from elsewhere, and push() where there are several Pushers: not any more when stop() is
// called.
class Writer {
 public:
  static constexpr std::size_t kRingBytes = 1 << 20;

  // Opens `path` for appending (created with mode 0644 less the umask); an empty path is standard
  // output. Fails with open(2)'s errors: ENXIO for a FIFO that nobody reads, EBADF where standard
  // output is closed. `diagnostics` must live until stop() has returned. With another format than
  // JSON no event lines are written.
  [[nodiscard]] static Result<std::unique_ptr<Writer>> open(std::string path,
                                                            Diagnostics& diagnostics,
                                                            Format format = Format::kJson,
                                                            Pushers pushers = Pushers::kOne);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();  // stops as stop() does

  // Puts a complete line (or several) into the ring, all or nothing and in one piece; drops and
  // counts them when they do not fit, or there is no memory for the writer's thread, which is
  // started by the first push. Never waits for the log.
  void push(std::string_view lines);

  // Opens the path anew before the next write (log rotation), at the end of a line; nothing for
  // standard output. When that fails, a word says so and the old file is kept. Safe in a signal
  // handler.
  void request_reopen() noexcept;

  // Writes what is in the ring, waiting for at most `patience_ms` milliseconds for a reader that
  // has stopped; then the thread is left behind (it is stuck in write(2)), owning what it still
  // uses. Nothing more is written after this, apart from that one write. What is pushed later
  // vanishes.
  void stop(int patience_ms = 1000);

  // Lines dropped so far.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  struct Shared;
  explicit Writer(std::shared_ptr<Shared> shared);
  void push_alone(std::string_view lines);
  [[nodiscard]] bool start();

  std::shared_ptr<Shared> shared_;  // shared with the thread, which may outlive this object
  std::thread thread_;              // runs from the first push to stop()
};

}  // namespace tinyserve::log
