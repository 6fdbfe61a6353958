// folders.h — whether anything may have changed in a directory, for whoever has looked at names in
// it before.
//
// What a name stands for changes with the directory: whoever makes, renames or removes something
// sets the directory's times, which nobody can set back (ctime). So one look at it, once a second,
// says for all its names that what was found still holds: that one leads to a file in the root, or
// that there is none of that name. Symbolic links are another matter: where they lead is not seen.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "files/facts.h"
#include "files/root.h"

namespace tinyserve::handlers {

class Folders {
 public:
  static constexpr std::int64_t kLookMs = 1000;  // from one look at a directory to the next

  // `root` must outlive this.
  explicit Folders(const files::Root& root) : root_(&root) {}

  struct Seen {
    // Another number after each change; 0 where changes can't be told: the directory is young,
    // gone, or not in the root.
    std::uint64_t version;
    std::int64_t looked_ms;  // when that was seen, on the monotonic clock
  };
  // Of the directory that `file`, a path in the root, lies in: as it was at most kLookMs ago.
  [[nodiscard]] Seen look(std::string_view file, Instant now);

 private:
  static constexpr std::int64_t kNever = INT64_MIN / 2;

  struct Folder {
    std::string path;
    std::int64_t looked_ms = kNever;
    std::uint64_t version = 0;
    std::optional<files::Facts> facts;  // absent: version 0
  };
  void look_anew(Folder& folder, Instant now);

  const files::Root* root_;
  std::uint64_t versions_ = 0;  // so far
  // Each has one place where it can be. The one that was there is forgotten.
  std::array<Folder, 64> folders_;
};

}  // namespace tinyserve::handlers
