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
// checked. Of a word, unlike a choice, `choices` are only the likely ones.
enum class ValueKind : std::uint8_t {
  kNone,
  kDirectory,
  kFile,
  kChoice,
  kWord,
  kAddress,
  kHost,
  kNumber
};

// The sections of --help, in their order.
enum class Group : std::uint8_t { kServing, kAnswers, kListening, kLimits, kLog, kProgram };

// A setting can come from the environment too; a question (--help, --version) only makes sense when
// it is asked.
enum class Role : std::uint8_t { kSetting, kQuestion };

struct Flag {
  std::string_view name;          // the long one, without its dashes
  char short_name = '\0';         // '\0': none
  std::string_view metavar = {};  // empty: a switch
  ValueKind kind = ValueKind::kNone;
  std::string_view choices = {};       // "a|b|c" with kChoice and kWord
  std::string_view implied = {};       // not empty: the value may be left out and is this then;
                                       // one that is given stands behind "=" in the same argument
  std::string_view default_text = {};  // as a person would write it; empty: none worth telling
  bool repeatable = false;             // every one given counts; of others the last
  char separator = ',';                // between several in the environment
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
         .brief = "what to serve, a directory or a file",
         .details = "It is what ROOT is, too. A name with a dash in front can only be given this "
                    "way."},
    Flag{.name = "index",
         .metavar = "NAME",
         .default_text = "index.html",
         .repeatable = true,
         .group = Group::kServing,
         .brief = "answers for its directory",
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
    Flag{.name = "writable",
         .group = Group::kServing,
         .brief = "let clients change files by PUT and DELETE",
         .details = "Each file is replaced at once when all of it has arrived; directories are "
                    "neither made nor removed, and no link leads out of ROOT. A request needs a "
                    "Host that is known and, from a page of another origin, a --cors that names "
                    "it: an asterisk is not enough for either."},
    Flag{.name = "no-api",
         .group = Group::kServing,
         .brief = "leave /api/ to the files",
         .details = "Without it GET /api/ says Hello, POST /api/echo answers with the bytes it was "
                    "sent, and the section API has the rest."},
    Flag{.name = "spa",
         .metavar = "FILE",
         .kind = ValueKind::kFile,
         .implied = "index.html",
         .group = Group::kServing,
         .brief = "let FILE answer an app's routes",
         .details = "A path that leads to no file, and whose last part has no extension, is "
                    "answered with FILE (index.html), a path in ROOT, when it is asked for as a "
                    "page. Missing "
                    "scripts and pictures stay 404."},
    Flag{.name = "clean-urls",
         .group = Group::kServing,
         .brief = "let about.html answer for /about",
         .details = "A file or a directory with an index goes first. /about.html is answered, "
                    "too."},
    Flag{.name = "mime",
         .metavar = "EXT=TYPE",
         .repeatable = true,
         .group = Group::kServing,
         .brief = "media type of files with this extension",
         .details = "For example glsl=text/plain. A text type without charset is given utf-8."},
    Flag{.name = "no-file-cache",
         .group = Group::kServing,
         .brief = "read every file anew",
         .details = "For who writes to files that a program has mapped into its memory: that "
                    "leaves no trace. Every other change is seen in any case, see FILES THAT "
                    "CHANGE below."},

    Flag{.name = "cache",
         .metavar = "POLICY",
         .kind = ValueKind::kWord,
         .choices = "no-cache|no-store|immutable",
         .default_text = "no-cache",
         .group = Group::kAnswers,
         .brief = "how long browsers keep files",
         .details = "As no-cache, no-store, immutable, or a number of seconds. With no-cache a "
                    "browser asks each time and gets a 304 for what it has; the others keep "
                    "it from asking."},
    Flag{.name = "header",
         .metavar = "FIELD",
         .repeatable = true,
         .separator = '\n',
         .group = Group::kAnswers,
         .brief = "add 'Name: value' to every answer",
         .details = "It replaces a field of the same name. Those that frame an answer "
                    "cannot be set."},
    Flag{.name = "cors",
         .metavar = "ORIGIN",
         .implied = "*",
         .repeatable = true,
         .group = Group::kAnswers,
         .brief = "let pages of ORIGIN read what is served",
         .details = "Without a value, pages of all origins. Preflight requests are answered. "
                    "Requests of other sites' pages are refused "
                    "without it, with 403."},
    Flag{.name = "compress",
         .metavar = "WHEN",
         .kind = ValueKind::kChoice,
         .choices = "auto|on|off",
         .implied = "on",
         .group = Group::kAnswers,
         .brief = "compress text for whoever accepts it",
         .details =
             "As br, zstd or gzip, files of 256 bytes and more. With auto, the default, it is "
             "done where an address other than loopback is listened on: on one machine it "
             "only costs. "
             "Files that stand beside others as .br, .zst or .gz are sent in any case."},
    Flag{.name = "isolate",
         .group = Group::kAnswers,
         .brief = "allow SharedArrayBuffer: COOP, COEP, CORP"},

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
         .brief = "address to listen on",
         .details = "An IP address, or localhost for both of loopback. Other devices reach what is "
                    "served on 0.0.0.0, on :: or on an address of a network."},
    Flag{.name = "lan",
         .group = Group::kListening,
         .brief = "let other devices see it, with URLs and QR code",
         .details =
             "It listens on every address of the machine, prints the URLs that other devices "
             "can use and, on a terminal, the first of them as a QR code, "
             "if libqrencode is installed. In place of "
             "--bind."},
    Flag{.name = "open",
         .group = Group::kListening,
         .brief = "open the browser",
         .details =
             "The one that the variable BROWSER names, or else the desktop's own. Where there "
             "is none, it warns and serves."},
    Flag{.name = "allow-host",
         .metavar = "NAME",
         .kind = ValueKind::kHost,
         .repeatable = true,
         .group = Group::kListening,
         .brief = "another name to answer to; * allows any",
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
    Flag{.name = "threads",
         .metavar = "N",
         .kind = ValueKind::kNumber,
         .default_text = "1",
         .group = Group::kLimits,
         .brief = "threads that answer requests",
         .details =
             "A connection stays with one of them. One answers tens of thousands of requests "
             "a second, as fast as its processor can; more of them, at most 256, help "
             "where that is too few and there are processors to spare, such as in a load "
             "test. The limits are for all of them together."},
    Flag{.name = "workers",
         .metavar = "N",
         .kind = ValueKind::kNumber,
         .default_text = "cores, up to 4",
         .group = Group::kLimits,
         .brief = "threads for what takes long",
         .details = "They compress files, list large directories and read from slow disks. None is "
                    "started before it has something to do."},
    Flag{.name = "max-body",
         .metavar = "BYTES",
         .kind = ValueKind::kNumber,
         .default_text = "64M",
         .group = Group::kLimits,
         .brief = "content of one request",
         .details = "With K, M or G for powers of 1024. More is refused with 413."},
    Flag{.name = "header-timeout",
         .metavar = "SECS",
         .kind = ValueKind::kNumber,
         .default_text = "10",
         .group = Group::kLimits,
         .brief = "for the head of a request to arrive",
         .details = "It counts from the first byte; a client that is slower gets a 408."},
    Flag{.name = "keep-alive-timeout",
         .metavar = "SECS",
         .kind = ValueKind::kNumber,
         .default_text = "60",
         .group = Group::kLimits,
         .brief = "idle time between requests",
         .details = "0 closes a connection after each answer."},

    Flag{.name = "log-format",
         .metavar = "FORMAT",
         .kind = ValueKind::kChoice,
         .choices = "json|pretty|combined|common|none",
         .default_text = "json",
         .group = Group::kLog,
         .brief = "as json, pretty, combined, common, none",
         .details = "See LOG below."},
    Flag{.name = "log-file",
         .metavar = "PATH",
         .kind = ValueKind::kFile,
         .default_text = "standard output",
         .group = Group::kLog,
         .brief = "where to, appended"},
    Flag{.name = "log-ignore",
         .metavar = "GLOB",
         .repeatable = true,
         .group = Group::kLog,
         .brief = "paths that are not logged",
         .details = "A pattern as a shell has them, such as '*.map' or '/assets/*', for the whole "
                    "path as the log shows it. * matches a slash as well."},

    Flag{.name = "config",
         .metavar = "FILE",
         .kind = ValueKind::kFile,
         .brief = "JSON with settings, by the flags' long names",
         .details = "A flag or a variable outvotes it. The user's own, see FILES, is not read "
                    "then."},
    Flag{.name = "color",
         .metavar = "WHEN",
         .kind = ValueKind::kChoice,
         .choices = "auto|always|never",
         .default_text = "auto",
         .brief = "colour in messages and the log"},
    Flag{.name = "fail-on-404",
         .brief = "exit 3 if a link of the site was broken",
         .details = "A link is the site's own when the Referer of its request has the scheme, host "
                    "and port that the request was sent to. What browsers ask for by themselves, "
                    "such as /favicon.ico, does not count."},
    Flag{.name = "no-sandbox",
         .brief = "do not confine the process",
         .details = "For odd environments. See SANDBOX."},
    Flag{.name = "quiet", .short_name = 'q', .brief = "print errors only"},
    Flag{.name = "verbose",
         .short_name = 'v',
         .brief = "print details, too",
         .details = "Among them what the sandbox confines, and what memory may come to."},
    Flag{.name = "help", .short_name = 'h', .role = Role::kQuestion, .brief = "print this help"},
    Flag{.name = "version",
         .short_name = 'V',
         .role = Role::kQuestion,
         .brief = "print the version"},
};

[[nodiscard]] constexpr bool is_switch(const Flag& flag) { return flag.metavar.empty(); }
[[nodiscard]] constexpr bool value_is_optional(const Flag& flag) { return !flag.implied.empty(); }

// The row of the flag with this long name, or null.
[[nodiscard]] constexpr const Flag* find_flag(std::string_view name) {
  for (const Flag& flag : kFlags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

}  // namespace tinyserve::cmd
