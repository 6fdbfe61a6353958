// response.h — an answer of the server, taken apart by a strict reader (tests).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tinyserve::test {

struct Response {
  int status = 0;
  std::string reason{};
  std::vector<std::pair<std::string, std::string>> fields{};  // names as they were sent
  std::string body{};

  // The value of the field (names compare without case), or "" when there is none.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return count(name) > 0; }
};

// Reads a head up to and including its empty line. Throws std::runtime_error for anything that is
// not exactly RFC 9112 §4 and §5: another version, a bare line feed, a field without a name, two
// Content-Lengths.
Response parse_response_head(std::string_view head);

// Takes apart answers that came one after the other; `text` holds nothing else. None of them may be
// the answer to a HEAD.
std::vector<Response> parse_responses(std::string_view text);

}  // namespace tinyserve::test
