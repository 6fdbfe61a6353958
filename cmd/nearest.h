// nearest.h — what somebody may have meant: the closest of several names.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tinyserve::cmd {

// How many single steps (a letter added, left out, replaced, or two neighbours swapped) lie between
// the two.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate closest to `given`, the first one of several; empty when none is close: a third of
// its letters may be wrong, or one, but never all.
[[nodiscard]] std::string nearest(std::string_view given, std::span<const std::string> candidates);

}  // namespace tinyserve::cmd
