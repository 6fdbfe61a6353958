// root.h — step 4: the one door to the file system. Nothing outside the root is ever opened.
//
// The kernel confines what is opened (openat2(2) with RESOLVE_BENEATH), so a symlink that is
// swapped in between a check and an open can't help anybody. A stat comes before each open, because
// opening a FIFO or a device may do something.
//
// The root is known by its path and may be replaced at any moment: people build into it all day.
// refresh() notices.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/shared_fd.h"
#include "base/unique_fd.h"
#include "files/facts.h"
#include "files/options.h"

namespace tinyserve::files {

// What a path leads to. A regular file is open for reading; a directory is open as a place
// (O_PATH); anything else is not open at all.
struct Entry {
  Facts facts;
  SharedFd file;
  bool is_slow = false;  // it lies on a file system as Root::is_slow() says
};

class Root {
 public:
  // Opens Options::root. Fails with stat(2)'s errors, and with ENOTDIR where it is neither a
  // directory nor a regular file.
  [[nodiscard]] static Result<Root> open(const Options& options);

  // kOutOfReach: what has come in its place cannot be read, see Options::is_pinned.
  enum class Change : std::uint8_t { kNone, kReplaced, kMissing, kOutOfReach };
  // Looks whether the path still leads to the same directory, and opens what it leads to now. One
  // stat when it does.
  [[nodiscard]] Change refresh();

  // Whether the path still leads to the same directory. One stat.
  [[nodiscard]] bool is_in_place() const;

  // Finds what `path` leads to: relative, decoded and normalised (http::decode_path), "" for the
  // root itself. Errors are those of stat(2) and openat2(2); EXDEV means that it leads out of the
  // root.
  [[nodiscard]] Result<Entry> find(const std::string& path) const;

  // The facts of what `path` leads to, be it inside the root or not: only find() decides that.
  // Errors are those of stat(2).
  [[nodiscard]] Result<Facts> look(const std::string& path) const;

  // Whether there is no such name, not even that of a link which leads nowhere.
  [[nodiscard]] bool is_vacant(const std::string& path) const;

  // Opens the directory `path` for what is in it to be changed: never outside the root, wherever
  // links may lead. Errors are those of openat2(2).
  [[nodiscard]] Result<UniqueFd> open_to_change(const std::string& path) const;

  // Another one for the same directory, for another thread. Fails with fcntl(2)'s errors.
  [[nodiscard]] Result<Root> duplicate() const;

  // Whether the directory was, when it was opened, on a file system that may take its time with
  // everything: over a network, or made by a program (statfs(2)).
  [[nodiscard]] bool is_slow() const { return is_slow_; }

  // Absolute.
  [[nodiscard]] const std::string& path() const { return path_; }
  // The absolute path of what is at `path` in the root.
  [[nodiscard]] std::string absolute(const std::string& path) const;
  // The directory, for calls that take a path from there, and such a path to what is at an absolute
  // one. It is a part of that, or all of it where it is not below the root's.
  [[nodiscard]] int directory() const { return directory_.get(); }
  [[nodiscard]] const char* way_to(const std::string& absolute) const;
  // In single-file mode the name of the file, which then is all that there is; otherwise empty.
  [[nodiscard]] const std::string& single_file() const { return single_file_; }
  [[nodiscard]] bool is_pinned() const { return is_pinned_; }

 private:
  Root() = default;
  [[nodiscard]] const std::string& directory_path() const;
  [[nodiscard]] bool is_same(const Facts& facts) const;
  [[nodiscard]] Result<void> reopen();
  [[nodiscard]] Result<UniqueFd> open_inside(const char* path, int flags) const;

  std::string path_;         // as given, made absolute
  std::string parent_path_;  // in single-file mode: of the file
  std::string single_file_;
  bool follow_symlinks_ = false;
  bool is_slow_ = false;
  bool is_pinned_ = false;
  bool is_out_of_reach_ = false;
  UniqueFd directory_;
  Facts directory_facts_;
};

// Whether an open file is on a file system as Root::is_slow() says: others may be mounted below the
// root. One statfs(2).
[[nodiscard]] bool is_on_slow_file_system(int fd);

// Whether an open directory is on a file system that is known to set a directory's times whenever
// something in it is made, renamed or removed. One statfs(2). Of overlays it depends on what lies
// below.
[[nodiscard]] bool keeps_directory_times(int fd);

// Opens `path` below `directory` with `flags`, without leaving it, following only symlinks that
// stay inside: the kernel's openat2(2), or open_beneath_by_walking() where it lacks that. Fails
// with EXDEV where the path leads outside.
[[nodiscard]] Result<UniqueFd> open_beneath(int directory, const char* path, int flags);

// The fall-back for kernels before 5.6: one component at a time, following no symlink at all (they
// fail with EXDEV).
[[nodiscard]] Result<UniqueFd> open_beneath_by_walking(int directory, std::string_view path,
                                                       int flags);

}  // namespace tinyserve::files
