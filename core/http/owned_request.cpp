#include "http/owned_request.h"

#include <cstdint>
#include <string>
#include <utility>

#include "base/check.h"
#include "http/request_parser.h"

namespace tinyserve::http {

namespace {

// It was within the limits that it came under.
constexpr std::size_t kAny = SIZE_MAX / 2;  // the parser adds to it
constexpr std::size_t kAllocations = 64;    // what the allocator adds to those of a State
constexpr Limits kAnySize{kAny, kAny, kAny, kMaxFields, UINT64_MAX};

std::string flat(const Content& content) {
  std::string bytes(content.view);
  for (const Block& block : content.blocks) bytes += block.view();
  return bytes;
}

}  // namespace

struct OwnedRequest::State {
  std::string text;  // of the head
  std::string content;
  RequestParser parser{kAnySize};
  RequestHead head;
  Request request;
};

OwnedRequest::OwnedRequest(const Request& request) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.text = request.head_text;
  state.content = flat(request.content);
  TS_CHECK(state.parser.parse(state.text) == RequestParser::Step::kDone);
  state.head = state.parser.head(state.text.data());
  TS_CHECK(!state.request.read(state.head, kAnySize));
  state.request.content.view = state.content;
  state.request.content.size = request.content.size;
}

OwnedRequest::OwnedRequest(OwnedRequest&&) noexcept = default;
OwnedRequest& OwnedRequest::operator=(OwnedRequest&&) noexcept = default;
OwnedRequest::~OwnedRequest() = default;

std::size_t OwnedRequest::memory_for(const Request& request) {
  // A vector that grows may have twice the room that it needs.
  return sizeof(State) + kAllocations + request.head_text.size() + request.content.size +
         2 * request.fields.size() * sizeof(FieldSpan);
}

const Request& OwnedRequest::operator*() const { return state_->request; }
const RequestHead& OwnedRequest::head() const { return state_->head; }

}  // namespace tinyserve::http
