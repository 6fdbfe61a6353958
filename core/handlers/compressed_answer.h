// compressed_answer.h — step 5 for a file that is compressed on the fly (RFC 9110 §8.4, §12.5.3).
//
// What is not large is compressed as a whole by a job and kept (Compressions); what is large leaves
// in portions as they are made.
#pragma once

#include <optional>

#include "handlers/answer.h"
#include "handlers/ask.h"
#include "handlers/representation.h"

namespace tinyserve::handlers {

// Bytes of a file. Below the first, a packet is saved at best; above the second the time to
// compress all of it would be noticed before the first byte comes, and the memory as well.
inline constexpr std::uint64_t kLeastCompressed = 256;
inline constexpr std::uint64_t kMostCompressedWhole = 512 * 1024;
// How many files may be on their way in portions at once, in the whole process; and the memory that
// each of them takes at most, or one that is compressed as a whole, in bytes.
inline constexpr int kMostStreams = 32;
inline constexpr std::size_t kEncoderBytes = 8U << 20;

// Whether files with this media type become notably smaller.
[[nodiscard]] bool is_compressible(std::string_view media_type);

// The answer with `plain`, the file as it is, compressed for whoever asks; nothing where it is
// better sent as it is: the client wants it so, it does not become smaller, or no worker has time.
// `via` is how the file was chosen.
[[nodiscard]] std::optional<Answer> compressed_answer(const Ask& ask, const Served& served,
                                                      const Representation& plain, http::Via via);

}  // namespace tinyserve::handlers
