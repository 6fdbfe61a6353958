// browser.h — shows a URL in the browser of whoever started the program (--open).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/environment.h"

namespace tinyserve::cmd {

// A program and its arguments.
using Command = std::vector<std::string>;

// What may show `url`, best first: the commands in BROWSER, which stand between colons, and
// xdg-open. In a command %s is the URL, which otherwise comes last, and %% a percent sign.
[[nodiscard]] std::vector<Command> browser_commands(const Environment& environment,
                                                    const std::string& url);

// The warning when open_browser() finds none.
inline constexpr std::string_view kNoBrowser =
    "there is no browser to open, nor xdg-open; name one in the variable BROWSER";

// Starts the first of these commands that there is, and does not wait for it: in a session of its
// own, so that Ctrl-C in our terminal is not meant for it, with nothing to read or to write, and
// without the variables that are for us alone. Returns whether there was one; how it fares is not
// known.
[[nodiscard]] bool open_browser(const Environment& environment, const std::string& url);

}  // namespace tinyserve::cmd
