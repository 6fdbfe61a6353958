#include "faults/allocations.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "faults/calls.h"

namespace tinyserve::faults {

namespace {

constexpr int kNever = 0;

std::atomic<int> count{0};
std::atomic<int> failing_nth{kNever};
std::atomic<bool> is_lasting{false};
std::atomic<bool> has_failed{false};

bool fails() noexcept {
  const int nth = failing_nth.load();
  if (nth == kNever || is_outside()) return false;
  const int use = ++count;
  if (use != nth && (use < nth || !is_lasting)) return false;
  has_failed = true;
  return true;
}

// malloc(3) is what the sanitizer watches.
void* allocate(std::size_t size) noexcept {
  return fails() ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
}

void* allocate(std::size_t size, std::align_val_t alignment) noexcept {
  const auto step = static_cast<std::size_t>(alignment);
  const std::size_t whole = (std::max<std::size_t>(size, 1) + step - 1) / step * step;
  return fails() ? nullptr : std::aligned_alloc(step, whole);
}

void* or_throw(void* bytes) {
  if (bytes == nullptr) throw std::bad_alloc();
  return bytes;
}

}  // namespace

void arm_allocations(int nth, Shortage shortage) {
  failing_nth = kNever;
  count = 0;
  has_failed = false;
  is_lasting = shortage == Shortage::kFromThenOn;
  failing_nth = nth;
}

bool disarm_allocations() {
  failing_nth = kNever;
  return has_failed;
}

}  // namespace tinyserve::faults

using tinyserve::faults::allocate;
using tinyserve::faults::or_throw;

void* operator new(std::size_t size) { return or_throw(allocate(size)); }
void* operator new[](std::size_t size) { return or_throw(allocate(size)); }
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate(size, alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return or_throw(allocate(size, alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment,
                   const std::nothrow_t& /*tag*/) noexcept {
  return allocate(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment,
                     const std::nothrow_t& /*tag*/) noexcept {
  return allocate(size, alignment);
}

void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete[](void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t /*size*/) noexcept { std::free(bytes); }
void operator delete[](void* bytes, std::size_t /*size*/) noexcept { std::free(bytes); }
void operator delete(void* bytes, const std::nothrow_t& /*tag*/) noexcept { std::free(bytes); }
void operator delete[](void* bytes, const std::nothrow_t& /*tag*/) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::align_val_t /*alignment*/) noexcept { std::free(bytes); }
void operator delete[](void* bytes, std::align_val_t /*alignment*/) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(bytes);
}
void operator delete[](void* bytes, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
  std::free(bytes);
}
void operator delete(void* bytes, std::align_val_t /*alignment*/,
                     const std::nothrow_t& /*tag*/) noexcept {
  std::free(bytes);
}
void operator delete[](void* bytes, std::align_val_t /*alignment*/,
                       const std::nothrow_t& /*tag*/) noexcept {
  std::free(bytes);
}
