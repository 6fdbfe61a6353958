// natural_order.h — names in the order in which people count and spell: file2 before file10, B
// between a and c. Pure; for listings.
#pragma once

#include <string_view>

namespace tinyserve::files {

// Whether `a` comes before `b`. Runs of decimal digits count as the numbers that they spell,
// however long; the case of A to Z does not count. Names that are equal by this are ordered by
// their bytes, so that different names always have an order. All other bytes are compared as they
// are.
[[nodiscard]] bool natural_before(std::string_view a, std::string_view b);

}  // namespace tinyserve::files
