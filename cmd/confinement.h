// confinement.h — what the program leaves within its own reach once it listens: see the room
// sandbox.
#pragma once

#include <string>
#include <vector>

#include "cmd/environment.h"
#include "cmd/settings.h"
#include "cmd/startup.h"
#include "sandbox/place.h"
#include "sandbox/sandbox.h"

namespace tinyserve::cmd {

// What serving needs of the file system.
struct Confinement {
  std::vector<sandbox::Place> places;
  // ROOT alone, so that what comes in its place is not among them.
  bool root_is_pinned = false;
  // Where the log is reopened; empty: nowhere.
  std::string log_place;
};

// What serving `settings` needs: ROOT's parent directory, since whatever is built anew is another
// directory in ROOT's place, but ROOT alone where that is the home directory of `environment`, any
// directory in /home, or above one; the same for the log file, to be written; everything with
// --follow-symlinks. Looks where ROOT and the log file are: without a ROOT it is nothing.
[[nodiscard]] Confinement plan_confinement(const Settings& settings,
                                           const Environment& environment);

// What there is to tell of a process that was confined with `outcome`: everything that is less than
// usual, and with --verbose what is in force.
[[nodiscard]] std::vector<Notice> tell_of(const sandbox::Outcome& outcome,
                                          const Confinement& confinement, const Settings& settings);

// Confines the calling thread, and those that it will start, for good; unless `settings` say no.
// Returns what there is to tell of it.
[[nodiscard]] std::vector<Notice> confine(const Confinement& confinement, const Settings& settings);

}  // namespace tinyserve::cmd
