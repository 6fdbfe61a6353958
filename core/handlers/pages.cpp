#include "handlers/pages.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "http/accept.h"
#include "http/date.h"
#include "http/target.h"

namespace tinyserve::handlers {

namespace {

#include "share/pages.inc"

constexpr std::string_view kReload = "<meta http-equiv=\"refresh\" content=\"1\">\n";

struct Hole {
  std::string_view name;
  std::string_view text;
};

// `page` with each {{name}} replaced. Holes are filled from left to right and what filled one is
// not looked at again, so a file called {{rows}} does no harm.
std::string fill(std::string_view page, std::initializer_list<Hole> holes) {
  std::string filled;
  while (true) {
    const std::size_t open = page.find("{{");
    filled += page.substr(0, open);
    if (open == page.npos) return filled;
    const std::size_t close = page.find("}}", open);
    const std::string_view name = page.substr(open + 2, close - open - 2);
    for (const Hole& hole : holes) {
      if (hole.name == name) filled += hole.text;
    }
    page.remove_prefix(close + 2);
  }
}

void add_page_fields(http::Response& response, std::string_view style_hash) {
  response.fields.add("Content-Type", "text/html; charset=utf-8")
      .add("Content-Security-Policy",
           fmt::format("default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'",
                       style_hash));
}

void add_common_fields(http::Response& response) {
  response.fields.add("Cache-Control", "no-cache")
      .add("Vary", "Accept")
      .add("X-Content-Type-Options", "nosniff");
}

http::Response make_error_page(http::Status status, std::string_view detail,
                               const http::Fields& request_fields, std::string_view head) {
  http::Response response;
  response.status = status;
  const std::string number = fmt::format("{}", http::code(status));
  if (http::prefers_html(request_fields.all(http::FieldName::kAccept))) {
    add_page_fields(response, kErrorStyleHash);
    response.body = fill(kErrorPage, {{"status", number},
                                      {"reason", http::reason(status)},
                                      {"detail", escape_html(detail)},
                                      {"head", head}});
  } else {
    response.fields.add("Content-Type", "text/plain; charset=utf-8");
    response.body = fmt::format("{} {}: {}\n", number, http::reason(status), detail);
  }
  add_common_fields(response);
  return response;
}

// A size for people: 999 B, 1.0 kB, 23 MB.
std::string human_size(std::uint64_t bytes) {
  constexpr std::string_view kUnits = "kMGTPE";
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double amount = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; amount >= 999.5 && unit + 1 < kUnits.size(); ++unit) amount /= 1000;
  return fmt::format("{:.{}f} {}B", amount, amount < 9.95 ? 1 : 0, kUnits[unit]);
}

// The time of the last change, in UTC: "06 Nov 1994 08:49".
std::string human_time(std::int64_t seconds) {
  const auto date = http::format_date(seconds);  // "Sun, 06 Nov 1994 08:49:37 GMT"
  return std::string(date.data() + 5, 17);
}

void append_row(std::string& rows, const files::ListedEntry& entry) {
  const bool directory = entry.facts.kind == files::Kind::kDirectory;
  const std::string_view slash = directory ? "/" : "";
  rows += fmt::format("<tr><td><a href=\"./{}{}\">{}{}</a></td><td>{}</td><td>{}</td></tr>\n",
                      http::encode_path(entry.name), slash, escape_html(entry.name), slash,
                      directory ? std::string() : human_size(entry.facts.size),
                      human_time(entry.facts.mtime_s()));
}

}  // namespace

http::Response error_page(http::Status status, std::string_view detail,
                          const http::Fields& request_fields) {
  return make_error_page(status, detail, request_fields, "");
}

http::Response waiting_page(http::Status status, std::string_view detail,
                            const http::Fields& request_fields) {
  http::Response response = make_error_page(status, detail, request_fields, kReload);
  response.fields.add("Retry-After", "1");
  return response;
}

http::Response listing_page(std::string_view path, const std::vector<files::ListedEntry>& entries) {
  std::string rows;
  if (!path.empty()) rows += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n";
  for (const files::ListedEntry& entry : entries) append_row(rows, entry);
  const std::string title = path.empty() ? "/" : fmt::format("/{}/", escape_html(path));
  http::Response response;
  add_page_fields(response, kListingStyleHash);
  add_common_fields(response);
  response.body = fill(kListingPage, {{"path", title}, {"rows", rows}});
  return response;
}

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    const char c = text.front();
    if (size == 0 || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      escaped += kReplacementCharacter;
    } else if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else if (c == '"') {
      escaped += "&quot;";
    } else if (c == '\'') {
      escaped += "&#39;";
    } else {
      escaped += text.substr(0, size);
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return escaped;
}

}  // namespace tinyserve::handlers
