// temp_tree.h — a directory of files that lives as long as a test (tests).
//
// Each object has a directory of its own, so tests run side by side. Paths are relative to it.
// What cannot be done throws std::filesystem::filesystem_error or std::system_error.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace tinyserve::test {

class TempTree {
 public:
  struct File {
    std::string path;
    std::string content;
  };
  // Where its directory is made; empty: where temporary files go.
  struct Below {
    std::string parent;
  };
  static inline const Below kTemporary{};

  TempTree(std::initializer_list<File> files = {}) : TempTree(kTemporary, files) {}
  TempTree(const Below& place, std::initializer_list<File> files);
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;
  ~TempTree();  // removes everything below

  // The absolute path of the directory, and of something in it.
  [[nodiscard]] const std::string& path() const { return root_; }
  [[nodiscard]] std::string path(std::string_view relative) const;

  void write(std::string_view relative, std::string_view content) const;    // in place
  void replace(std::string_view relative, std::string_view content) const;  // by a rename over it
  void append(std::string_view relative, std::string_view content) const;
  [[nodiscard]] std::string read(std::string_view relative) const;
  void make_dir(std::string_view relative) const;
  void symlink(const std::string& target, std::string_view relative) const;
  void fifo(std::string_view relative) const;
  void unix_socket(std::string_view relative) const;
  void remove(std::string_view relative) const;  // with everything below it
  void rename(std::string_view from, std::string_view to) const;

 private:
  std::string root_;
};

}  // namespace tinyserve::test
