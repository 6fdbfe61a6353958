#include "http/status.h"

#include <gtest/gtest.h>

namespace tinyserve::http {
namespace {

TEST(Status, HasTheReasonOfTheRfc) {
  EXPECT_EQ(reason(Status::kContinue), "Continue");
  EXPECT_EQ(reason(Status::kOk), "OK");
  EXPECT_EQ(reason(Status::kCreated), "Created");
  EXPECT_EQ(reason(Status::kNoContent), "No Content");
  EXPECT_EQ(reason(Status::kPartialContent), "Partial Content");
  EXPECT_EQ(reason(Status::kMovedPermanently), "Moved Permanently");
  EXPECT_EQ(reason(Status::kNotModified), "Not Modified");
  EXPECT_EQ(reason(Status::kBadRequest), "Bad Request");
  EXPECT_EQ(reason(Status::kForbidden), "Forbidden");
  EXPECT_EQ(reason(Status::kNotFound), "Not Found");
  EXPECT_EQ(reason(Status::kMethodNotAllowed), "Method Not Allowed");
  EXPECT_EQ(reason(Status::kRequestTimeout), "Request Timeout");
  EXPECT_EQ(reason(Status::kConflict), "Conflict");
  EXPECT_EQ(reason(Status::kPreconditionFailed), "Precondition Failed");
  EXPECT_EQ(reason(Status::kContentTooLarge), "Content Too Large");
  EXPECT_EQ(reason(Status::kUriTooLong), "URI Too Long");
  EXPECT_EQ(reason(Status::kUnsupportedMediaType), "Unsupported Media Type");
  EXPECT_EQ(reason(Status::kRangeNotSatisfiable), "Range Not Satisfiable");
  EXPECT_EQ(reason(Status::kExpectationFailed), "Expectation Failed");
  EXPECT_EQ(reason(Status::kFieldsTooLarge), "Request Header Fields Too Large");
  EXPECT_EQ(reason(Status::kInternalError), "Internal Server Error");
  EXPECT_EQ(reason(Status::kNotImplemented), "Not Implemented");
  EXPECT_EQ(reason(Status::kUnavailable), "Service Unavailable");
  EXPECT_EQ(reason(Status::kVersionNotSupported), "HTTP Version Not Supported");
  EXPECT_EQ(reason(Status::kInsufficientStorage), "Insufficient Storage");
}

TEST(Status, HasTheReasonsOfOtherCodesToo) {
  EXPECT_EQ(reason(status_of(201)), "Created");
  EXPECT_EQ(reason(status_of(418)), "I'm a Teapot");
  EXPECT_EQ(reason(status_of(429)), "Too Many Requests");
  EXPECT_EQ(reason(status_of(511)), "Network Authentication Required");
}

TEST(Status, HasNoReasonWhereNoneIsRegistered) {
  constexpr std::uint16_t kUnregistered[] = {299, 306, 419, 499, 599};
  for (const std::uint16_t code : kUnregistered) {
    EXPECT_EQ(reason(status_of(code)), "") << code;
  }
}

TEST(Status, IsItsCode) {
  EXPECT_EQ(code(status_of(599)), 599);
  EXPECT_EQ(code(Status::kContinue), 100);
  EXPECT_EQ(code(Status::kFieldsTooLarge), 431);
  EXPECT_EQ(code(Status::kVersionNotSupported), 505);
}

}  // namespace
}  // namespace tinyserve::http
