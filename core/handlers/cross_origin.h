// cross_origin.h — what pages of other sites may do here: the Sec-Fetch-Site rule and CORS.
//
// Loopback is no wall against the pages that the same browser has open. Without --cors a page of
// another site may lead here by a link and nothing else: it can neither read an answer (that is the
// browser's own rule) nor have one run or shown in its midst (that is ours).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/answer.h"
#include "http/request.h"

namespace tinyserve::handlers {

class CrossOrigin {
 public:
  // `origins` are those that may read everything (Options::cors_origins).
  explicit CrossOrigin(const std::vector<std::string>& origins);

  // Whether a page of another site asks for this and is not among the origins: Sec-Fetch-Site says
  // cross-site (W3C Fetch Metadata), and it is no navigation of a whole window. `object` and
  // `embed` navigate, too, but show the answer within the other page.
  [[nodiscard]] bool refuses(const http::Request& request) const;

  // Whether a page asks for a change that is neither ours nor of one of the origins that are named
  // one by one: those that come under "*" may read. Ours is the origin that the request's own Host
  // makes (RFC 6454 §6.2). What no browser sends says nothing of pages and is not refused.
  [[nodiscard]] bool refuses_change(const http::Request& request) const;

  // The answer when `request` is a preflight and CORS is on (Fetch §3.3, CORS-preflight request).
  // `methods` are those that its target takes, as a list; `changes` others that only those may use
  // whom refuses_change() lets pass.
  [[nodiscard]] std::optional<Answer> preflight(const http::Request& request,
                                                std::string_view methods,
                                                std::string_view changes = {}) const;

  // Whether add_fields() says one thing to one origin and another to the next.
  [[nodiscard]] bool depends_on_origin() const { return mode_ == Mode::kListed; }

  // Adds what lets the origins read this answer, and nothing when CORS is off.
  void add_fields(const http::Request& request, http::FieldText& fields) const;

 private:
  enum class Mode : std::uint8_t { kOff, kAny, kListed };

  // Whether the Origin of `request` is one of the listed ones.
  [[nodiscard]] bool is_listed(const http::Request& request) const;

  Mode mode_ = Mode::kOff;
  std::vector<std::string> origins_;
};

}  // namespace tinyserve::handlers
