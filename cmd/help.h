// help.h — the answers to --help and --version.
#pragma once

#include <string>

namespace tinyserve::cmd {

// Usage, three examples and every flag of the table by group; at most 80 columns, ends with a line
// break.
[[nodiscard]] std::string help_text();

// "tinyserve X.Y.Z" on the first line; ends with a line break.
[[nodiscard]] std::string version_text();

}  // namespace tinyserve::cmd
