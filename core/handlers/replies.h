// replies.h — steps 4 to 6 done beforehand, for what the head of a request alone decides: who sends
// the same head again gets the same head back, with the same content or with what was sent.
//
// That is so of some endpoints of the API (Answer::again). A request need not be read then: see
// recognize(). A head is kept when it comes for the second time, unless too many others came in
// between, and in the place of one that has not come lately. Belongs to one loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "handlers/answer.h"
#include "handlers/known.h"
#include "http/owned_request.h"
#include "http/ready_response.h"
#include "http/request.h"

namespace tinyserve::handlers {

class Replies {
 public:
  static constexpr std::size_t kMost = 4;            // heads
  static constexpr std::size_t kMostContent = 2048;  // bytes, sent back or not

  [[nodiscard]] bool empty() const { return !replies_.front(); }
  // The whole request that `input` begins with, if its head is kept. What it means, and that it may
  // be answered, has been seen when it was.
  [[nodiscard]] Known recognize(std::string_view input);

  // Keeps `answer`, as it is sent, if that is what `request` would get again, and there is memory.
  void keep(const http::Request& request, const Answer& answer) noexcept;

 private:
  struct Reply {
    http::OwnedRequest request;
    http::ReadyResponse response;
    http::Via via;
    std::uint32_t echo;  // bytes of content that come with it and are sent back
    bool used = false;   // since the hand of the clock was here
  };

  [[nodiscard]] bool is_known(std::string_view head) const;
  void add(Reply reply);

  std::array<std::optional<Reply>, kMost> replies_;
  std::size_t hand_ = 0;                // the place that is looked at next for another one
  std::array<std::size_t, 16> seen_{};  // hashes of heads that came once, each in its place
};

}  // namespace tinyserve::handlers
