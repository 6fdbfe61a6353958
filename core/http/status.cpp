#include "http/status.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tinyserve::http {

namespace {

struct Row {
  int code;
  std::string_view reason;
};

// The registry of status codes (RFC 9110 §16.2), without those that are unused or temporary; 418 is
// kept for RFC 2324 §2.3.2.
constexpr std::array<Row, 61> kReasons{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a Teapot"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {511, "Network Authentication Required"},
}};

// For each code the number of its row, counted from 1.
constexpr std::array<std::uint8_t, kReasons.back().code + 1> kRows = [] {
  std::array<std::uint8_t, kReasons.back().code + 1> rows{};
  for (std::size_t i = 0; i < kReasons.size(); ++i) {
    rows[static_cast<std::size_t>(kReasons[i].code)] = static_cast<std::uint8_t>(i + 1);
  }
  return rows;
}();

}  // namespace

std::string_view reason(Status status) {
  const auto index = static_cast<std::size_t>(code(status));
  return index < kRows.size() && kRows[index] != 0 ? kReasons[kRows[index] - 1U].reason
                                                   : std::string_view{};
}

}  // namespace tinyserve::http
