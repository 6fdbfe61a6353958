// asked_request.h — a request from its text, for tests of what comes after the parser.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "http/request.h"
#include "http/request_parser.h"

namespace tinyserve::test {

// Holds the text, the parser and the request that is views into both; what follows the head is the
// request's content. The text must be a request that is not refused.
class AskedRequest {
 public:
  explicit AskedRequest(std::string text) : text_(std::move(text)) {
    EXPECT_EQ(parser_.parse(text_), http::RequestParser::Step::kDone);
    request_ = std::get<http::Request>(http::interpret(parser_.head(text_.data()), limits_));
    request_.content.view = std::string_view(text_).substr(parser_.head_size());
    request_.content.size = request_.content.view.size();
  }
  AskedRequest(const AskedRequest&) = delete;
  AskedRequest& operator=(const AskedRequest&) = delete;

  [[nodiscard]] const http::Request& request() const { return request_; }
  [[nodiscard]] http::Request& request() { return request_; }
  [[nodiscard]] http::Path path() const { return *http::decode_path(request_.target.path); }

 private:
  std::string text_;
  http::Limits limits_;
  http::RequestParser parser_{limits_};
  http::Request request_;
};

}  // namespace tinyserve::test
