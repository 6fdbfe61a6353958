#include "handlers/file_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "files/content.h"
#include "files/media_type.h"
#include "files/sibling.h"
#include "handlers/file_job.h"
#include "handlers/pages.h"
#include "http/accept.h"
#include "http/date.h"
#include "http/plan.h"

namespace tinyserve::handlers {

namespace {

using http::Coding;
using http::Status;
using http::Via;

// One of the forms that a file is at hand in (RFC 9110 §3.2).
struct Representation {
  files::Entry entry;
  Coding coding = Coding::kIdentity;
  bool has_siblings = false;    // so the choice depends on Accept-Encoding
  bool by_accept = false;       // and on Accept
  std::string_view media_type;  // of the file, whatever the coding
  std::string_view cache_control;
  std::string entity_tag;
  std::optional<std::int64_t> last_modified_s;
};

// The media type of the file at `path`; the user's word comes before our table.
std::string_view media_type_of(std::string_view path, const Options& options) {
  const std::string_view extension = files::extension(path);
  for (const MediaType& own : options.media_types) {
    if (iequals(own.extension, extension)) return own.type;
  }
  return files::media_type(path);
}

// Chooses by Accept-Encoding between the file and its siblings.
Representation choose(const http::Request& request, const files::Root& root, const Options& options,
                      ChosenFile file) {
  Representation chosen;
  chosen.by_accept = file.by_accept;
  chosen.media_type = media_type_of(file.path, options);
  chosen.cache_control = options.cache_control;
  // In single-file mode that file is all there is.
  http::Codings siblings;
  if (root.single_file().empty()) {
    siblings = files::find_siblings(root, file.path, file.entry.facts);
  }
  chosen.has_siblings = siblings.br || siblings.zstd || siblings.gzip;
  chosen.entry = std::move(file.entry);
  if (!chosen.has_siblings) return chosen;
  const auto accepted = request.fields.all(http::FieldName::kAcceptEncoding);
  const Coding coding = http::choose_coding(accepted, siblings);
  if (coding == Coding::kIdentity) return chosen;
  auto sibling = root.find(files::sibling_path(file.path, coding));
  // Gone since it was looked at, or a link out of the root: the file itself is always right.
  if (!sibling || sibling->facts.kind != files::Kind::kRegular) return chosen;
  chosen.entry = *std::move(sibling);
  chosen.coding = coding;
  return chosen;
}

// The validators of what `facts` say (RFC 9110 §8.8). Last-Modified is never in the future, and
// there is none where the stamp is 0 or 1, as it is in archives without times.
void set_validators(Representation& chosen, const files::Facts& facts, Instant now) {
  const std::string_view coding =
      chosen.coding == Coding::kIdentity ? std::string_view() : http::name(chosen.coding);
  chosen.entity_tag = files::entity_tag(facts, coding, now);
  chosen.last_modified_s.reset();
  if (facts.mtime_s() > 1) chosen.last_modified_s = std::min(facts.mtime_s(), now.wall_s());
}

// What a 200, a 206 and a 304 have in common (RFC 9110 §15.4.5).
void add_representation_fields(http::FieldText& fields, const Representation& chosen) {
  fields.add("ETag", chosen.entity_tag);
  if (chosen.last_modified_s) {
    const auto date = http::format_date(*chosen.last_modified_s);
    fields.add("Last-Modified", {date.data(), date.size()});
  }
  fields.add("Cache-Control", chosen.cache_control);
  if (chosen.has_siblings) fields.add("Vary", "Accept-Encoding");
  if (chosen.by_accept) fields.add("Vary", "Accept");
}

void add_content_fields(http::FieldText& fields, const Representation& chosen,
                        std::string_view content_type) {
  fields.add("Content-Type", content_type).add("Accept-Ranges", "bytes");
  if (chosen.coding != Coding::kIdentity) fields.add("Content-Encoding", http::name(chosen.coding));
  add_representation_fields(fields, chosen);
  fields.add("X-Content-Type-Options", "nosniff");
}

// Hard to guess, so that no file can be made that contains it (RFC 2046 §5.1.1).
std::string make_boundary() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

// RFC 9110 §14.6. The parts are slices: no byte of the file is held in memory for it.
void set_multipart(http::Response& response, const Representation& chosen, const http::Body& whole,
                   std::span<const http::ByteRange> parts) {
  const std::string boundary = make_boundary();
  auto frame =
      http::plan_multipart(boundary, chosen.media_type, http::content_length(whole), parts);
  std::vector<http::Piece> pieces;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    pieces.emplace_back(std::move(frame.heads[i]));
    pieces.push_back(http::part_of(whole, parts[i].first, parts[i].size()));
  }
  pieces.emplace_back(std::move(frame.tail));
  add_content_fields(response.fields, chosen, http::multipart_content_type(boundary));
  response.body = std::move(pieces);
}

void set_single_part(http::Response& response, const Representation& chosen,
                     const http::Body& whole, http::ByteRange part) {
  add_content_fields(response.fields, chosen, chosen.media_type);
  response.fields.add("Content-Range", http::content_range(part, http::content_length(whole)));
  std::vector<http::Piece> pieces;
  pieces.push_back(http::part_of(whole, part.first, part.size()));
  response.body = std::move(pieces);
}

Answer ranged_answer(const http::Request& request, const Representation& chosen, http::Body whole,
                     const http::RangeAnswer& range, Via via) {
  Answer answer;
  answer.via = Via::kRange;
  switch (range.kind()) {
    case http::RangeAnswer::Kind::kWhole:
      answer.via = via;
      add_content_fields(answer.response.fields, chosen, chosen.media_type);
      answer.response.body = std::move(whole);
      break;
    case http::RangeAnswer::Kind::kParts:
      answer.response.status = Status::kPartialContent;
      if (range.parts().size() == 1) {
        set_single_part(answer.response, chosen, whole, range.parts().front());
      } else {
        set_multipart(answer.response, chosen, whole, range.parts());
      }
      break;
    case http::RangeAnswer::Kind::kUnsatisfiable:
      answer = error_answer(request, Status::kRangeNotSatisfiable, "The file has no such bytes.",
                            Via::kRange);
      answer.response.fields.add("Content-Range",
                                 http::unsatisfied_range(http::content_length(whole)));
      break;
  }
  return answer;
}

// A reference from the request's target to the directory above what it names.
std::string_view parent_of(std::string_view target_path) {
  const bool slash = target_path.ends_with('/');
  if (slash) target_path.remove_suffix(1);
  if (target_path.rfind('/') == 0 || target_path.empty()) return "/";
  return slash ? "../" : "./";
}

}  // namespace

