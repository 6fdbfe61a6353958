// status.h — status codes and their reasons (RFC 9110 §15; 507: RFC 4918 §11.5).
#pragma once

#include <cstdint>
#include <string_view>

namespace tinyserve::http {

// Those that the server itself decides on. Any other code of three digits is a Status as well: see
// status_of().
enum class Status : std::uint16_t {
  kContinue = 100,
  kOk = 200,
  kCreated = 201,
  kNoContent = 204,
  kPartialContent = 206,
  kMovedPermanently = 301,
  kNotModified = 304,
  kBadRequest = 400,
  kForbidden = 403,
  kNotFound = 404,
  kMethodNotAllowed = 405,
  kRequestTimeout = 408,
  kConflict = 409,
  kPreconditionFailed = 412,
  kContentTooLarge = 413,
  kUriTooLong = 414,
  kUnsupportedMediaType = 415,
  kRangeNotSatisfiable = 416,
  kExpectationFailed = 417,
  kFieldsTooLarge = 431,
  kInternalError = 500,
  kNotImplemented = 501,
  kUnavailable = 503,
  kVersionNotSupported = 505,
  kInsufficientStorage = 507,
};

[[nodiscard]] constexpr int code(Status status) { return static_cast<int>(status); }

[[nodiscard]] constexpr Status status_of(std::uint16_t code) { return static_cast<Status>(code); }

// The reason phrase that is registered for it, without the code (RFC 9110 §15, §16.2); empty where
// none is.
[[nodiscard]] std::string_view reason(Status status);

}  // namespace tinyserve::http
