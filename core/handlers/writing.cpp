#include "handlers/writing.h"

#include <cerrno>

#include "base/ascii.h"
#include "handlers/file_answer.h"

namespace tinyserve::handlers {

namespace {

using http::Status;
using http::Via;

// What is stored is what is sent, so it must be the whole file (RFC 9110 §14.5) and the file itself
// (§8.4).
std::optional<Answer> refuse_content(const http::Request& request) {
  if (request.fields.has(http::FieldName::kContentRange)) {
    Answer answer =
        error_answer(request, Status::kBadRequest,
                     "Files are written as a whole, without Content-Range.", Via::kRefused);
    answer.why = "Content-Range";
    return answer;
  }
  const auto coding = request.fields.find(http::FieldName::kContentEncoding);
  if (!coding || iequals(*coding, "identity")) return std::nullopt;
  Answer answer =
      error_answer(request, Status::kUnsupportedMediaType,
                   "Files are written as they are, without Content-Encoding.", Via::kRefused);
  answer.why = "Content-Encoding";
  answer.response.fields.add("Accept-Encoding", "identity");
  return answer;
}

Answer not_there(const http::Request& request) {
  if (request.method == http::Method::kDelete) {
    return error_answer(request, Status::kNotFound, "There is nothing here.");
  }
  return error_answer(request, Status::kConflict,
                      "The directory that the file would be in is not there.");
}

Answer missing_root(const http::Request& request) {
  return error_answer(request, Status::kUnavailable, "The served directory is missing.");
}

Answer written(Status status) {
  Answer answer;
  answer.response.status = status;
  answer.via = Via::kWrite;
  return answer;
}

}  // namespace

std::optional<Answer> refuse_change(const http::Request& request, const http::Path& path,
                                    const Options& options) {
  if (path.hidden && !options.dotfiles) {
    return error_answer(request, Status::kForbidden,
                        "Names that begin with a dot are not changed without --dotfiles.",
                        Via::kHidden);
  }
  if (files::is_temporary(path.text)) {
    return error_answer(request, Status::kForbidden, "This name is for files that are arriving.",
                        Via::kHidden);
  }
  if (path.wants_directory) {
    return error_answer(request, Status::kConflict,
                        "A name with a slash behind it is a directory's. Files are changed, "
                        "directories are not.");
  }
  if (request.method == http::Method::kPut) return refuse_content(request);
  return std::nullopt;
}

Answer failed_change(const http::Request& request, const Error& error) {
  switch (error.code.value()) {
    case ECANCELED:
      return error_answer(request, Status::kPreconditionFailed,
                          "The file is not what the request expects it to be.");
    case ENOENT:
    case ENOTDIR:
      return not_there(request);
    case EISDIR:
      return error_answer(request, Status::kConflict,
                          "This is a directory. Files are changed, directories are not.");
    case EEXIST:
    case ELOOP:
      return error_answer(request, Status::kConflict, "What is here is not a regular file.");
    case EXDEV:
      return error_answer(request, Status::kForbidden, "This leads out of the served directory.",
                          Via::kOutsideRoot);
    case EACCES:
    case EPERM:
    case EROFS:
      return error_answer(request, Status::kForbidden,
                          "The file system does not allow it to be changed.");
    case ENAMETOOLONG:
      return error_answer(request, Status::kUriTooLong,
                          "The name is longer than the file system allows.");
    case EFBIG:
      return error_answer(request, Status::kContentTooLarge,
                          "The file would be larger than the file system allows.");
    case ENOSPC:
    case EDQUOT:
      return error_answer(request, Status::kInsufficientStorage, "The disk is full.");
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return failed_answer(request, error);
    default:
      return error_answer(request, Status::kInternalError, "Writing failed.", Via::kInternalError);
  }
}

Change::Change(const http::Request& request, files::Root root, std::string path)
    : request_(request), root_(std::move(root)), path_(std::move(path)) {}

Answer Change::carry_out() {
  if (request_->method == http::Method::kDelete) return remove();
  if (auto refused = begin()) return *std::move(refused);
  if (auto failed = append(request_->content.view)) return *std::move(failed);
  return commit();
}

std::optional<Answer> Change::begin() {
  if (!root_is_there()) return missing_root(*request_);
  auto writer = files::FileWriter::begin(root_, path_, *request_);
  if (!writer) return failed_change(*request_, writer.error());
  writer_.emplace(*std::move(writer));
  return std::nullopt;
}

std::optional<Answer> Change::append(std::string_view bytes) {
  const auto appended = writer_->append(bytes);
  if (appended) return std::nullopt;
  writer_.reset();
  return failed_change(*request_, appended.error());
}

Answer Change::commit() {
  const auto done = writer_->commit(*request_);
  writer_.reset();
  if (!done) return failed_change(*request_, done.error());
  const bool created = done->how == files::Written::How::kCreated;
  Answer answer = written(created ? Status::kCreated : Status::kNoContent);
  // RFC 9110 §9.3.4: only because what is stored is what was sent, byte for byte.
  answer.response.fields.add("ETag", done->entity_tag);
  return answer;
}

Answer Change::remove() {
  if (!root_is_there()) return missing_root(*request_);
  const auto removed = files::remove_file(root_, path_, *request_);
  return removed ? written(Status::kNoContent) : failed_change(*request_, removed.error());
}

}  // namespace tinyserve::handlers
