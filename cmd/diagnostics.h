// diagnostics.h — words for the person at the terminal, on standard error.
//
// The only file that knows spdlog is diagnostics.cpp.
#pragma once

#include <memory>

#include "cmd/environment.h"
#include "cmd/settings.h"
#include "log/diagnostics.h"

namespace tinyserve::cmd {

// Whether what is written to `fd` should be coloured. --color decides; with `auto`, in this order,
// NO_COLOR (not empty: no), CLICOLOR_FORCE (not empty and not 0: yes), TERM=dumb (no), and whether
// `fd` is a terminal.
[[nodiscard]] bool use_color(Color color, const Environment& environment, int fd);

// Writes one line per report: "tinyserve: text", warnings as "tinyserve: warning: text". kQuiet
// lets errors through only, kVerbose also what is for debugging. Any thread may report; control
// characters are made visible.
[[nodiscard]] std::unique_ptr<log::Diagnostics> make_diagnostics(const Settings& settings,
                                                                 const Environment& environment);

}  // namespace tinyserve::cmd
