// response.h — step 6: a planned answer, and the text of its head (RFC 9112 §4, RFC 9110 §6.6, §8).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/body.h"
#include "http/status.h"

namespace tinyserve::http {

// Field lines, ready to send. Nothing that came from the request may be added without being encoded
// anew: a control byte in a value is our own fault and stops the program (RFC 9112 §11.1).
class FieldText {
 public:
  FieldText& add(std::string_view name, std::string_view value);
  // Whole lines with the CRLF that ends each: a literal.
  FieldText& add_lines(std::string_view lines);
  // Takes away every line with this name, in any case.
  FieldText& remove(std::string_view name);
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string text_;
};

// May be moved, not copied: content that is still to be made has one owner.
struct Response {
  Status status = Status::kOk;
  FieldText fields;  // without Date, Server, Content-Length and Connection, which every head gets
  Body body;
};

// What a head says beside what was planned.
struct HeadContext {
  std::string_view date;  // IMF-fixdate
  int minor_version = 1;  // of the request
  bool keep_alive = true;
};

// The line with which a head tells whether the connection goes on, empty where nothing needs to be
// said (RFC 9112 §9.3).
[[nodiscard]] std::string_view connection_field(int minor_version, bool keep_alive);

// Appends the head of `response`, with the empty line that ends it, to `text`. Content-Length is
// that of the body, also for the answer to a HEAD request, and left out where the status has no
// content (1xx, 204, 304). Content that is still to be made is announced as chunked to HTTP/1.1,
// and not at all to HTTP/1.0, which reads until the connection ends (RFC 9112 §6.1, §6.3).
void append_head(std::string& text, const Response& response, const HeadContext& context);

}  // namespace tinyserve::http
