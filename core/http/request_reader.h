// request_reader.h — steps 2 and 3: from the bytes that a connection receives to whole requests,
// one at a time.
//
// Pure: bytes in, requests out; no descriptor, no clock. In each turn of the loop:
//
//   feed(bytes)         the bytes are borrowed until next() says kNeedMore, or settle()
//   next()  kRequest    a whole request: answer it, then finish(), then ask next() again
//           kHead       its head is there, its content is not: take_content(), skip_content(),
//                       stream_content(), or answer it now and close
//           kContent    some of the content that is streamed: take_piece(), then ask next() again
//           kRefused    it gets refusal() for an answer, and nothing behind it can be trusted
//           kNeedMore   what is left has been copied; all views of this turn are dead
//   settle()            the same, for a turn that ends before next() said kNeedMore
//
// Only one request is looked at before finish(): a client that pipelines can't make the server read
// ahead without bound. What must outlive the turn (a remainder of a head, content) is charged to
// the process's memory budget; when that is used up, the request is refused with 503.
//
// A whole head is copied, and what was found in it is kept: a client's next request often has the
// same head byte for byte, which then need not be read again. Whoever lets a request last longer
// than its turn should charge held_head().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/memory_budget.h"
#include "http/chunked.h"
#include "http/limits.h"
#include "http/refusal.h"
#include "http/request.h"
#include "http/request_parser.h"

namespace tinyserve::http {

// More content than this is not read only to be dropped (RFC 9112 §9.3).
inline constexpr std::uint64_t kMaxSkipped = 256 * 1024;

class RequestReader {
 public:
  enum class Next : std::uint8_t { kNeedMore, kHead, kContent, kRequest, kRefused };

  // `limits` and `budget` must outlive the reader.
  RequestReader(const Limits& limits, MemoryBudget& budget);
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;
  ~RequestReader();

  // Adds bytes that were received.
  void feed(std::string_view bytes);
  [[nodiscard]] Next next() {
    const bool is_empty = stage_ == Stage::kHead && input_.empty() && pending_.empty();
    return is_empty ? Next::kNeedMore : read_on();
  }

  // What was received and not yet read, where the next request begins with it; empty otherwise. Who
  // knows what it begins with may pass over the bytes of a whole request instead of asking next().
  [[nodiscard]] std::string_view unread() const {
    return stage_ == Stage::kHead && !parser_.has_read() ? input_ : std::string_view{};
  }
  void pass(std::size_t size) { input_.remove_prefix(size); }

  // After kHead or kRequest, until finish() or kNeedMore, or longer after keep().
  [[nodiscard]] const Request& request() const { return request_; }
  // After kRefused.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // As much of the head as has been read, for the record.
  [[nodiscard]] RequestHead head() const {
    return parser_.head(has_head_ ? head_.data() : input_.data());
  }

  // After kHead: what to do with the content. Taken content comes with the request; skipped content
  // is read and dropped, as far as that is worth it: see content_is_whole(). Streamed content comes
  // before the request, in pieces no larger than what was fed.
  void take_content();
  void skip_content();
  void stream_content();
  // After kContent. Until next() is asked again the piece counts as held.
  [[nodiscard]] std::string take_piece() { return std::exchange(piece_, {}); }

  // Whether all content of the request has been read. If not, at kHead or because more than
  // kMaxSkipped bytes came in chunks, the connection can't be used after the answer.
  [[nodiscard]] bool content_is_whole() const { return stage_ == Stage::kComplete && !cut_; }

  // After kHead or kRequest: the answer comes in a later turn, so all of the request is kept;
  // request() and head() go on to mean it until finish(). False when the memory budget does not
  // allow it.
  [[nodiscard]] bool keep();

  // The request has been answered: looks for the next one behind it.
  void finish();

  // The turn ends here: copies what was not consumed. All views of this turn are dead.
  void settle();

  // Where the input stands between two turns.
  [[nodiscard]] bool in_head() const { return stage_ == Stage::kHead && parser_.begun(); }
  [[nodiscard]] bool in_content() const { return stage_ == Stage::kContent; }
  [[nodiscard]] bool mid_request() const { return stage_ != Stage::kHead || parser_.begun(); }
  [[nodiscard]] bool has_input() const { return !input_.empty(); }
  // After kRequest: whether anything has been received behind the request.
  [[nodiscard]] bool has_input_behind() const;
  [[nodiscard]] std::uint64_t content_received() const { return content_received_; }

  // How much memory the copy of a head takes beyond what the budget knows of, in bytes.
  [[nodiscard]] std::size_t held_head() const { return is_charged_ ? 0 : head_.capacity(); }
  // What was taken from the budget for content that answers may still refer to.
  [[nodiscard]] std::size_t charged_answered() const { return charged_answered_; }
  // Nothing that was taken from the budget for answered requests is needed any more: their answers
  // have left.
  void release_answered();

 private:
  enum class Stage : std::uint8_t { kHead, kDecide, kContent, kComplete, kRefused };
  enum class Use : std::uint8_t { kTaken, kSkipped, kStreamed };

  Next read_on();
  Next read_head();
  [[nodiscard]] bool repeats_head();
  Next read_content();
  Next read_counted();
  Next read_chunks();
  Next complete_content();
  Next refuse(const Refusal& refusal);
  void begin_content(Use use);
  [[nodiscard]] bool charge_head();
  [[nodiscard]] bool keep_input();
  [[nodiscard]] bool store(std::string_view bytes);
  [[nodiscard]] bool store_in_blocks(std::string_view bytes);
  [[nodiscard]] bool charge(std::size_t bytes);

  const Limits* limits_;
  MemoryBudget* budget_;
  RequestParser parser_;
  Stage stage_ = Stage::kHead;
  Use use_ = Use::kSkipped;  // of the content
  bool cut_ = false;         // skipping was given up
  ChunkedDecoder decoder_;
  std::string_view input_;  // not yet consumed: in the caller's buffer, or in pending_
  std::string pending_;     // what was left of earlier turns
  // Of the request that is being read once has_head_ says so, until then of the last one, if that
  // is worth remembering: the head, and what it means, as views into it.
  std::string head_;
  Request request_;
  bool has_head_ = false;
  bool is_charged_ = false;  // has_head_, and the budget knows
  Refusal refusal_{};
  std::string piece_;  // of streamed content
  std::uint64_t content_received_ = 0;
  std::size_t charged_pending_ = 0;   // to the budget, for pending_
  std::size_t charged_piece_ = 0;     // for piece_
  std::size_t charged_ = 0;           // for the request being read
  std::size_t charged_answered_ = 0;  // for requests whose answers may still be queued
};

}  // namespace tinyserve::http
