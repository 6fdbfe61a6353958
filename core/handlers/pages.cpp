#include "handlers/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/human.h"
#include "base/timestamp.h"
#include "handlers/html.h"
#include "http/accept.h"
#include "http/target.h"

namespace tinyserve::handlers {

namespace {

#include "share/pages.inc"

constexpr std::string_view kReload = "<meta http-equiv=\"refresh\" content=\"1\">\n";

constexpr std::string_view kParentRow =
    "<tbody id=\"up\">\n<tr><td><a href=\"../\">Parent directory</a></td></tr>\n</tbody>\n";

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

// `sources` are the directives that allow the page its own blocks.
void add_page_fields(http::Response& response, std::string_view sources) {
  response.fields.add("Content-Type", "text/html; charset=utf-8")
      .add("Content-Security-Policy",
           fmt::format("default-src 'none'; {}; base-uri 'none'; form-action 'none'; "
                       "frame-ancestors 'none'",
                       sources));
}

void add_common_fields(http::Response& response) {
  response.fields.add("Cache-Control", "no-cache")
      .add("Vary", "Accept")
      .add("X-Content-Type-Options", "nosniff");
}

// Ways out of an error page: to `parent`, and to the root where that is another place.
std::string way_out(std::string_view parent) {
  if (parent.empty()) return {};
  std::string links;
  if (parent != "/") links = fmt::format("<a href=\"{}\">Parent directory</a>\n", parent);
  return fmt::format("<nav>\n{}<a href=\"/\">Start page</a>\n</nav>\n", links);
}

http::Response make_error_page(http::Status status, std::string_view detail,
                               const http::Fields& request_fields, std::string_view head,
                               std::string_view parent) {
  http::Response response;
  response.status = status;
  const std::string number = std::to_string(http::code(status));
  if (http::prefers_html(request_fields.all(http::FieldName::kAccept))) {
    add_page_fields(response, kErrorSources);
    response.body = fill(kErrorPage, {{"status", number},
                                      {"reason", http::reason(status)},
                                      {"detail", escape_html(detail)},
                                      {"head", head},
                                      {"links", way_out(parent)}});
  } else {
    response.fields.add("Content-Type", "text/plain; charset=utf-8");
    std::string text = number;
    text.append(" ").append(http::reason(status)).append(": ").append(detail).append("\n");
    response.body = std::move(text);
  }
  add_common_fields(response);
  return response;
}

// "2 directories", "1,234,567 bytes", "1 file".
std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  std::string digits = fmt::format("{}", number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return fmt::format("{} {}", digits, number == 1 ? one : many);
}

// The size for people, and in its title the exact one, which the script sorts by.
std::string size_cell(std::uint64_t bytes) {
  return fmt::format("<td title=\"{}\">{}</td>", counted(bytes, "byte", "bytes"),
                     human_size(bytes));
}

// The time of the last change, in UTC: to the minute for eyes, to the millisecond for the script.
std::string time_cell(const files::Facts& facts) {
  const auto stamp = format_timestamp(facts.mtime_ns / 1000);
  const std::string_view text(stamp.data(), stamp.size());
  return fmt::format("<td><time datetime=\"{}\">{} {}</time></td>", text, text.substr(0, 10),
                     text.substr(11, 5));
}

// The start of a link to an entry; leading nowhere where no request may name it.
std::string link_to(const std::string& name, std::string_view slash) {
  const std::string path = http::encode_path(name);
  if (!http::decode_path(path)) return "<a title=\"No address can hold this name\">";
  // "./" in front: a name with a colon is no scheme.
  return fmt::format("<a href=\"./{}{}\">", path, slash);
}

void append_row(std::string& rows, const files::ListedEntry& entry) {
  const bool directory = entry.facts.kind == files::Kind::kDirectory;
  const std::string_view slash = directory ? "/" : "";
  rows += fmt::format(
      "\n<tr><td>{}{}{}</a></td>{}{}</tr>", link_to(entry.name, slash), name_html(entry.name),
      slash, directory ? "<td></td>" : size_cell(entry.facts.size), time_cell(entry.facts));
}

// The rows; that which leads up is in a group of its own, because sorting leaves it where it is.
std::string listing_rows(std::string_view path, const std::vector<files::ListedEntry>& entries) {
  std::string rows;
  if (!path.empty()) rows += kParentRow;
  rows += "<tbody id=\"entries\">";
  for (const files::ListedEntry& entry : entries) append_row(rows, entry);
  return rows + "</tbody>\n";
}

// The path as links: every directory above, and the name of this one.
std::string crumbs(std::string_view path) {
  if (path.empty()) return "<bdi id=\"root\">/</bdi>";
  const auto depth = 1 + std::count(path.begin(), path.end(), '/');
  std::string up;
  for (auto i = 0; i < depth; ++i) up += "../";
  std::string html = fmt::format("<a href=\"{}\" id=\"root\">/</a>", up);
  while (true) {
    const std::size_t end = path.find('/');
    const std::string name = name_html(path.substr(0, end));
    if (end == path.npos) return html + name + "/";
    up.resize(up.size() - 3);
    html += fmt::format("<a href=\"{}\">{}</a>/", up, name);
    path.remove_prefix(end + 1);
  }
}

// "2 directories, 15 files, 1.2 MB": what there is.
std::string summary(const std::vector<files::ListedEntry>& entries) {
  std::size_t directories = 0;
  std::uint64_t bytes = 0;
  for (const files::ListedEntry& entry : entries) {
    const bool directory = entry.facts.kind == files::Kind::kDirectory;
    directories += directory ? 1 : 0;
    bytes += directory ? 0 : entry.facts.size;
  }
  // Whether there is something that is hidden is nobody's business.
  if (entries.empty()) return "This directory is empty, or what it holds is hidden.";
  const std::size_t files = entries.size() - directories;
  std::string text;
  if (directories > 0) text = counted(directories, "directory", "directories");
  if (files == 0) return text;
  if (!text.empty()) text += ", ";
  return text + counted(files, "file", "files") + ", " + human_size(bytes);
}

}  // namespace

http::Response error_page(http::Status status, std::string_view detail,
                          const http::Fields& request_fields, std::string_view parent) {
  return make_error_page(status, detail, request_fields, "", parent);
}

http::Response waiting_page(http::Status status, std::string_view detail,
                            const http::Fields& request_fields) {
  http::Response response = make_error_page(status, detail, request_fields, kReload, "");
  response.fields.add("Retry-After", "1");
  return response;
}

http::Response listing_page(std::string_view path, const std::vector<files::ListedEntry>& entries) {
  const std::string title = path.empty() ? "/" : fmt::format("/{}/", escape_html(path));
  http::Response response;
  add_page_fields(response, kListingSources);
  add_common_fields(response);
  response.body = fill(kListingPage, {{"title", title},
                                      {"crumbs", crumbs(path)},
                                      {"count", summary(entries)},
                                      {"rows", listing_rows(path, entries)}});
  return response;
}

}  // namespace tinyserve::handlers
