// config_file.h — the lowest layer of settings: a file of JSON with the long names of the flags.
//
// It is read where --config names it, or as $XDG_CONFIG_HOME/tinyserve/config.json (XDG Base
// Directory Specification), and never from the served directory: a cloned repository must not
// change how the server listens. The only file that reads JSON is config_file.cpp.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "cmd/environment.h"
#include "cmd/options.h"

namespace tinyserve::cmd {

// What the text of a configuration says:
//
//   { "port": 9000, "no-api": true, "index": ["a.html", "b.html"], "cors": true }
//
// Comments are allowed. `path` names the file in errors, which say the line: text that is no JSON,
// a name that is no setting (with the nearest one), a name that stands there twice, a value of the
// wrong kind.
[[nodiscard]] std::variant<RawOptions, UsageError> parse_config(std::string_view text,
                                                                const std::string& path);

// The same of the file at `path`.
[[nodiscard]] std::variant<RawOptions, UsageError> read_config(const std::string& path);

// Where the user's own configuration is; empty when there is none.
[[nodiscard]] std::string find_user_config(const Environment& environment);

}  // namespace tinyserve::cmd
