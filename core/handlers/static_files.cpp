#include "handlers/static_files.h"

#include <algorithm>
#include <cerrno>

#include "files/content.h"
#include "files/listing.h"
#include "files/media_type.h"
#include "handlers/pages.h"
#include "http/date.h"

namespace tinyserve::handlers {

namespace {

using http::Status;
using http::Via;

constexpr std::string_view kAllowed = "GET, HEAD, OPTIONS";

Answer error_answer(const http::Request& request, Status status, std::string_view detail,
                    Via via = Via::kErrorPage) {
  Answer answer;
  answer.response = error_page(status, detail, request.fields);
  answer.via = via;
  return answer;
}

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

// What the file system's refusal means for the request.
Answer failed(const http::Request& request, const Error& error) {
  switch (error.code.value()) {
    case EXDEV:
      return not_found(request, Via::kOutsideRoot);
    case EACCES:
    case EPERM:
      return error_answer(request, Status::kForbidden,
                          "The file system does not allow it to be read.");
    case EMFILE:
    case ENFILE:
    case ENOMEM: {
      Answer answer;
      answer.response =
          waiting_page(Status::kUnavailable, "Too many files are open.", request.fields);
      answer.via = Via::kLimit;
      answer.close = true;
      return answer;
    }
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return not_found(request);
    default: {
      Answer answer =
          error_answer(request, Status::kInternalError, "Reading failed.", Via::kInternalError);
      answer.close = true;
      return answer;
    }
  }
}

// RFC 9110 §8.8.2: never in the future. A stamp of 0 or 1 is what archives without times have.
void add_last_modified(http::FieldText& fields, const files::Facts& facts, Instant now) {
  const std::int64_t modified = facts.mtime_s();
  if (modified <= 1) return;
  const auto date = http::format_date(std::min(modified, now.wall_s()));
  fields.add("Last-Modified", {date.data(), date.size()});
}

Answer file_answer(const http::Request& request, const files::Entry& entry, std::string_view name,
                   Via via, Instant now) {
  auto content = files::content_of(entry);
  if (!content) return failed(request, content.error());
  Answer answer;
  answer.via = via;
  answer.response.fields.add("Content-Type", files::media_type(name))
      .add("ETag", files::entity_tag(content->facts, now));
  add_last_modified(answer.response.fields, content->facts, now);
  answer.response.fields.add("Cache-Control", "no-cache").add("X-Content-Type-Options", "nosniff");
  answer.response.body = std::move(content->body);
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

// A file, a directory without its slash, or something that is never opened.
Answer entry_answer(const http::Request& request, const files::Entry& entry,
                    const std::string& path, Instant now) {
  switch (entry.facts.kind) {
    case files::Kind::kRegular:
      return file_answer(request, entry, path, Via::kFile, now);
    case files::Kind::kDirectory:
      return redirect_to_slash(request, path);
    case files::Kind::kOther:
      break;
  }
  return error_answer(request, Status::kForbidden, "Neither a file nor a directory.");
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
  if (!entry) return failed(request, entry.error());
  return entry_answer(request, *entry, path.text, now);
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
  if (!entry) return failed(request, entry.error());
  if (entry->facts.kind != files::Kind::kRegular) return not_found(request);
  return file_answer(request, *entry, root_->single_file(), Via::kFile, now);
}

Answer StaticFiles::directory(const http::Request& request, const std::string& path, Instant now) {
  for (const std::string& name : options_->index_names) {
    const auto index = root_->find(path.empty() ? name : path + '/' + name);
    if (index && index->facts.kind == files::Kind::kRegular) {
      return file_answer(request, *index, name, Via::kIndex, now);
    }
    if (!index && !index.error().is(ENOENT)) return failed(request, index.error());
  }
  return listing(request, path);
}

Answer StaticFiles::listing(const http::Request& request, const std::string& path) {
  const auto place = root_->find(path);
  if (!place) return failed(request, place.error());
  if (place->facts.kind != files::Kind::kDirectory || !options_->listing) return not_found(request);
  const auto entries = files::list_directory(
      *root_, path, *place, options_->dotfiles ? files::Hidden::kShow : files::Hidden::kLeaveOut);
  if (!entries) return failed(request, entries.error());
  Answer answer;
  answer.response = listing_page(path, *entries);
  answer.via = Via::kListing;
  return answer;
}

}  // namespace tinyserve::handlers
