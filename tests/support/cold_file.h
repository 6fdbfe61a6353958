// cold_file.h — files whose content is not in memory (tests).
//
// A test that wants one asks drop_pages(), and skips itself where the file system keeps everything.
// One look at a cold page makes the kernel read it and what follows, though the look itself does
// not wait; so what is expected of a cold file is tried with a few of them: see kColdTries.
#pragma once

#include <cstddef>
#include <string>

#include "support/temp_tree.h"

namespace tinyserve::test {

// Where the build is: temporary files may lie on a file system that is nothing but memory.
extern const TempTree::Below kDisk;

// Has the kernel forget the content of the file at `path`; false when it still knows some of it.
[[nodiscard]] bool drop_pages(const std::string& path);
inline constexpr const char* kNothingIsDropped = "this file system keeps its files in memory";

// Whether the page with the byte at `offset` is in memory; looking does not change that.
[[nodiscard]] bool is_resident(const std::string& path, std::size_t offset);

// How often a page may come from the disk faster than the kernel finishes the look at it.
inline constexpr int kColdTries = 500;

}  // namespace tinyserve::test