Answer file_answer(const Ask& ask, const Served& served, ChosenFile file) {
  const http::Request& request = ask.request;
  const Instant now = ask.now;
  const Via via = file.via;
  Representation chosen = choose(request, *served.root, *served.options, std::move(file));
  set_validators(chosen, chosen.entry.facts, now);
  const auto condition = [&chosen, now] {
    return http::Condition{chosen.entity_tag, chosen.last_modified_s, now.wall_s()};
  };
  switch (http::check_preconditions(request, condition())) {
    case http::Verdict::kProceed:
      break;
    case http::Verdict::kNotModified: {
      Answer answer;
      answer.via = Via::kNotModified;
      answer.response.status = Status::kNotModified;
      add_representation_fields(answer.response.fields, chosen);
      return answer;
    }
    case http::Verdict::kPreconditionFailed:
      return error_answer(request, Status::kPreconditionFailed,
                          "The file is not what the request expects it to be.");
  }
  auto content = files::content_of(chosen.entry, patience(ask.means));
  if (!content && content.error().is(EAGAIN)) return answer_aside(ask, served);
  if (!content) return failed_answer(request, content.error());
  // Written to since it was found: the validators must be those of the bytes that were read.
  if (!(content->facts == chosen.entry.facts)) set_validators(chosen, content->facts, now);
  const auto range = http::choose_range(request, condition(), content->facts.size);
  return ranged_answer(request, chosen, std::move(content->body), range, via);
}

Result<http::Response> error_page_of_file(const ChosenFile& file, const Options& options,
                                          Status status, files::Wait wait) {
  auto content = files::content_of(file.entry, wait);
  if (!content) return content.error();
  http::Response response;
  response.status = status;
  response.fields.add("Content-Type", media_type_of(file.path, options))
      .add("Cache-Control", "no-cache")
      .add("Vary", "Accept")
      .add("X-Content-Type-Options", "nosniff");
  response.body = std::move(content->body);
  return response;
}

Answer failed_answer(const http::Request& request, const Error& error) {
  switch (error.code.value()) {
    case EXDEV:
      return error_answer(request, Status::kNotFound, "There is nothing here.", Via::kOutsideRoot);
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
      return error_answer(request, Status::kNotFound, "There is nothing here.");
    default: {
      Answer answer =
          error_answer(request, Status::kInternalError, "Reading failed.", Via::kInternalError);
      answer.close = true;
      return answer;
    }
  }
}

Answer busy_answer(const http::Request& request) {
  Answer answer;
  answer.response =
      waiting_page(Status::kUnavailable, "The server has too much to do. Try again in a moment.",
                   request.fields);
  answer.via = Via::kLimit;
  return answer;
}

Answer error_answer(const http::Request& request, Status status, std::string_view detail, Via via) {
  Answer answer;
  answer.response = error_page(status, detail, request.fields, parent_of(request.target.path));
  answer.via = via;
  return answer;
}

}  // namespace tinyserve::handlers
