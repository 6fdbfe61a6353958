// supervisor.h — `tinyserve ROOT -- COMMAND`: a command that runs beside a server for as long as it
// takes.
//
// The calling process runs the command and watches; the server is a child of it, so that it can be
// confined without confining the command. The server is in a process group of its own: a Ctrl-C is
// for the command, and the server goes when that has ended.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "cmd/environment.h"

namespace tinyserve::cmd {

// What is said when the command cannot be run, for the error number `error`; and when the server
// ends by itself.
[[nodiscard]] std::string explain_unrunnable(std::string_view command, int error);
inline constexpr std::string_view kServerHasEnded = "the server has ended before the command";

// The URL of a server that listens; to be called once.
using ReportUrl = std::function<void(std::string_view url)>;

// Runs `serve` in a child process, which ends with its result as the exit code, and `command` when
// it has reported its URL: with TINYSERVE_URL and without any other variable of that prefix.
// SIGINT, SIGTERM, SIGHUP and SIGQUIT are passed on to the command, save those that the terminal
// has sent to both. Returns the exit code: the command's, 128 + the number of the signal that ended
// it, 127 or 126 when it was not found or could not be run; where the command ended with 0, or was
// not started because the server ended first, the server's. The process must have one thread.
[[nodiscard]] int supervise(std::span<const char* const> command, const Environment& environment,
                            const std::function<int(const ReportUrl&)>& serve);

}  // namespace tinyserve::cmd
