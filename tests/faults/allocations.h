// allocations.h — memory that can be told to run out (fault tests).
//
// operator new of this program, in all its forms, comes by here. Uses are counted from
// arm_allocations() on, on any thread but those that an Outside spares (calls.h).
#pragma once

namespace tinyserve::faults {

enum class Shortage {
  kOnce,       // one allocation fails
  kFromThenOn  // that one and all behind it
};

// From now on the `nth` (from 1) allocation fails.
void arm_allocations(int nth, Shortage shortage);
// Nothing fails any more; whether it has.
bool disarm_allocations();

}  // namespace tinyserve::faults
