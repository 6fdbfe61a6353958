// flags.h — the one table that names every flag.
//
// The registration with CLI11 (options.cpp), the environment variables, --help, the manual page,
// the completions and the README's table are made from it (generate.h); so a new flag is a row here
// and a line in settings.cpp, where its value is interpreted. The texts are plain ASCII.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tinyserve::cmd {

// What a value is: decides what a shell completes after the flag, and whether `choices` are
// checked.
enum class ValueKind : std::uint8_t { kNone, kDirectory, kFile, kChoice, kAddress, kHost, kNumber };

// The sections of --help, in their order.
enum class Group : std::uint8_t { kServing, kListening, kLimits, kLog, kProgram };

// A setting can come from the environment too; a question (--help, --version) only makes sense when
// it is asked.
enum class Role : std::uint8_t { kSetting, kQuestion };

struct Flag {
  std::string_view name;          // the long one, without its dashes
  char short_name = '\0';         // '\0': none
  std::string_view metavar = {};  // empty: a switch
  ValueKind kind = ValueKind::kNone;
  std::string_view choices = {};       // "a|b|c" with kChoice
  std::string_view default_text = {};  // as a person would write it; empty: none worth telling
  bool repeatable = false;             // every one given counts; of others the last
  Group group = Group::kProgram;
  Role role = Role::kSetting;
  std::string_view brief = {};    // one line without a full stop
  std::string_view details = {};  // whole sentences for the manual page; often none
};

inline constexpr std::array kFlags{
    Flag{.name = "root",
         .metavar = "DIR",
         .kind = ValueKind::kDirectory,
         .default_text = ".",
         .group = Group::kServing,
         .brief = "what to serve, like ROOT: a directory or a single file",
         .details = "A name with a dash in front can only be given this way, or behind --."},
    Flag{.name = "index",
         .metavar = "NAME",
         .default_text = "index.html",
         .repeatable = true,
         .group = Group::kServing,
         .brief = "file that answers for its directory",
         .details = "Of several the first that exists is sent."},
    Flag{.name = "no-listing",
         .group = Group::kServing,
         .brief = "do not list a directory without an index",
         .details = "Such a directory is answered with 404."},
    Flag{.name = "dotfiles",
         .group = Group::kServing,
         .brief = "show names that begin with a dot",
         .details = "Without it they are neither listed nor sent."},
    Flag{.name = "follow-symlinks",
         .group = Group::kServing,
         .brief = "follow links that lead out of ROOT",
         .details = "Relative links that stay inside are always followed, absolute ones are not."},
    Flag{.name = "no-api",
         .group = Group::kServing,
         .brief = "leave /api/ to the files",
         .details = "Without it GET /api/ says Hello, and POST /api/echo answers with the bytes it "
                    "was sent."},

    Flag{.name = "port",
         .short_name = 'p',
         .metavar = "N",
         .kind = ValueKind::kNumber,
         .default_text = "8080",
         .group = Group::kListening,
         .brief = "port; 0 takes any free one",
         .details = "When no port is asked for and the default is taken, the next free one is "
                    "used. A port that is asked for is used or refused."},
    Flag{.name = "bind",
         .short_name = 'b',
         .metavar = "ADDR",
         .kind = ValueKind::kAddress,
         .default_text = "127.0.0.1 and ::1",
         .repeatable = true,
         .group = Group::kListening,
         .brief = "address to listen on, or localhost",
         .details =
             "Other devices reach what is served on 0.0.0.0, on :: or on an address of a network."},
    Flag{.name = "allow-host",
         .metavar = "NAME",
         .kind = ValueKind::kHost,
         .repeatable = true,
         .group = Group::kListening,
         .brief = "another host name that requests may ask for; * allows any",
         .details = "Requests for a foreign name are refused with 403, so that a web site cannot "
                    "read from this server by giving its own name your address."},

    Flag{.name = "max-connections",
         .metavar = "N",
         .kind = ValueKind::kNumber,
         .default_text = "10000",
         .group = Group::kLimits,
         .brief = "connections open at once",
         .details = "Where that is too few, one that has long been idle makes room, or the new one "
                    "gets a 503. The limit of open files may allow fewer."},
    Flag{.name = "max-body",
         .metavar = "BYTES",
         .kind = ValueKind::kNumber,
         .default_text = "64M",
         .group = Group::kLimits,
         .brief = "content of one request, with K, M or G",
         .details = "More is refused with 413."},
    Flag{.name = "header-timeout",
         .metavar = "SECONDS",
         .kind = ValueKind::kNumber,
         .default_text = "10",
         .group = Group::kLimits,
         .brief = "for the whole head of a request to arrive"},
    Flag{.name = "keep-alive-timeout",
         .metavar = "SECONDS",
         .kind = ValueKind::kNumber,
         .default_text = "60",
         .group = Group::kLimits,
         .brief = "idle time between requests; 0 closes after each"},

    Flag{.name = "log-format",
         .metavar = "FORMAT",
         .kind = ValueKind::kChoice,
         .choices = "json|none",
         .default_text = "json",
         .group = Group::kLog,
         .brief = "how requests are logged",
         .details = "See LOG below."},
    Flag{.name = "log-file",
         .metavar = "PATH",
         .kind = ValueKind::kFile,
         .default_text = "standard output",
         .group = Group::kLog,
         .brief = "where to; appended to, reopened on SIGHUP"},

    Flag{.name = "color",
         .metavar = "WHEN",
         .kind = ValueKind::kChoice,
         .choices = "auto|always|never",
         .default_text = "auto",
         .brief = "colour in messages"},
    Flag{.name = "quiet", .short_name = 'q', .brief = "print errors only"},
    Flag{.name = "verbose", .short_name = 'v', .brief = "print details, too"},
    Flag{.name = "help", .short_name = 'h', .role = Role::kQuestion, .brief = "print this help"},
    Flag{.name = "version",
         .short_name = 'V',
         .role = Role::kQuestion,
         .brief = "print the version"},
};

[[nodiscard]] constexpr bool is_switch(const Flag& flag) { return flag.metavar.empty(); }

// The row of the flag with this long name, or null.
[[nodiscard]] constexpr const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

}  // namespace tinyserve::cmd
