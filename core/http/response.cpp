#include "http/response.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/digits.h"
#include "http/grammar.h"

namespace tinyserve::http {

namespace {

constexpr std::size_t kUsualFields = 320;  // bytes, so that they are not moved while they grow
constexpr std::size_t kOwnLines = 256;     // bytes, what a head has beside date and fields, at most

// RFC 9110 §8.6: no Content-Length with these.
bool has_no_content(Status status) {
  return code(status) < 200 || status == Status::kNoContent || status == Status::kNotModified;
}

}  // namespace

FieldText& FieldText::add(std::string_view name, std::string_view value) {
  TS_CHECK(count_value_chars(value) == value.size());
  if (text_.empty()) text_.reserve(kUsualFields);
  const std::size_t begin = text_.size();
  text_.resize(begin + name.size() + value.size() + 4);
  char* out = put_text(text_.data() + begin, name);
  out = put_text(out, ": ");
  out = put_text(out, value);
  put_text(out, "\r\n");
  return *this;
}

FieldText& FieldText::add_lines(std::string_view lines) {
  text_ += lines;
  return *this;
}

FieldText& FieldText::remove(std::string_view name) {
  for (std::size_t begin = 0; begin < text_.size();) {
    const std::size_t size = text_.find('\n', begin) + 1 - begin;
    const std::string_view line = std::string_view(text_).substr(begin, size);
    if (iequals(line.substr(0, line.find(':')), name)) {
      text_.erase(begin, size);
    } else {
      begin += size;
    }
  }
  return *this;
}

std::string_view connection_field(int minor_version, bool keep_alive) {
  if (!keep_alive) return "Connection: close\r\n";
  return minor_version == 0 ? "Connection: keep-alive\r\n" : std::string_view();
}

void append_head(std::string& text, const Response& response, const HeadContext& context) {
  const std::string_view fields = response.fields.text();
  const std::size_t begin = text.size();
  text.resize(begin + kOwnLines + context.date.size() + fields.size());
  // Also towards HTTP/1.0 clients: the version is ours (RFC 9110 §2.5).
  char* out = put_text(text.data() + begin, "HTTP/1.1 ");
  out = put_three(out, static_cast<std::uint64_t>(code(response.status)));
  out = put_text(out, " ");
  out = put_text(out, reason(response.status));
  out = put_text(out, "\r\nDate: ");
  out = put_text(out, context.date);
  out = put_text(out, "\r\nServer: tinyserve\r\n");
  if (is_produced(response.body)) {
    if (context.minor_version >= 1) out = put_text(out, "Transfer-Encoding: chunked\r\n");
  } else if (!has_no_content(response.status)) {
    out = put_text(out, "Content-Length: ");
    out = put_number(out, content_length(response.body));
    out = put_text(out, "\r\n");
  }
  out = put_text(out, fields);
  out = put_text(out, connection_field(context.minor_version, context.keep_alive));
  out = put_text(out, "\r\n");
  text.resize(static_cast<std::size_t>(out - text.data()));
}

}  // namespace tinyserve::http
