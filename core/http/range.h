// range.h — step 5: which bytes of a representation a Range field asks for (RFC 9110 §14).
//
// Pure. Knows sizes, not files, and allocates nothing but the texts of a multipart answer. That
// Range counts for GET alone, and only while If-Range holds, is for the caller to see. A field that
// can't be honoured, whatever the reason, means "send it all": that is always allowed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tinyserve::http {

// More ranges than this are an attack, or a client better served with all of it (RFC 9110 §17.15).
inline constexpr std::size_t kMaxRanges = 16;

// Bytes `first` to `last`, both included, as on the wire.
struct ByteRange {
  std::uint64_t first;
  std::uint64_t last;

  [[nodiscard]] std::uint64_t size() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

class RangeAnswer {
 public:
  enum class Kind : std::uint8_t { kWhole, kParts, kUnsatisfiable };  // become 200, 206, 416

  explicit RangeAnswer(Kind kind) : kind_(kind) {}
  // Of one part or more, at most kMaxRanges.
  explicit RangeAnswer(std::span<const ByteRange> parts);

  [[nodiscard]] Kind kind() const { return kind_; }
  // In the order asked for; empty unless the kind is kParts.
  [[nodiscard]] std::span<const ByteRange> parts() const { return {parts_.data(), count_}; }

 private:
  Kind kind_;
  std::size_t count_ = 0;
  std::array<ByteRange, kMaxRanges> parts_{};
};

// Resolves the value of a Range field against a representation of `size` bytes, at most 2^63 - 1.
// kWhole: another unit than bytes, anything malformed, more than kMaxRanges, ranges that together
// exceed the representation, or a representation without a byte. Otherwise kParts with those that
// have bytes, or kUnsatisfiable when none has.
[[nodiscard]] RangeAnswer resolve_range(std::string_view field, std::uint64_t size);

// "bytes 0-4/10": the Content-Range of a part (RFC 9110 §14.4).
[[nodiscard]] std::string content_range(ByteRange part, std::uint64_t size);
// "bytes */10": that of a 416.
[[nodiscard]] std::string unsatisfied_range(std::uint64_t size);

// What surrounds the parts of a multipart/byteranges answer (RFC 9110 §14.6, RFC 2046 §5.1):
// heads[0], the bytes of part 0, heads[1], the bytes of part 1, ..., tail.
struct Multipart {
  std::vector<std::string> heads;
  std::string tail;
  std::uint64_t content_length = 0;  // of all that, exactly
};

// For `parts` of a representation with `size` bytes and the media type `content_type`. `boundary`
// (1 to 70 letters and digits) must not occur in the bytes: the caller makes it hard to guess.
[[nodiscard]] Multipart plan_multipart(std::string_view boundary, std::string_view content_type,
                                       std::uint64_t size, std::span<const ByteRange> parts);

// The Content-Type of such an answer.
[[nodiscard]] std::string multipart_content_type(std::string_view boundary);

}  // namespace tinyserve::http
