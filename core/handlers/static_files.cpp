#include "handlers/static_files.h"

#include <cerrno>
#include <cstdint>
#include <utility>
#include <vector>

#include "files/listing.h"
#include "files/media_type.h"
#include "files/writer.h"
#include "handlers/file_job.h"
#include "handlers/listing_json.h"
#include "handlers/pages.h"
#include "http/accept.h"

namespace tinyserve::handlers {

namespace {

using http::Status;
using http::Via;

constexpr const char* kOwnErrorPage = "404.html";
constexpr std::size_t kMostListedAtOnce = 256;  // entries; a millisecond of the loop's time

Answer not_found(const http::Request& request, Via via = Via::kErrorPage) {
  return error_answer(request, Status::kNotFound, "There is nothing here.", via);
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

Answer out_of_reach(const http::Request& request) {
  Answer answer = error_answer(request, Status::kUnavailable,
                               "What is served was replaced, and the sandbox lets the server read "
                               "only what was there when it started. Start it again.");
  answer.why = kReplacedRoot;
  return answer;
}

bool is_absent(const Error& error) { return error.is(ENOENT) || error.is(ENOTDIR); }

// Whether `path` may be a route of a single-page application, as it is known to the application
// alone: it is asked for as a page, and has the name of none of the application's files.
bool is_route(const http::Request& request, std::string_view path) {
  return files::extension(path).empty() &&
         http::prefers_html(request.fields.all(http::FieldName::kAccept));
}

// What is needed to say again that there is nothing at `ask.path`: that no name has come into the
// directory where it would stand. A link that leads nowhere is a name already.
std::unique_ptr<Reusable> reusable_absence(const Ask& ask, const Served& served,
                                           const http::Response& response) {
  const files::Root& root = *served.root;
  const std::string& path = ask.path.text;
  const auto* const text = std::get_if<std::string>(&response.body);
  if (!served.options->file_cache || ask.means == Means::kWorker || text == nullptr) return nullptr;
  const std::size_t slash = path.rfind('/');
  const std::string parent = slash == path.npos ? "" : path.substr(0, slash);
  const auto place = root.look(parent);
  if (!place || place->kind != files::Kind::kDirectory) return nullptr;
  if (!root.is_vacant(path) || !root.is_vacant(path + ".html")) return nullptr;
  auto reusable = std::make_unique<Reusable>();
  reusable->path = path;
  reusable->dependencies = {{root.absolute(parent), *place}};
  reusable->whole.status = response.status;
  reusable->whole.fields = response.fields;
  reusable->whole.body = http::BlockSlice{Block::copy_of(*text), 0, text->size()};
  return reusable;
}

// Content in chunks is never here: it is streamed.
bool has_all_content(const http::Request& request) {
  if (request.method != http::Method::kPut) return true;
  std::uint64_t size = request.content.view.size();
  for (const Block& block : request.content.blocks) size += block.size();
  return request.framing.kind != http::Framing::Kind::kChunked && size == request.framing.length;
}

}  // namespace

Answer StaticFiles::respond(const Ask& ask) {
  switch (ask.request.method) {
    case http::Method::kGet:
    case http::Method::kHead:
      // Every look at such a file system may take long.
      if (served_.root->is_slow() && ask.means != Means::kWorker) return answer_aside(ask, served_);
      return with_own_error_page(ask, get(ask));
    case http::Method::kOptions: {
      Answer answer;
      answer.via = Via::kFile;
      answer.response.status = Status::kNoContent;
      answer.response.fields.add("Allow", allowed());
      return answer;
    }
    case http::Method::kPut:
    case http::Method::kDelete:
      if (is_writable()) return change(ask);
      break;
    default:
      break;
  }
  return method_not_allowed(ask.request);
}

std::string_view StaticFiles::allowed() const {
  return is_writable() ? "GET, HEAD, OPTIONS, PUT, DELETE" : "GET, HEAD, OPTIONS";
}

// RFC 9110 §15.5.6, and a word for those who look for what there is under another name.
Answer StaticFiles::method_not_allowed(const http::Request& request) const {
  std::string_view detail = "Files are only read: GET, HEAD and OPTIONS.";
  if (is_writable()) detail = "Files are read by GET, and changed by PUT and DELETE.";
  if (request.method == http::Method::kPost && served_.options->api) {
    detail = "Files take no POST. POST to /api/echo to get back what you send.";
  }
  if (changes_files(request.method)) {
    detail = served_.options->writable
                 ? "A single file is only read. --writable is for a directory."
                 : "Files are only read. To let clients change them, start it with --writable.";
  }
  Answer answer = error_answer(request, Status::kMethodNotAllowed, detail);
  answer.response.fields.add("Allow", allowed());
  return answer;
}

Answer StaticFiles::change(const Ask& ask) const {
  if (auto refused = refuse_change(ask.request, ask.path, *served_.options)) {
    return *std::move(refused);
  }
  // What is still to come would be missing in the file.
  if (ask.means == Means::kLoopOnly || !has_all_content(ask.request)) {
    return busy_answer(ask.request);
  }
  auto change = begin_change(ask.request, ask.path);
  if (!change) return failed_answer(ask.request, change.error());
  Answer answer;
  answer.job = std::make_unique<ChangeJob>(*std::move(change));
  return answer;
}

Result<std::unique_ptr<Change>> StaticFiles::begin_change(const http::Request& request,
                                                          const http::Path& path) const {
  auto root = served_.root->duplicate();
  if (!root) return root.error();
  return std::make_unique<Change>(request, *std::move(root), path.text);
}

Answer StaticFiles::get(const Ask& ask) {
  const bool shown = served_.options->dotfiles && !files::is_temporary(ask.path.text);
  if (ask.path.hidden && !shown) return not_found(ask.request, Via::kHidden);
  const auto change = look_at_root();
  if (change == files::Root::Change::kOutOfReach) return out_of_reach(ask.request);
  if (change == files::Root::Change::kMissing) {
    Answer answer;
    answer.response =
        waiting_page(Status::kUnavailable,
                     "The served directory is missing. This page waits for it to come back.",
                     ask.request.fields);
    return answer;
  }
  if (!served_.root->single_file().empty()) return single_file(ask);
  return ask.path.wants_directory ? directory(ask) : plain_path(ask);
}

Answer StaticFiles::plain_path(const Ask& ask) {
  const std::string& path = ask.path.text;
  auto entry = served_.root->find(path);
  if (!entry || entry->facts.kind == files::Kind::kDirectory) {
    if (auto page = clean_url(path)) {
      page->missing.reset();
      if (!entry && is_absent(entry.error())) page->missing = {path};
      return file_answer(ask, served_, *page);
    }
  }
  if (!entry) return failed(ask, entry.error());
  switch (entry->facts.kind) {
    case files::Kind::kRegular:
      return file_answer(ask, served_, {path, *std::move(entry), Via::kFile});
    case files::Kind::kDirectory:
      return redirect_to_slash(ask.request, path);
    case files::Kind::kOther:
      break;
  }
  return error_answer(ask.request, Status::kForbidden, "Neither a file nor a directory.");
}

std::optional<ChosenFile> StaticFiles::file_at(const std::string& path, Via via) const {
  auto entry = served_.root->find(path);
  if (!entry || entry->facts.kind != files::Kind::kRegular) return std::nullopt;
  return ChosenFile{path, *std::move(entry), via};
}

std::optional<ChosenFile> StaticFiles::clean_url(const std::string& path) const {
  if (!served_.options->clean_urls || path.empty()) return std::nullopt;
  for (const std::string& name : served_.options->index_names) {
    if (file_at(path + '/' + name, Via::kIndex)) return std::nullopt;
  }
  return file_at(path + ".html", Via::kFile);
}

Answer StaticFiles::failed(const Ask& ask, const Error& error) const {
  const std::string& spa = served_.options->spa;
  if (!spa.empty() && is_absent(error) && is_route(ask.request, ask.path.text)) {
    if (auto application = file_at(spa, Via::kSpa)) {
      application->by_accept = true;
      return file_answer(ask, served_, *application);
    }
  }
  Answer answer = failed_answer(ask.request, error);
  if (spa.empty() && is_absent(error) && !ask.path.text.empty()) {
    answer.reusable = reusable_absence(ask, served_, answer.response);
  }
  return answer;
}

Answer StaticFiles::with_own_error_page(const Ask& ask, Answer answer) {
  if (!answer.is_ready() || answer.response.status != Status::kNotFound ||
      !served_.root->single_file().empty() ||
      !http::prefers_html(ask.request.fields.all(http::FieldName::kAccept))) {
    return answer;
  }
  const auto page = file_at(kOwnErrorPage, Via::kErrorPage);
  if (!page) {
    if (answer.reusable) answer.reusable->dependencies.push_back(own_error_page());
    return answer;
  }
  answer.reusable.reset();
  auto response =
      error_page_of_file(*page, *served_.options, Status::kNotFound, patience(ask.means));
  if (response) {
    answer.response = *std::move(response);
  } else if (response.error().is(EAGAIN) && ask.means == Means::kLoop) {
    return answer_aside(ask, served_);
  }
  return answer;
}

files::Dependency StaticFiles::own_error_page() const {
  const auto facts = served_.root->look(kOwnErrorPage);
  return {served_.root->absolute(kOwnErrorPage),
          facts ? std::optional<files::Facts>(*facts) : std::nullopt};
}

files::Root::Change StaticFiles::look_at_root() {
  using Found = files::Root::Change;
  // For all requests of a batch: it came after the bytes with them.
  if (root_checked_) return Found::kNone;
  const Found found = served_.root->refresh();
  if (found == Found::kReplaced) root_was_replaced_ = true;
  root_checked_ = found == Found::kNone || found == Found::kReplaced;
  return found;
}

Answer StaticFiles::single_file(const Ask& ask) {
  const std::string& name = served_.root->single_file();
  if (!ask.path.text.empty() && ask.path.text != name) return not_found(ask.request);
  auto entry = served_.root->find(name);
  if (!entry && entry.error().is(EACCES) && served_.root->is_pinned()) {
    return out_of_reach(ask.request);
  }
  if (!entry) return failed_answer(ask.request, entry.error());
  if (entry->facts.kind != files::Kind::kRegular) return not_found(ask.request);
  return file_answer(ask, served_, {name, *std::move(entry), Via::kFile});
}

Answer StaticFiles::directory(const Ask& ask) {
  auto missing = std::optional<std::vector<std::string>>(std::in_place);
  for (const std::string& name : served_.options->index_names) {
    const std::string path = ask.path.text.empty() ? name : ask.path.text + '/' + name;
    auto index = served_.root->find(path);
    if (index && index->facts.kind == files::Kind::kRegular) {
      return file_answer(ask, served_,
                         {path, *std::move(index), Via::kIndex, false, std::move(missing)});
    }
    if (!index && !is_absent(index.error())) return failed_answer(ask.request, index.error());
    if (index) {
      missing.reset();
    } else if (missing) {
      missing->push_back(path);
    }
  }
  return listing(ask);
}

Answer StaticFiles::listing(const Ask& ask) {
  const std::string& path = ask.path.text;
  const auto place = served_.root->find(path);
  if (!place) return failed(ask, place.error());
  if (place->facts.kind != files::Kind::kDirectory || !served_.options->listing) {
    return not_found(ask.request);
  }
  const auto entries = files::list_directory(
      *served_.root, path, *place,
      served_.options->dotfiles ? files::Hidden::kShow : files::Hidden::kLeaveOut,
      ask.means == Means::kWorker ? SIZE_MAX : kMostListedAtOnce);
  if (!entries && entries.error().is(EFBIG)) return answer_aside(ask, served_);
  if (!entries) return failed_answer(ask.request, entries.error());
  Answer answer;
  const bool json = http::prefers_json(ask.request.fields.all(http::FieldName::kAccept));
  answer.response = json ? listing_data(*entries) : listing_page(path, *entries);
  answer.via = Via::kListing;
  return answer;
}

}  // namespace tinyserve::handlers
