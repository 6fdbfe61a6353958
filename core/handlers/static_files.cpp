#include "handlers/static_files.h"

#include <cerrno>

#include "files/listing.h"
#include "handlers/file_answer.h"
#include "handlers/listing_json.h"
#include "handlers/pages.h"
#include "http/accept.h"

namespace tinyserve::handlers {

namespace {

using http::Status;
using http::Via;

constexpr std::string_view kAllowed = "GET, HEAD, OPTIONS";

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

}  // namespace

Answer StaticFiles::respond(const http::Request& request, const http::Path& path, Instant now) {
  switch (request.method) {
    case http::Method::kGet:
    case http::Method::kHead:
      return get(request, path, now);
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
  const auto entry = root_->find(path.text);
  if (!entry) return failed_answer(request, entry.error());
  switch (entry->facts.kind) {
    case files::Kind::kRegular:
      return file_answer(request, *root_, path.text, *entry, Via::kFile, now);
    case files::Kind::kDirectory:
      return redirect_to_slash(request, path.text);
    case files::Kind::kOther:
      break;
  }
  return error_answer(request, Status::kForbidden, "Neither a file nor a directory.");
}

bool StaticFiles::root_is_there() {
  // Once for all requests of a batch: it is looked at after the bytes arrived that hold them.
  if (!root_checked_) root_checked_ = root_->refresh() != files::Root::Change::kMissing;
  return root_checked_;
}

Answer StaticFiles::single_file(const http::Request& request, const std::string& path,
                                Instant now) {
  if (!path.empty() && path != root_->single_file()) return not_found(request);
  const auto entry = root_->find(root_->single_file());
  if (!entry) return failed_answer(request, entry.error());
  if (entry->facts.kind != files::Kind::kRegular) return not_found(request);
  return file_answer(request, *root_, root_->single_file(), *entry, Via::kFile, now);
}

Answer StaticFiles::directory(const http::Request& request, const std::string& path, Instant now) {
  for (const std::string& name : options_->index_names) {
    const std::string index_path = path.empty() ? name : path + '/' + name;
    const auto index = root_->find(index_path);
    if (index && index->facts.kind == files::Kind::kRegular) {
      return file_answer(request, *root_, index_path, *index, Via::kIndex, now);
    }
    if (!index && !index.error().is(ENOENT)) return failed_answer(request, index.error());
  }
  return listing(request, path);
}

Answer StaticFiles::listing(const http::Request& request, const std::string& path) {
  const auto place = root_->find(path);
  if (!place) return failed_answer(request, place.error());
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
