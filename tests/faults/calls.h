// calls.h — the system calls of a server, each of which can be told to fail (fault tests).
//
// The linker leads every use of a call of the list here first (ld(1), --wrap; CMakeLists.txt has
// the same list). One call at a time fails, once: the nth of its kind since arm(), on any thread
// but those that an Outside spares.
#pragma once

#include <cstddef>
#include <vector>

namespace tinyserve::faults {

struct Call {
  const char* name;
  std::vector<int> errors;  // that its manual page names
};

// All calls that can fail.
[[nodiscard]] const std::vector<Call>& calls();

// The place of the call of this name among them. Throws std::logic_error when it is not there.
[[nodiscard]] std::size_t index_of(const char* name);

// From now on the `nth` (from 1) use of calls()[call] fails with `error`.
void arm(std::size_t call, int nth, int error);
// Nothing fails any more; whether it has.
bool disarm();
// How often calls()[call] was used since arm().
[[nodiscard]] int uses(std::size_t call);

// Whether nothing fails on this thread.
[[nodiscard]] bool is_outside() noexcept;

// The thread that holds one is no part of the server.
class Outside {
 public:
  Outside();
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;
  ~Outside();

 private:
  bool before_;
};

}  // namespace tinyserve::faults
