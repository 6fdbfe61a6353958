// known.h — a request that need not be read, since one with the same head was answered before, and
// what it gets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/owned_request.h"
#include "http/ready_response.h"
#include "http/via.h"

namespace tinyserve::handlers {

// Bytes; a longer head is read each time.
inline constexpr std::size_t kMostKnownHead = 2048;

struct Hit {
  http::ReadyResponse* response = nullptr;  // null: the long way. Good until the next call
  http::Via via = http::Via::kCache;
};

struct Known {
  const http::OwnedRequest* request = nullptr;  // null: it has to be read. Good until the next call
  std::string_view head;                        // of it
  // What it asks for beside the answer, once more: it is next to what else is looked at here.
  std::uint8_t minor_version = 1;
  bool keep_alive = true;
  Hit hit;
  // Bytes of content that have come behind the head, and are sent back in the place of the answer's
  // own, of which there are as many. 0: the answer is all there is.
  std::uint32_t echo = 0;

  [[nodiscard]] std::size_t size() const { return head.size() + echo; }  // as received
};

}  // namespace tinyserve::handlers
