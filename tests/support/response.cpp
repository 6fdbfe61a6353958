#include "support/response.h"

#include <strings.h>

#include <algorithm>
#include <stdexcept>

namespace tinyserve::test {
namespace {

void demand(bool condition, const char* what, std::string_view head) {
  if (!condition)
    throw std::runtime_error(std::string(what) + " in the answer:\n" + std::string(head));
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_field_name(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_control(char c) { return (c >= 0 && c < ' ') || c == 0x7F; }

void parse_status_line(std::string_view line, Response& response) {
  demand(line.starts_with("HTTP/1.1 ") && line.size() >= 13 && line[12] == ' ', "no status line",
         line);
  demand(std::all_of(line.begin() + 9, line.begin() + 12, is_digit), "no status code", line);
  response.status = std::stoi(std::string(line.substr(9, 3)));
  response.reason = line.substr(13);
}

void parse_field_line(std::string_view line, Response& response) {
  const std::size_t colon = line.find(": ");
  demand(colon != std::string_view::npos, "a field line without a colon", line);
  demand(is_field_name(line.substr(0, colon)), "a bad field name", line);
  response.fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
}

}  // namespace

std::string Response::field(std::string_view name) const {
  const std::string wanted(name);
  for (const auto& [key, value] : fields) {
    if (::strcasecmp(key.c_str(), wanted.c_str()) == 0) return value;
  }
  return {};
}

std::size_t Response::count(std::string_view name) const {
  const std::string wanted(name);
  std::size_t result = 0;
  for (const auto& [key, value] : fields) {
    if (::strcasecmp(key.c_str(), wanted.c_str()) == 0) ++result;
  }
  return result;
}

Response parse_response_head(std::string_view head) {
  Response response;
  bool first = true;
  std::string_view rest = head;
  for (;;) {
    const std::size_t end = rest.find("\r\n");
    demand(end != std::string_view::npos, "a head without an end", head);
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (line.empty()) break;
    demand(std::none_of(line.begin(), line.end(), is_control), "a control byte", head);
    first ? parse_status_line(line, response) : parse_field_line(line, response);
    first = false;
  }
  demand(!first, "an empty head", head);
  demand(rest.empty(), "bytes behind the head", head);
  demand(response.count("Content-Length") <= 1, "two Content-Lengths", head);
  return response;
}

std::vector<Response> parse_responses(std::string_view text) {
  std::vector<Response> result;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n\r\n");
    demand(end != std::string_view::npos, "a head without an end", text);
    Response response = parse_response_head(text.substr(0, end + 4));
    text.remove_prefix(end + 4);
    const std::string length = response.field("Content-Length");
    const std::size_t size = length.empty() ? 0 : std::stoul(length);
    demand(size <= text.size(), "content that is cut off", text);
    response.body = text.substr(0, size);
    text.remove_prefix(size);
    result.push_back(std::move(response));
  }
  return result;
}

}  // namespace tinyserve::test
