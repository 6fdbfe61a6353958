// generate.h — what the hidden --generate prints: every text outside the program that names its
// flags, made from the one table of them.
//
// The results are committed (man/, completions/, the table in README.md): packaging/generate writes
// them, and the tests generated.* compare. The functions take the table as an argument so that a
// test can hand them texts that are hard to quote. Pure: they read and write nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cmd/flags.h"

namespace tinyserve::cmd {

// Scripts that complete the command line; each ends with a line break. The one for bash needs no
// helper of the bash-completion package.
[[nodiscard]] std::string bash_completion(std::span<const Flag> flags);
[[nodiscard]] std::string zsh_completion(std::span<const Flag> flags);
[[nodiscard]] std::string fish_completion(std::span<const Flag> flags);

// The manual page in mdoc(7): share/manual.mdoc with the options and the environment filled in.
[[nodiscard]] std::string manual_page(std::span<const Flag> flags);

// The rows of the manual's OPTIONS and ENVIRONMENT.
[[nodiscard]] std::string manual_options(std::span<const Flag> flags);
[[nodiscard]] std::string manual_environment(std::span<const Flag> flags);

// The table of flags in README.md, in Markdown.
[[nodiscard]] std::string readme_table(std::span<const Flag> flags);

// What `--generate kind` prints; nothing when `kind` is none of kGenerateKinds.
inline constexpr std::string_view kGenerateKinds = "bash, zsh, fish, man or readme";
[[nodiscard]] std::optional<std::string> generate(std::string_view kind);

}  // namespace tinyserve::cmd
