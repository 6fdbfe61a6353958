// request.h — what the head of a request means (RFC 9110, 9112). Pure.
//
// A Request is views into the bytes of its head, and of its content where that came with it: see
// RequestReader for how long it lives.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/block.h"
#include "http/framing.h"
#include "http/host.h"
#include "http/limits.h"
#include "http/method.h"
#include "http/refusal.h"
#include "http/request_parser.h"
#include "http/target.h"

namespace tinyserve::http {

// The content of a request, complete: bytes that lie in the receive buffer for the rest of the
// turn, or blocks.
struct Content {
  std::string_view view;
  std::vector<Block> blocks;
  std::uint64_t size = 0;  // of whichever it is
};

struct Request {
  std::string_view head_text;  // all of the head, as it was sent
  Method method = Method::kUnknown;
  Target target{};
  std::optional<Host>
      host;  // the authority of the target, or else the Host field (RFC 9112 §3.2.2)
  int minor_version = 1;
  bool keep_alive = true;  // as far as the client is concerned
  bool expects_continue = false;
  Framing framing;
  Fields fields;
  Content content;  // filled in when all of it is there

  // Becomes what `head` asks for, as far as that can be said without its content; or tells why it
  // must be refused and the connection closed.
  [[nodiscard]] std::optional<Refusal> read(const RequestHead& head, const Limits& limits);
};

// The same for a new one.
[[nodiscard]] std::variant<Request, Refusal> interpret(const RequestHead& head,
                                                       const Limits& limits);

}  // namespace tinyserve::http
