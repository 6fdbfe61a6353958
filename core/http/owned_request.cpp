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
constexpr Limits kAnySize{kAny, kAny, kAny, kMaxFields, UINT64_MAX};

std::string flat(const Content& content) {
  std::string bytes(content.view);
  for (const Block& block : content.blocks) bytes += block.view();
  return bytes;
}

}  // namespace

struct OwnedRequest::State {
  std::string head;
  std::string content;
  RequestParser parser{kAnySize};
  Request request;
};

OwnedRequest::OwnedRequest(const Request& request) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.head = request.head_text;
  state.content = flat(request.content);
  TS_CHECK(state.parser.parse(state.head) == RequestParser::Step::kDone);
  auto meaning = interpret(state.parser.head(state.head.data()), kAnySize);
  state.request = std::move(*std::get_if<Request>(&meaning));
  state.request.content.view = state.content;
  state.request.content.size = request.content.size;
}

OwnedRequest::OwnedRequest(OwnedRequest&&) noexcept = default;
OwnedRequest& OwnedRequest::operator=(OwnedRequest&&) noexcept = default;
OwnedRequest::~OwnedRequest() = default;

const Request& OwnedRequest::operator*() const { return state_->request; }

}  // namespace tinyserve::http
