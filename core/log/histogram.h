// histogram.h — how durations are spread, in five kilobytes however many there are. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace tinyserve::log {

// Counts values in buckets that grow with them: what is told of a value is wrong by 1/32 at most.
//
//     0 1 2 ... 31 | 32-33 34-35 ... 62-63 | 64-67 ... 124-127 | ...     16 buckets for each
//     doubling
class Histogram {
 public:
  static constexpr std::size_t kBits = 42;
  static constexpr std::int64_t kMostValue = (std::int64_t{1} << kBits) - 1;  // of µs: 50 days

  // What is below 0 or above kMostValue counts as that.
  void add(std::int64_t value) {
    ++buckets_[bucket_of(
        static_cast<std::uint64_t>(std::clamp<std::int64_t>(value, 0, kMostValue)))];
    ++count_;
  }

  // All values of `other`, too.
  void add_all(const Histogram& other) {
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      buckets_[bucket] += other.buckets_[bucket];
    }
    count_ += other.count_;
  }

  // What `percent` of 100 values do not exceed; 0 where there are none.
  [[nodiscard]] std::int64_t percentile(unsigned percent) const {
    const std::uint64_t rank = count_ / 100 * percent + (count_ % 100 * percent + 99) / 100;
    std::uint64_t passed = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      passed += buckets_[bucket];
      if (passed >= rank && passed > 0) return middle_of(bucket);
    }
    return 0;
  }

 private:
  static constexpr std::size_t bucket_of(std::uint64_t value) {
    if (value < 32) return value;
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - 5;
    return 16 * shift + (value >> shift);
  }
  static constexpr std::int64_t middle_of(std::size_t bucket) {
    if (bucket < 32) return static_cast<std::int64_t>(bucket);
    const std::size_t shift = bucket / 16 - 1;
    return static_cast<std::int64_t>(((bucket % 16 + 16) << shift) + (std::size_t{1} << shift) / 2);
  }

  std::array<std::uint64_t, 32 + 16 * (kBits - 5)> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace tinyserve::log
