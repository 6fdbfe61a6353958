// status.h — the status codes this server sends (RFC 9110 §15).
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyserve::http {

enum class Status : std::uint16_t {
  kContinue = 100,
  kOk = 200,
  kNoContent = 204,
  kPartialContent = 206,
  kMovedPermanently = 301,
  kNotModified = 304,
  kBadRequest = 400,
  kForbidden = 403,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kRequestTimeout = 408,
  kPreconditionFailed = 412,
  kContentTooLarge = 413,
  kUriTooLong = 414,
  kRangeNotSatisfiable = 416,
  kExpectationFailed = 417,
  kFieldsTooLarge = 431,
  kInternalError = 500,
  kNotImplemented = 501,
  kUnavailable = 503,
  kVersionNotSupported = 505,
};

[[nodiscard]] constexpr int code(Status status) { return static_cast<int>(status); }

// The reason phrase of RFC 9110 §15, without the code.
[[nodiscard]] std::string_view reason(Status status);

}  // namespace tinyserve::http
