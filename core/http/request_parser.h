// request_parser.h — step 3: finds the head of a request in a run of bytes (RFC 9112 §2 to §5).
//
// Incremental: each call continues where the last one stopped, so a peer that sends a byte at a
// time costs linear time, and the result does not depend on where the bytes were cut. It allocates
// nothing but its table of fields, which stays; what it found are offsets, and head() makes views
// of them, into whatever buffer holds the same bytes by then. It knows the grammar and nothing of
// what a head means: request.h does.
//
// Strict on purpose: whatever two parsers could read differently is refused (RFC 9112 §11.2). Only
// CRLF ends a line, one SP separates, no folding, no control bytes. A prefix that can't become a
// request any more is refused at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/fields.h"
#include "http/limits.h"
#include "http/refusal.h"

namespace tinyserve::http {

// Why a peer is refused that begins with a TLS handshake (RFC 8446 §5.1): it would not understand
// an answer in plain text.
inline constexpr std::string_view kTlsHello = "TLS hello";

// The parts of a head. All views are into the bytes handed to head().
struct RequestHead {
  std::string_view text;    // all of it, as far as it has been read
  std::string_view method;  // empty while it has not been read
  std::string_view target;  // likewise
  int minor_version = 1;    // 0 for HTTP/1.0; any higher 1.x counts as 1 (RFC 9110 §2.5)
  bool has_version = false;
  Fields fields;
};

class RequestParser {
 public:
  enum class Step : std::uint8_t { kNeedMore, kDone, kRefused };

  explicit RequestParser(const Limits& limits) : limits_(&limits) {}

  // Reads on. `input` begins with the first byte of the request and holds at least what it held in
  // the last call.
  [[nodiscard]] Step parse(std::string_view input);

  // After kDone: the size of the head, with the empty lines before it and the one that ends it.
  [[nodiscard]] std::size_t head_size() const { return position_; }
  // After kRefused: what was wrong.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // What has been read so far, also when it was refused. `base` is where the bytes handed to
  // parse() stand now; the fields point into this parser, too.
  [[nodiscard]] RequestHead head(const char* base) const;
  // Whether a byte has been read since reset().
  [[nodiscard]] bool has_read() const { return position_ > 0; }
  // Whether a byte of a request (other than the empty lines that may precede one) has been seen.
  [[nodiscard]] bool begun() const { return stage_ > Stage::kEmptyLine; }

  // Ready for another request. What was found in a whole head is kept until another one is read.
  void reset() {
    whole_ = stage_ == Stage::kHeadEnd ? position_ : 0;
    position_ = 0;
    stage_ = Stage::kStart;
  }
  // After reset(): as if the head that was read last, all of it, had been read again.
  void repeat() {
    position_ = whole_;
    stage_ = Stage::kHeadEnd;
  }

 private:
  enum class Stage : std::uint8_t {
    kStart,      // before the request line, where empty lines are ignored
    kEmptyLine,  // after the CR of such a line
    kMethod,
    kTarget,
    kVersion,
    kRequestLineEnd,  // after its CR
    kFieldStart,
    kName,
    kValueStart,
    kValue,
    kFieldEnd,  // after its CR
    kHeadEnd,   // after the CR of the empty line
  };

  void clear();
  // Each reads on from its stage. kNeedMore: the input ended; kDone: on to the next stage.
  Step request_line(std::string_view input);
  bool whole_request_line(std::string_view input);
  Step start(std::string_view input);
  Step method(std::string_view input);
  Step target(std::string_view input);
  Step version(std::string_view input);
  Step version_is_read();
  Step line_feed(std::string_view input, Stage next);
  Step field_lines(std::string_view input);

  Step refuse(Status status, std::string_view why);
  void store_field(const char* bytes, std::size_t end);

  const Limits* limits_;
  std::size_t position_ = 0;    // how much of the input has been read
  std::size_t whole_ = 0;       // how much of the last one was its head
  std::size_t line_start_ = 0;  // of the line being read
  std::size_t head_start_ = 0;  // of the request line
  std::uint32_t method_size_ = 0;
  std::uint32_t target_size_ = 0;
  Stage stage_ = Stage::kStart;
  std::uint8_t empty_lines_ = 0;
  std::uint8_t version_read_ = 0;
  std::uint8_t minor_version_ = 1;
  bool has_version_ = false;
  Refusal refusal_{};
  FieldSpan field_{};  // the line being read
  FieldTable fields_;
};

}  // namespace tinyserve::http
