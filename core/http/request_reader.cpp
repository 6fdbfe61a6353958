#include "http/request_reader.h"

#include <algorithm>

#include "base/check.h"

namespace tinyserve::http {

namespace {

constexpr std::size_t kSmallBlock = 4 * 1024;
constexpr std::size_t kLargeBlock = 64 * 1024;
constexpr std::size_t kMostRemembered = 1024;  // bytes; a longer head is read each time
constexpr Refusal kOutOfMemory{Status::kUnavailable, "memory budget"};

}  // namespace

RequestReader::RequestReader(const Limits& limits, MemoryBudget& budget)
    : limits_(&limits), budget_(&budget), parser_(limits), decoder_(limits.max_content) {}

RequestReader::~RequestReader() {
  budget_->give_back(charged_pending_ + charged_piece_ + charged_ + charged_answered_);
}

void RequestReader::feed(std::string_view bytes) {
  if (pending_.empty()) {
    input_ = bytes;
    return;
  }
  // A request that was finished since the last turn must not be read again.
  pending_.erase(0, pending_.size() - input_.size());
  pending_.append(bytes);
  input_ = pending_;
}

RequestReader::Next RequestReader::read_on() {
  budget_->give_back(std::exchange(charged_piece_, 0));
  Next next = Next::kNeedMore;
  switch (stage_) {
    case Stage::kHead:
      next = read_head();
      break;
    case Stage::kDecide:
      return Next::kHead;
    case Stage::kContent:
      next = read_content();
      break;
    case Stage::kComplete:
      return Next::kRequest;
    case Stage::kRefused:
      return Next::kRefused;
  }
  if (next == Next::kNeedMore && !keep_input()) return refuse(kOutOfMemory);
  return next;
}

void RequestReader::settle() {
  if (stage_ != Stage::kRefused && !keep_input()) refuse(kOutOfMemory);
}

RequestReader::Next RequestReader::read_head() {
  if (input_.empty()) return Next::kNeedMore;
  if (!repeats_head()) {
    switch (parser_.parse(input_)) {
      case RequestParser::Step::kNeedMore:
        return Next::kNeedMore;
      case RequestParser::Step::kRefused:
        return refuse(parser_.refusal());
      case RequestParser::Step::kDone:
        break;
    }
    head_ = input_.substr(0, parser_.head_size());
    has_head_ = true;
    if (const auto refusal = request_.read(parser_.head(head_.data()), *limits_)) {
      return refuse(*refusal);
    }
  }
  has_head_ = true;
  input_.remove_prefix(head_.size());
  const bool chunked = request_.framing.kind == Framing::Kind::kChunked;
  if (chunked || request_.framing.length > input_.size()) {
    stage_ = Stage::kDecide;
    return Next::kHead;
  }
  // The usual case: all of it is in the buffer, and nothing needs to be copied.
  content_received_ = request_.framing.length;
  request_.content.view = input_.substr(0, content_received_);
  request_.content.size = content_received_;
  stage_ = Stage::kComplete;
  return Next::kRequest;
}

// Whether the next request begins as the last one did: then its head means the same.
bool RequestReader::repeats_head() {
  if (head_.empty() || parser_.has_read()) return false;
  if (input_.starts_with(head_)) {
    parser_.repeat();
    return true;
  }
  head_.clear();
  return false;
}

void RequestReader::take_content() { begin_content(Use::kTaken); }
void RequestReader::skip_content() { begin_content(Use::kSkipped); }
void RequestReader::stream_content() { begin_content(Use::kStreamed); }

void RequestReader::begin_content(Use use) {
  TS_CHECK(stage_ == Stage::kDecide);
  use_ = use;
  if (!charge_head()) {
    refuse(kOutOfMemory);
    return;
  }
  decoder_ = ChunkedDecoder(limits_->max_content);
  stage_ = Stage::kContent;
}

bool RequestReader::charge_head() {
  if (!is_charged_ && !charge(head_.size())) return false;
  is_charged_ = true;
  return true;
}

bool RequestReader::keep() {
  TS_CHECK(stage_ == Stage::kComplete || stage_ == Stage::kDecide);
  const std::string_view content = request_.content.view;
  if (!charge_head() || !store_in_blocks(content)) return false;
  input_.remove_prefix(content.size());
  request_.content.view = {};
  return true;
}

// What was streamed is handed out before it is said what comes behind it.
RequestReader::Next RequestReader::read_content() {
  const bool chunked = request_.framing.kind == Framing::Kind::kChunked;
  const Next next = chunked ? read_chunks() : read_counted();
  return piece_.empty() || next == Next::kRefused ? next : Next::kContent;
}

RequestReader::Next RequestReader::read_counted() {
  const std::uint64_t wanted = request_.framing.length - content_received_;
  const std::string_view bytes = input_.substr(0, wanted);
  if (!store(bytes)) return refuse(kOutOfMemory);
  content_received_ += bytes.size();
  input_.remove_prefix(bytes.size());
  return content_received_ < request_.framing.length ? Next::kNeedMore : complete_content();
}

RequestReader::Next RequestReader::read_chunks() {
  while (true) {
    const ChunkedDecoder::Step step = decoder_.decode(input_);
    if (step.state == ChunkedDecoder::State::kRefused) return refuse(decoder_.refusal());
    if (!store(step.data)) return refuse(kOutOfMemory);
    content_received_ = decoder_.content_size();
    input_.remove_prefix(step.consumed);
    if (use_ == Use::kSkipped && content_received_ > kMaxSkipped) {
      cut_ = true;
      return complete_content();
    }
    if (step.state == ChunkedDecoder::State::kNeedMore) return Next::kNeedMore;
    if (step.state == ChunkedDecoder::State::kDone) return complete_content();
  }
}

RequestReader::Next RequestReader::complete_content() {
  request_.content.size = content_received_;
  stage_ = Stage::kComplete;
  return Next::kRequest;
}

bool RequestReader::store(std::string_view bytes) {
  if (use_ == Use::kSkipped) return true;
  if (use_ == Use::kTaken) return store_in_blocks(bytes);
  if (!budget_->take(bytes.size())) return false;
  charged_piece_ += bytes.size();
  piece_ += bytes;
  return true;
}

// Copies content into blocks; they grow with what arrives, not with what was announced.
bool RequestReader::store_in_blocks(std::string_view bytes) {
  std::vector<Block>& blocks = request_.content.blocks;
  while (!bytes.empty()) {
    if (blocks.empty() || blocks.back().room() == 0) {
      const std::size_t capacity =
          std::max(bytes.size(), blocks.empty() ? kSmallBlock : kLargeBlock);
      if (!charge(capacity)) return false;
      blocks.push_back(Block::with_capacity(capacity));
    }
    const std::size_t part = std::min(bytes.size(), blocks.back().room());
    blocks.back().append(bytes.substr(0, part));
    bytes.remove_prefix(part);
  }
  return true;
}

void RequestReader::finish() {
  TS_CHECK(stage_ == Stage::kComplete);
  // Content in blocks has been consumed already.
  input_.remove_prefix(request_.content.view.size());
  request_.content = {};
  if (head_.capacity() > kMostRemembered) std::string().swap(head_);
  has_head_ = is_charged_ = false;
  content_received_ = 0;
  charged_answered_ += std::exchange(charged_, 0);
  parser_.reset();
  stage_ = Stage::kHead;
}

bool RequestReader::has_input_behind() const {
  return input_.size() > request_.content.view.size();
}

void RequestReader::release_answered() { budget_->give_back(std::exchange(charged_answered_, 0)); }

RequestReader::Next RequestReader::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  stage_ = Stage::kRefused;
  return Next::kRefused;
}

// Moves the unconsumed input to the front of pending_. False when the budget does not allow it.
bool RequestReader::keep_input() {
  if (pending_.empty() && input_.empty()) return true;
  if (pending_.empty()) {
    pending_ = input_;
  } else {
    pending_.erase(0, pending_.size() - input_.size());
  }
  if (pending_.empty()) std::string().swap(pending_);  // an idle connection owns no buffer
  input_ = pending_;
  budget_->give_back(std::exchange(charged_pending_, 0));
  if (!budget_->take(pending_.size())) return false;
  charged_pending_ = pending_.size();
  return true;
}

bool RequestReader::charge(std::size_t bytes) {
  if (!budget_->take(bytes)) return false;
  charged_ += bytes;
  return true;
}

}  // namespace tinyserve::http
