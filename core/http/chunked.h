// chunked.h — content of unknown size (RFC 9112 §7.1): takes the chunks of a request apart (step
// 3), and frames those of a response (step 6).
//
// The decoder is incremental: it is fed whatever arrived, in pieces of any size, and never looks at
// a byte twice. Data is handed out as views into the piece; nothing is copied or kept. Extensions
// and trailer fields are read strictly, for what two parsers see differently moves the border to
// the next request, and then dropped: a trailer never changes what the head said (RFC 9110 §6.5.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/refusal.h"

namespace tinyserve::http {

class ChunkedDecoder {
 public:
  // In bytes; what exceeds them is refused with 400. A line is that of one chunk with its CRLF,
  // extensions and trailers are those of the whole content.
  static constexpr std::size_t kMaxLine = 4 * 1024;
  static constexpr std::size_t kMaxExtensions = 64 * 1024;
  static constexpr std::size_t kMaxTrailers = 16 * 1024;

  enum class State : std::uint8_t { kNeedMore, kData, kDone, kRefused };

  struct Step {
    State state;
    std::size_t consumed;   // how much of the input has been dealt with
    std::string_view data;  // kData: some content, at least a byte, within the input
  };

  // Content of more than `max_content` bytes is refused with 413, as soon as a chunk announces it.
  explicit ChunkedDecoder(std::uint64_t max_content) : max_content_(max_content) {}

  // Reads on in `input`, which begins where the last step left off:
  //   kNeedMore  all of it was consumed;
  //   kData      there may be more in what was not consumed: call again with the rest;
  //   kDone      the content is complete; what was not consumed belongs to the next request;
  //   kRefused   see refusal().
  // After kDone or kRefused it consumes nothing and says the same again. Where the pieces were cut
  // makes no difference to what is found.
  [[nodiscard]] Step decode(std::string_view input);

  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  // Content bytes handed out so far.
  [[nodiscard]] std::uint64_t content_size() const { return content_size_; }

 private:
  // What the next byte is.
  enum class Stage : std::uint8_t {
    kSize,             // a digit of the size, or what follows them
    kBeforeSemicolon,  // white space, or the semicolon that has to follow it
    kNameStart,        // of an extension, after the semicolon
    kName,
    kAfterName,  // white space was there: only = or ; may follow
    kValueStart,
    kToken,
    kQuoted,
    kQuotedPair,  // after a backslash
    kAfterQuoted,
    kLineEnd,  // the LF of the line
    kData,
    kDataCr,
    kDataEnd,     // the LF after the data
    kFieldStart,  // of a trailer field, or the CR of the empty line
    kFieldName,
    kFieldValue,
    kFieldEnd,  // its LF
    kEnd,       // the LF of the empty line
    kDone,
    kRefused,
  };

  Step take_data(std::string_view input, std::size_t at);
  [[nodiscard]] State state() const;

  // Each takes one byte and moves the stage on.
  void take(char c);
  void take_size(char c);
  void take_extension(char c);
  void take_extension_value(char c);
  void take_line_end(char c);
  void take_trailer(char c);
  void expect(char wanted, char c, Stage next, std::string_view why);

  // The CR or semicolon that ends a size or an extension, or white space before a semicolon.
  void end_part(char c, std::string_view why);
  // Counts a byte of a line, an extension, a trailer; refuses when there are too many.
  void count(char c);
  void refuse(Status status, std::string_view why);

  std::uint64_t max_content_;
  std::uint64_t content_size_ = 0;
  std::uint64_t chunk_ = 0;  // the size being read, then the data of the chunk still to come
  std::uint32_t line_size_ = 0;
  std::uint32_t extensions_size_ = 0;
  std::uint32_t trailers_size_ = 0;
  bool has_digit_ = false;
  std::uint8_t significant_digits_ = 0;
  Stage stage_ = Stage::kSize;
  Refusal refusal_;
};

// What stands before and behind the `size` bytes of a chunk, at least one; and what stands behind
// the last one.
[[nodiscard]] std::string chunk_begin(std::size_t size);
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace tinyserve::http
