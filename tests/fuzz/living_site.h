// living_site.h — a directory whose files change, and what was in them when (fuzz targets).
//
// Time is counted in moments: how many changes there have been. No two versions that are made here
// have the same size, so that they differ however fast they follow one another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_tree.h"

namespace tinyserve::fuzz {

class LivingSite {
 public:
  enum class Change : std::uint8_t { kOverwrite, kReplace, kRemove, kAppend, kShorten };
  static constexpr std::size_t kChangeCount = 5;
  static constexpr std::size_t kMostChanges = 150;

  // From one moment to another, both included.
  struct Span {
    std::size_t from;
    std::size_t to;
  };

  LivingSite();

  [[nodiscard]] const std::string& path() const { return tree_.path(); }

  // Everything as it was in the beginning, and nothing has ever changed.
  void reset();
  // Changes one of the files; what cannot be done to it because it is not there puts it there.
  // Without effect after kMostChanges.
  void change(std::size_t file, Change how);
  // Somebody else may have changed files, by putting others in their place.
  void look();
  [[nodiscard]] std::size_t moment() const { return moment_; }
  // Whether anybody has put a file there that is none of these.
  [[nodiscard]] bool has_strangers() const { return has_strangers_; }
  // Whether nothing half-done has been left.
  [[nodiscard]] bool is_tidy() const;

  // The file that `target` names, or null: "/" is "/index.html".
  struct File;
  [[nodiscard]] const File* file_of(std::string_view target) const;

  // What was in the file.
  struct Version {
    std::optional<std::string> content;  // nothing: there was no file
    std::size_t since;
    bool in_place;  // it was written over the one before, which is no more
  };
  struct File {
    std::string_view path;
    std::size_t size;  // of its first version; 0: there is none in the beginning
    std::vector<Version> versions{};

    // The versions that there were in this time.
    [[nodiscard]] std::vector<const Version*> versions_in(Span span) const;
    // Whether one of them was this one.
    [[nodiscard]] bool was(std::string_view content, Span span) const;
    [[nodiscard]] bool was_absent(Span span) const;
    // Whether one of them was changed where it was, so that who reads it bit by bit gets bits of
    // several.
    [[nodiscard]] bool was_written_over(Span span) const;
    // Whether each byte is that of one of them at the same place.
    [[nodiscard]] bool was_mixture(std::string_view content, Span span) const;
  };

 private:
  [[nodiscard]] std::vector<std::string> strangers() const;
  void write(File& file, Change how, std::string content);

  test::TempTree tree_;
  std::vector<File> files_;
  std::size_t moment_ = 0;
  bool has_strangers_ = false;
};

}  // namespace tinyserve::fuzz
