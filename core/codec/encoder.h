// encoder.h — step 5: content made smaller on the fly, as br, zstd or gzip (RFC 9110 §8.4.1).
//
// Pure: bytes in, bytes out; it knows of no file, socket or field. The same calls make the same
// bytes, whenever and wherever they are made (with the same versions of the libraries). Levels and
// windows, and what they cost, stand in core/README.md, "Compression levels".
//
// Everything here may be used on any thread, an Encoder by one at a time, and throws std::bad_alloc
// when there is no memory, but nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tinyserve::codec {

// As http::Coding but for identity, which encodes nothing. The two rooms don't see each other.
enum class Coding : std::uint8_t { kBr, kZstd, kGzip };

// What is to come out of an encoder at once.
enum class Flush : std::uint8_t {
  kNone,  // what the coding likes to let go of: more input makes it smaller
  kSync,  // all that went in so far can be decoded from what came out; costs a few bytes
  kEnd    // that, and the end of the content
};

class Stream;

// Content on its way through a coding. Holds up to 5 MiB, with gzip 0.3, until Flush::kEnd.
class Encoder {
 public:
  explicit Encoder(Coding coding);
  ~Encoder();
  Encoder(Encoder&& other) noexcept;
  Encoder& operator=(Encoder&& other) noexcept;

  // The encoded bytes that follow those it returned before; often none with Flush::kNone. `input`
  // is the content's next part, of less than 4 GiB, and may be empty. Keeps no view of it. Must not
  // be called after Flush::kEnd, on an encoder that was moved from, or after it threw.
  [[nodiscard]] std::string encode(std::string_view input, Flush flush);

 private:
  std::unique_ptr<Stream> stream_;  // none when it has ended or was moved from
};

// All of `content`, of less than 4 GiB, encoded; nothing unless that makes it smaller by a
// twentieth (5 %) at least, since less is not worth what decoding costs.
[[nodiscard]] std::optional<std::string> compress(Coding coding, std::string_view content);

}  // namespace tinyserve::codec
