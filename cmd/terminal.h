// terminal.h — what the log should look like where it goes.
#pragma once

#include "cmd/environment.h"
#include "cmd/settings.h"

namespace tinyserve::cmd {

// Gives the pretty log its colours (see use_color) and, on a terminal, the terminal's width.
void suit_log_to_its_place(Settings& settings, const Environment& environment);

}  // namespace tinyserve::cmd
