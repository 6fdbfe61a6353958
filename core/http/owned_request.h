// owned_request.h — a request that owns its bytes, for whoever answers it on another thread or
// later.
#pragma once

#include <memory>

#include "http/request.h"

namespace tinyserve::http {

class OwnedRequest {
 public:
  // Copies the head of `request`, and its content into one run of bytes.
  explicit OwnedRequest(const Request& request);
  OwnedRequest(OwnedRequest&&) noexcept;
  OwnedRequest& operator=(OwnedRequest&&) noexcept;
  ~OwnedRequest();

  [[nodiscard]] const Request& operator*() const;
  [[nodiscard]] const Request* operator->() const { return &**this; }
  // How many bytes of memory a copy of `request` takes.
  [[nodiscard]] static std::size_t memory_for(const Request& request);

  // Its head as it was sent.
  [[nodiscard]] const RequestHead& head() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tinyserve::http
