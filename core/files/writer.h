// writer.h — steps 4 and 5 for PUT and DELETE: a file of the root is written or removed.
//
// The content goes to a temporary file beside the target, which is renamed over it when all of it
// is there: whoever reads sees the old file or the new one and nothing between. A writer that is
// destroyed before that leaves nothing behind. Where the file goes is found once, beneath the root
// and by the kernel's own word (Root::open_to_change); links in the root may lead there, out of it
// none does, --follow-symlinks or not. From then on the directory is held, under whatever name.
//
// Everything here blocks, for as long as a disk likes: it runs on a worker. A writer has one owner
// at a time and may be handed from thread to thread.
//
// What can't be done is an error of the system call that said so (ENOSPC, EDQUOT, EFBIG, EROFS,
// EACCES, ENAMETOOLONG ...), or one of these:
//
//   ENOENT     the directory is not there; for remove_file() also: the file is not
//   ENOTDIR    nor can it be, because a file stands in the way
//   EXDEV      the path leads out of the root
//   EISDIR     it is a directory
//   EEXIST     it is something else than a file: a link, a FIFO, a device
//   ECANCELED  the request's preconditions do not hold (http::may_change)
//   EACCES     also: the file that is there is read-only
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/unique_fd.h"
#include "files/root.h"
#include "http/request.h"

namespace tinyserve::files {

struct Written {
  enum class How : std::uint8_t { kCreated, kReplaced } how;
  // Of what was written, without the number that young files carry: see writer.cpp.
  std::string entity_tag;
};

class FileWriter {
 public:
  // Begins to write `path`, as Root::find() has it; `root` is not kept. The preconditions of
  // `request` are checked, so that content need not be sent in vain.
  [[nodiscard]] static Result<FileWriter> begin(const Root& root, const std::string& path,
                                                const http::Request& request);
  FileWriter(FileWriter&&) noexcept = default;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  // After an error there is nothing more to be done with the writer.
  [[nodiscard]] Result<void> append(std::string_view bytes);

  // Puts the file in its place if the preconditions of `request` still hold, and returns when the
  // disk has it. Once; afterwards the writer is spent.
  [[nodiscard]] Result<Written> commit(const http::Request& request);

 private:
  FileWriter(UniqueFd parent, std::string name)
      : parent_(std::move(parent)), name_(std::move(name)) {}
  [[nodiscard]] Result<void> create();
  [[nodiscard]] Result<Written> put_in_place(const http::Request& request);

  UniqueFd parent_;
  std::string name_;
  UniqueFd file_;
  std::string temporary_;  // in parent_; empty: there is none
};

// Removes the regular file at `path` beneath `root` if the preconditions of `request` hold.
[[nodiscard]] Result<void> remove_file(const Root& root, const std::string& path,
                                       const http::Request& request);

// Whether what `path` names may be the temporary file of a writer: such are nobody else's business.
[[nodiscard]] bool is_temporary(std::string_view path);

}  // namespace tinyserve::files
