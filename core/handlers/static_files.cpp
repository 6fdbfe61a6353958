#include "handlers/static_files.h"

#include <cerrno>
#include <utility>

#include "files/listing.h"
#include "files/media_type.h"
#include "handlers/listing_json.h"
#include "handlers/pages.h"
#include "http/accept.h"

namespace tinyserve::handlers {

namespace {

using http::Status;
using http::Via;

constexpr std::string_view kAllowed = "GET, HEAD, OPTIONS";
constexpr const char* kOwnErrorPage = "404.html";

Answer not_found(const http::Request& request, Via via = Via::kErrorPage) {
  return error_answer(request, Status::kNotFound, "There is nothing here.", via);
}

// RFC 9110 §15.5.6, and a word for those who look for something that takes a POST.
Answer method_not_allowed(const http::Request& request, const Options& options) {
  const bool echo = request.method == http::Method::kPost && options.api;
  Answer answer =
      error_answer(request, Status::kMethodNotAllowed,
                   echo ? "Files are only read. POST to /api/echo to get back what you send."
                        : "Files are only read: GET, HEAD and OPTIONS.");
  answer.response.fields.add("Allow", kAllowed);
  return answer;
}

// RFC 9110 §15.4.2. The path is encoded anew from what was decoded, so it begins with exactly one
// slash and stays ours.
Answer redirect_to_slash(const http::Request& request, const std::string& path) {
  std::string location = "/" + http::encode_path(path) + "/";
  if (request.target.query) location.append("?").append(*request.target.query);
  Answer answer = error_answer(request, Status::kMovedPermanently,
                               "The address of a directory ends with a slash.", Via::kRedirect);
  answer.response.fields.add("Location", location);
  return answer;
}

bool is_absent(const Error& error) { return error.is(ENOENT) || error.is(ENOTDIR); }

// Whether `path` may be a route of a single-page application, as it is known to the application
// alone: it is asked for as a page, and has the name of none of the application's files.
bool is_route(const http::Request& request, std::string_view path) {
  return files::extension(path).empty() &&
         http::prefers_html(request.fields.all(http::FieldName::kAccept));
}

}  // namespace

Answer StaticFiles::respond(const http::Request& request, const http::Path& path, Instant now) {
  switch (request.method) {
    case http::Method::kGet:
    case http::Method::kHead:
      return with_own_error_page(request, get(request, path, now));
    case http::Method::kOptions: {
      Answer answer;
      answer.via = Via::kFile;
      answer.response.status = Status::kNoContent;
      answer.response.fields.add("Allow", kAllowed);
      return answer;
    }
    default:
      return method_not_allowed(request, *options_);
  }
}

Answer StaticFiles::get(const http::Request& request, const http::Path& path, Instant now) {
  if (path.hidden && !options_->dotfiles) return not_found(request, Via::kHidden);
  if (!root_is_there()) {
    Answer answer;
    answer.response = waiting_page(
        Status::kUnavailable,
        "The served directory is missing. This page waits for it to come back.", request.fields);
    return answer;
  }
  if (!root_->single_file().empty()) return single_file(request, path.text, now);
  if (path.wants_directory) return directory(request, path.text, now);
  return plain_path(request, path.text, now);
}

Answer StaticFiles::plain_path(const http::Request& request, const std::string& path, Instant now) {
  auto entry = root_->find(path);
  if (!entry || entry->facts.kind == files::Kind::kDirectory) {
    if (auto page = clean_url(path)) {
      return file_answer(request, *root_, *options_, *std::move(page), now);
    }
  }
  if (!entry) return failed(request, path, entry.error(), now);
  switch (entry->facts.kind) {
    case files::Kind::kRegular:
      return file_answer(request, *root_, *options_, {path, *std::move(entry), Via::kFile}, now);
    case files::Kind::kDirectory:
      return redirect_to_slash(request, path);
    case files::Kind::kOther:
      break;
  }
  return error_answer(request, Status::kForbidden, "Neither a file nor a directory.");
}

std::optional<ChosenFile> StaticFiles::file_at(const std::string& path, Via via) const {
  auto entry = root_->find(path);
  if (!entry || entry->facts.kind != files::Kind::kRegular) return std::nullopt;
  return ChosenFile{path, *std::move(entry), via};
}

std::optional<ChosenFile> StaticFiles::clean_url(const std::string& path) const {
  if (!options_->clean_urls || path.empty()) return std::nullopt;
  for (const std::string& name : options_->index_names) {
    if (file_at(path + '/' + name, Via::kIndex)) return std::nullopt;
  }
  return file_at(path + ".html", Via::kFile);
}

Answer StaticFiles::failed(const http::Request& request, std::string_view path, const Error& error,
                           Instant now) const {
  if (!options_->spa.empty() && is_absent(error) && is_route(request, path)) {
    if (auto application = file_at(options_->spa, Via::kSpa)) {
      application->by_accept = true;
      return file_answer(request, *root_, *options_, *std::move(application), now);
    }
  }
  return failed_answer(request, error);
}

Answer StaticFiles::with_own_error_page(const http::Request& request, Answer answer) {
  if (answer.response.status != Status::kNotFound || !root_->single_file().empty() ||
      !http::prefers_html(request.fields.all(http::FieldName::kAccept))) {
    return answer;
  }
  const auto page = file_at(kOwnErrorPage, Via::kErrorPage);
  if (!page) return answer;
  auto response = error_page_of_file(*page, *options_, Status::kNotFound);
  if (response) answer.response = *std::move(response);
  return answer;
}

bool StaticFiles::root_is_there() {
  // Once for all requests of a batch: it is looked at after the bytes arrived that hold them.
  if (!root_checked_) root_checked_ = root_->refresh() != files::Root::Change::kMissing;
  return root_checked_;
}

Answer StaticFiles::single_file(const http::Request& request, const std::string& path,
                                Instant now) {
  if (!path.empty() && path != root_->single_file()) return not_found(request);
  auto entry = root_->find(root_->single_file());
  if (!entry) return failed_answer(request, entry.error());
  if (entry->facts.kind != files::Kind::kRegular) return not_found(request);
  return file_answer(request, *root_, *options_,
                     {root_->single_file(), *std::move(entry), Via::kFile}, now);
}

Answer StaticFiles::directory(const http::Request& request, const std::string& path, Instant now) {
  for (const std::string& name : options_->index_names) {
    const std::string index_path = path.empty() ? name : path + '/' + name;
    auto index = root_->find(index_path);
    if (index && index->facts.kind == files::Kind::kRegular) {
      return file_answer(request, *root_, *options_, {index_path, *std::move(index), Via::kIndex},
                         now);
    }
    if (!index && !is_absent(index.error())) return failed_answer(request, index.error());
  }
  return listing(request, path, now);
}

Answer StaticFiles::listing(const http::Request& request, const std::string& path, Instant now) {
  const auto place = root_->find(path);
  if (!place) return failed(request, path, place.error(), now);
  if (place->facts.kind != files::Kind::kDirectory || !options_->listing) return not_found(request);
  const auto entries = files::list_directory(
      *root_, path, *place, options_->dotfiles ? files::Hidden::kShow : files::Hidden::kLeaveOut);
  if (!entries) return failed_answer(request, entries.error());
  Answer answer;
  const bool json = http::prefers_json(request.fields.all(http::FieldName::kAccept));
  answer.response = json ? listing_data(*entries) : listing_page(path, *entries);
  answer.via = Via::kListing;
  return answer;
}

}  // namespace tinyserve::handlers
