// api_reply.h — how every answer of the API begins: data and never a page, kept by nobody.
#pragma once

#include <string_view>
#include <utility>

#include "handlers/answer.h"

namespace tinyserve::handlers {

// Without content.
[[nodiscard]] inline Answer api_reply(http::Status status) {
  Answer answer;
  answer.response.status = status;
  answer.via = http::Via::kApi;
  return answer;
}

// With content of a `type` that no browser runs.
[[nodiscard]] inline Answer api_reply(http::Status status, std::string_view type, http::Body body) {
  Answer answer = api_reply(status);
  answer.response.fields.add("Content-Type", type)
      .add_lines("Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  answer.response.body = std::move(body);
  return answer;
}

}  // namespace tinyserve::handlers
