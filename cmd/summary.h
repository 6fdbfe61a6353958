// summary.h — what a run came to, in words, when it ends.
#pragma once

#include <string>
#include <vector>

#include "log/summary.h"

namespace tinyserve::cmd {

// The totals, how long answers took, the slowest paths and those that were not found: whole lines,
// fit for a terminal. Empty where nothing was asked for.
[[nodiscard]] std::string summary_text(const log::Summary& summary);

// Each broken link as "PATH on REFERER", and at last how many requests there were for paths beyond
// the table; nothing where none is broken.
[[nodiscard]] std::vector<std::string> broken_links(const log::Summary::MissingTable& links);

}  // namespace tinyserve::cmd
