// escape.h — step 8: text of unknown origin as printable ASCII, for the formats that are no JSON.
// Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "log/buffer.h"

namespace tinyserve::log {

// Appends `text` to `out`. The quote, the backslash and whatever is not printable ASCII become
// \xHH, as nginx has it: nothing ends a quoted field early, breaks a line or reaches a terminal as
// a command. What would take more than `max_bytes` bytes is cut, and "..." follows.
void append_escaped(Buffer& out, std::string_view text, std::size_t max_bytes);

}  // namespace tinyserve::log
