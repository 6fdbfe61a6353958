// folders.h — whether anything has changed in a directory since something was proved of what is in
// it.
//
// What a name stands for changes with the directory: whoever makes, renames or removes something
// sets the directory's times, which nobody can set back (ctime). So one look at it, once a second,
// says of all its names that what was proved of them still holds. Symbolic links are another
// matter, since where they lead is not seen; and so are file systems that are not known to keep the
// times of every directory (of FAT's first one nobody does).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/shared_fd.h"
#include "files/dependency.h"
#include "files/facts.h"
#include "files/root.h"

namespace tinyserve::handlers {

class Folders {
 public:
  static constexpr std::int64_t kLookMs = 1000;  // from one look at a directory to the next

  // `root` must outlive this.
  explicit Folders(const files::Root& root) : root_(&root) {}

  struct Seen {
    // Of the directory; absent where changes can't be told: it is young, gone, not in the root, or
    // on another kind of file system.
    std::optional<files::Facts> facts;
    std::int64_t looked_ms = INT64_MIN / 2;  // when that was seen, on the monotonic clock
  };
  // The directory that `file`, a path in the root, lies in: as it was at most kLookMs ago.
  [[nodiscard]] Seen look(std::string_view file, Instant now);

  // The facts of that directory where it can be seen in there, as it is now, that `file` is in the
  // root, has these facts and is no link, and that nothing has the names of `siblings`, which are
  // absent. Otherwise, and where changes can't be told, nothing. While look() finds the same facts,
  // all that is still so.
  [[nodiscard]] std::optional<files::Facts> prove(const std::string& file,
                                                  const files::Facts& facts,
                                                  std::span<const files::Dependency> siblings,
                                                  Instant now);
  // The directory of the last prove() is kept open for others of the same turn. To be called at its
  // end, so that nobody is kept from unmounting.
  void close() { open_.reset(); }

 private:
  struct Folder {
    std::string path;
    Seen seen;
  };

  struct Open {
    std::string path;
    std::int64_t opened_us;  // that turn's time
    SharedFd directory;
    std::optional<files::Facts> facts;  // as in Seen
  };

  const files::Root* root_;
  std::optional<Open> open_;
  // Each has one place where it can be. The one that was there is forgotten.
  std::array<Folder, 64> folders_;
};

}  // namespace tinyserve::handlers
