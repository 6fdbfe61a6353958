#include "http/response.h"

#include <array>

#include "base/ascii.h"
#include "base/check.h"
#include "base/digits.h"
#include "http/grammar.h"

namespace tinyserve::http {

namespace {

constexpr std::size_t kUsualFields = 320;  // bytes, so that they are not moved while they grow

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, kDigitsRoom> digits;
  out.append(digits.data(), put_number(digits.data(), number));
}

// RFC 9110 §8.6: no Content-Length with these.
bool has_no_content(Status status) {
  return code(status) < 200 || status == Status::kNoContent || status == Status::kNotModified;
}

}  // namespace

FieldText& FieldText::add(std::string_view name, std::string_view value) {
  TS_CHECK(count_value_chars(value) == value.size());
  if (text_.empty()) text_.reserve(kUsualFields);
  text_.append(name).append(": ").append(value).append("\r\n");
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

void append_head(std::string& out, const Response& response, const HeadContext& context) {
  // Also towards HTTP/1.0 clients: the version is ours (RFC 9110 §2.5).
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(code(response.status)));
  out += ' ';
  out.append(reason(response.status)).append("\r\nDate: ").append(context.date);
  out += "\r\nServer: tinyserve\r\n";
  if (is_produced(response.body)) {
    if (context.minor_version >= 1) out += "Transfer-Encoding: chunked\r\n";
  } else if (!has_no_content(response.status)) {
    out += "Content-Length: ";
    append_number(out, content_length(response.body));
    out += "\r\n";
  }
  out += response.fields.text();
  out.append(connection_field(context.minor_version, context.keep_alive)).append("\r\n");
}

}  // namespace tinyserve::http
