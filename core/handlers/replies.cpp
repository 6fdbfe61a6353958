#include "handlers/replies.h"

#include <algorithm>
#include <functional>
#include <new>
#include <string>
#include <utility>
#include <variant>

#include "base/block.h"

namespace tinyserve::handlers {

namespace {

// Whether its head, which will be compared with what comes, tells what it gets and how much comes
// with it.
bool is_told_by_head(const http::Request& request, Answer::Again again) {
  using Kind = http::Framing::Kind;
  // Empty lines in front of it are no part of the next one (RFC 9112 §2.2).
  const bool begins = !request.head_text.starts_with('\r');
  if (!begins || request.head_text.size() > kMostKnownHead) return false;
  switch (again) {
    case Answer::Again::kAnything:
      return false;
    case Answer::Again::kTheSame:
      return request.method == http::Method::kGet && request.framing.kind == Kind::kNone;
    case Answer::Again::kItsOwnContent:
      return request.framing.kind == Kind::kLength && !request.expects_continue;
  }
  return false;
}

}  // namespace

Known Replies::recognize(std::string_view input) {
  for (std::optional<Reply>& reply : replies_) {
    if (!reply) break;
    const http::Request& request = *reply->request;
    const std::string_view head = request.head_text;
    if (!input.starts_with(head) || input.size() < head.size() + reply->echo) continue;
    reply->used = true;
    return {&reply->request,
            head,
            static_cast<std::uint8_t>(request.minor_version),
            request.keep_alive,
            {&reply->response, reply->via},
            reply->echo};
  }
  return {};
}

bool Replies::is_known(std::string_view head) const {
  return std::any_of(replies_.begin(), replies_.end(), [head](const auto& reply) {
    return reply && reply->request->head_text == head;
  });
}

void Replies::keep(const http::Request& request, const Answer& answer) noexcept try {
  if (!is_told_by_head(request, answer.again)) return;
  const auto* const content = std::get_if<std::string_view>(&answer.response.body);
  if (content == nullptr || content->size() > kMostContent || is_known(request.head_text)) return;
  const std::size_t head = std::hash<std::string_view>{}(request.head_text);
  if (std::exchange(seen_[head % seen_.size()], head) != head) return;

  const bool is_echo = answer.again == Answer::Again::kItsOwnContent;
  http::Response response;
  response.status = answer.response.status;
  response.fields = answer.response.fields;
  if (!content->empty()) {
    // Of an echo only the length is of use again.
    const std::string text = is_echo ? std::string(content->size(), ' ') : std::string(*content);
    response.body = http::BlockSlice{Block::copy_of(text), 0, text.size()};
  }
  http::Request without_content = request;
  without_content.content = {};
  add({http::OwnedRequest(without_content), http::ReadyResponse(std::move(response)), answer.via,
       is_echo ? static_cast<std::uint32_t>(content->size()) : 0});
} catch (const std::bad_alloc&) {
  return;  // it is not needed
}

// What was used since the last look at it has a second chance.
void Replies::add(Reply reply) {
  while (replies_[hand_] && std::exchange(replies_[hand_]->used, false))
    hand_ = (hand_ + 1) % kMost;
  replies_[hand_] = std::move(reply);
  hand_ = (hand_ + 1) % kMost;
}

}  // namespace tinyserve::handlers
