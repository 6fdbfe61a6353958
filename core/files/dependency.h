// dependency.h — what a kept answer was chosen by: a path, and what was found there.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "files/facts.h"
#include "files/root.h"

namespace tinyserve::files {

struct Dependency {
  std::string path;            // absolute, so that whatever is swapped on the way there is seen
  std::optional<Facts> facts;  // absent: nothing was there

  // Whether the same version of the same file is there now, or still nothing. One stat(2).
  [[nodiscard]] bool holds() const;
  // The same by a shorter way, which is right while `root` is in place (Root::is_in_place).
  [[nodiscard]] bool holds_below(const Root& root) const;
  // Whether every change from `now` on can be seen: see is_settled().
  [[nodiscard]] bool is_settled(Instant now) const;

 private:
  [[nodiscard]] bool holds_at(int directory, const char* way) const;
};

}  // namespace tinyserve::files
