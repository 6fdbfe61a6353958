#include "http/status.h"

namespace tinyserve::http {

std::string_view reason(Status status) {
  switch (status) {
    case Status::kContinue:
      return "Continue";
    case Status::kOk:
      return "OK";
    case Status::kNoContent:
      return "No Content";
    case Status::kPartialContent:
      return "Partial Content";
    case Status::kMovedPermanently:
      return "Moved Permanently";
    case Status::kNotModified:
      return "Not Modified";
    case Status::kBadRequest:
      return "Bad Request";
    case Status::kForbidden:
      return "Forbidden";
    case Status::kNotFound:
      return "Not Found";
    case Status::kMethodNotAllowed:
      return "Method Not Allowed";
    case Status::kRequestTimeout:
      return "Request Timeout";
    case Status::kPreconditionFailed:
      return "Precondition Failed";
    case Status::kContentTooLarge:
      return "Content Too Large";
    case Status::kUriTooLong:
      return "URI Too Long";
    case Status::kRangeNotSatisfiable:
      return "Range Not Satisfiable";
    case Status::kExpectationFailed:
      return "Expectation Failed";
    case Status::kFieldsTooLarge:
      return "Request Header Fields Too Large";
    case Status::kInternalError:
      return "Internal Server Error";
    case Status::kNotImplemented:
      return "Not Implemented";
    case Status::kUnavailable:
      return "Service Unavailable";
    case Status::kVersionNotSupported:
      return "HTTP Version Not Supported";
  }
  return "";
}

}  // namespace tinyserve::http
