#include "handlers/file_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "base/random.h"
#include "files/content.h"
#include "files/sibling.h"
#include "handlers/compressed_answer.h"
#include "handlers/file_job.h"
#include "handlers/pages.h"
#include "handlers/representation.h"
#include "http/accept.h"
#include "http/plan.h"

namespace tinyserve::handlers {

namespace {

using http::Coding;
using http::Status;
using http::Via;

// Whether such a file is compressed on the fly for whoever accepts it.
bool is_to_be_compressed(const Options& options, std::string_view media_type, std::uint64_t size) {
  return options.compression == Compression::kOn && size >= kLeastCompressed &&
         is_compressible(media_type);
}

// In single-file mode that file is all there is.
files::Siblings siblings_of(const ChosenFile& file, const files::Root& root) {
  if (!root.single_file().empty()) return {};
  return files::find_siblings(root, file.path, file.entry.facts);
}

// Chooses by Accept-Encoding between the file and its siblings.
Representation choose(const http::Request& request, const files::Root& root, const Options& options,
                      const ChosenFile& file, const files::Siblings& siblings) {
  Representation chosen;
  chosen.by_accept = file.by_accept;
  chosen.media_type = media_type_of(file.path, options);
  chosen.cache_control = options.cache_control;
  chosen.may_be_encoded = is_to_be_compressed(options, chosen.media_type, file.entry.facts.size);
  chosen.by_encoding = siblings.any() || chosen.may_be_encoded;
  chosen.entry = file.entry;
  if (!siblings.any()) return chosen;
  const auto accepted = request.fields.all(http::FieldName::kAcceptEncoding);
  const Coding coding = http::choose_coding(accepted, siblings.usable);
  if (coding == Coding::kIdentity) return chosen;
  auto sibling = root.find(files::sibling_path(file.path, coding));
  // Gone since it was looked at, or a link out of the root: the file itself is always right.
  if (!sibling || sibling->facts.kind != files::Kind::kRegular) return chosen;
  chosen.entry = *std::move(sibling);
  chosen.coding = coding;
  return chosen;
}

// Hard to guess, so that no file can be made that contains it (RFC 2046 §5.1.1).
std::string make_boundary() { return fmt::format("{:016x}{:016x}", random_bits(), random_bits()); }

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

// A few bytes of a file are read at once where that takes no waiting, as small files are. Nothing
// where it has been written to since it was found. What is young may be, as its tag says.
std::optional<http::Piece> single_part(const Ask& ask, const Representation& chosen,
                                       const http::Body& whole, http::ByteRange part) {
  const auto* const file = std::get_if<http::FileSlice>(&whole);
  const bool may_wait = ask.means == Means::kWorker;
  if (file != nullptr && part.size() <= files::kSmallFile && (may_wait || !file->is_slow)) {
    const auto size = static_cast<std::size_t>(part.size());
    const auto read = files::part_of_version(file->file.get(), chosen.entry.facts, part.first, size,
                                             patience(ask.means));
    if (read) return http::BlockSlice{*read, 0, size};
    if (read.error().is(ESTALE) && files::is_settled(chosen.entry.facts, ask.now)) {
      return std::nullopt;
    }
  }
  return http::part_of(whole, part.first, part.size());
}

void set_single_part(http::Response& response, const Representation& chosen, http::ByteRange part,
                     std::uint64_t size, http::Piece piece) {
  add_content_fields(response.fields, chosen, chosen.media_type);
  response.fields.add("Content-Range", http::content_range(part, size));
  std::vector<http::Piece> pieces;
  pieces.push_back(std::move(piece));
  response.body = std::move(pieces);
}

// What the request wants of `whole`, the content of `chosen`; nothing where single_part() has none.
std::optional<Answer> ranged_answer(const Ask& ask, const Representation& chosen, http::Body whole,
                                    Via via) {
  const std::uint64_t size = http::content_length(whole);
  const auto range = http::choose_range(ask.request, chosen.condition(ask.now), size);
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
      if (range.parts().size() > 1) {
        set_multipart(answer.response, chosen, whole, range.parts());
      } else {
        const http::ByteRange part = range.parts().front();
        auto piece = single_part(ask, chosen, whole, part);
        if (!piece) return std::nullopt;
        set_single_part(answer.response, chosen, part, size, *std::move(piece));
      }
      break;
    case http::RangeAnswer::Kind::kUnsatisfiable:
      answer = error_answer(ask.request, Status::kRangeNotSatisfiable,
                            "The file has no such bytes.", Via::kRange);
      answer.response.fields.add("Content-Range", http::unsatisfied_range(size));
      break;
  }
  return answer;
}

// What is needed to answer with `chosen`, which was found in the place of `file` and has `content`,
// again. Siblings decide what is sent to whoever accepts a coding; to all others only what Vary
// says, which may be late by as long as AnswerCache trusts a way.
std::unique_ptr<Reusable> reusable_answer(const Ask& ask, const files::Root& root,
                                          const ChosenFile& file, const files::Siblings& siblings,
                                          const Representation& chosen, const http::Body& content) {
  auto reusable = std::make_unique<Reusable>();
  auto& dependencies = reusable->dependencies;
  dependencies.push_back({root.absolute(file.path), file.entry.facts});
  for (const std::string& path : *file.missing) dependencies.push_back({root.absolute(path), {}});
  if (root.single_file().empty()) {
    const bool is_chosen = ask.request.fields.has(http::FieldName::kAcceptEncoding);
    auto& others = is_chosen ? dependencies : reusable->vary_dependencies;
    for (std::size_t i = 0; i < siblings.found.size(); ++i) {
      const std::string path = files::sibling_path(file.path, files::kSiblingCodings[i]);
      others.push_back({root.absolute(path), siblings.found[i]});
    }
  }
  reusable->path = files::sibling_path(file.path, chosen.coding);
  reusable->representation = chosen;
  reusable->representation->entry.file = {};
  add_content_fields(reusable->whole.fields, chosen, chosen.media_type);
  reusable->whole.body = http::another(content);
  reusable->not_modified.status = Status::kNotModified;
  add_representation_fields(reusable->not_modified.fields, chosen);
  return reusable;
}

// A reference from the request's target to the directory above what it names.
std::string_view parent_of(std::string_view target_path) {
  const bool slash = target_path.ends_with('/');
  if (slash) target_path.remove_suffix(1);
  if (target_path.rfind('/') == 0 || target_path.empty()) return "/";
  return slash ? "../" : "./";
}

// The answer where `file` has been written to since it was found.
Answer answer_anew(const Ask& ask, const Served& served, const ChosenFile& file) {
  const auto facts = files::facts_of_open(file.entry.file.get());
  if (!facts) return failed_answer(ask.request, facts.error());
  ChosenFile again = file;
  again.entry.facts = *facts;
  return file_answer(ask, served, again);
}

}  // namespace

std::optional<Answer> precondition_answer(const Ask& ask, const Representation& chosen) {
  Answer answer;
  switch (http::check_preconditions(ask.request, chosen.condition(ask.now))) {
    case http::Verdict::kProceed:
      return std::nullopt;
    case http::Verdict::kNotModified:
      answer.via = Via::kNotModified;
      answer.response.status = Status::kNotModified;
      add_representation_fields(answer.response.fields, chosen);
      return answer;
    case http::Verdict::kPreconditionFailed:
      break;
  }
  return error_answer(ask.request, Status::kPreconditionFailed,
                      "The file is not what the request expects it to be.");
}

Answer file_answer(const Ask& ask, const Served& served, const ChosenFile& file) {
  const http::Request& request = ask.request;
  const Via via = file.via;
  const files::Siblings siblings = siblings_of(file, *served.root);
  Representation chosen = choose(request, *served.root, *served.options, file, siblings);
  const bool may_be_compressed = chosen.may_be_encoded && chosen.coding == Coding::kIdentity;
  if (may_be_compressed) {
    if (auto answer = compressed_answer(ask, served, chosen, via)) return *std::move(answer);
  }
  set_validators(chosen, chosen.entry.facts, ask.now);
  auto early = precondition_answer(ask, chosen);
  // As it is only because the workers had too much to do, perhaps.
  const bool is_makeshift =
      may_be_compressed && request.fields.has(http::FieldName::kAcceptEncoding);
  const bool is_reusable = !is_makeshift && file.missing && !file.by_accept &&
                           served.options->file_cache && ask.means != Means::kWorker &&
                           files::is_settled(chosen.entry.facts, ask.now);
  // A 304 needs no content, but whoever asks next may.
  if (early && !(is_reusable && early->response.status == Status::kNotModified))
    return *std::move(early);
  auto content = files::content_of(chosen.entry, patience(ask.means));
  const bool is_stable = content && content->facts == chosen.entry.facts;
  std::unique_ptr<Reusable> reusable;
  if (is_reusable && is_stable && !files::is_on_slow_file_system(chosen.entry.file.get())) {
    reusable = reusable_answer(ask, *served.root, file, siblings, chosen, content->body);
  }
  if (early) {
    early->reusable = std::move(reusable);
    return *std::move(early);
  }
  if (!content && content.error().is(EAGAIN)) return answer_aside(ask, served);
  if (!content) return failed_answer(request, content.error());
  // Written to since it was found: the validators must be those of the bytes that were read.
  if (!is_stable) {
    chosen.entry.facts = content->facts;
    set_validators(chosen, content->facts, ask.now);
  }
  auto answer = ranged_answer(ask, chosen, std::move(content->body), via);
  if (!answer) return answer_anew(ask, served, file);
  answer->reusable = std::move(reusable);
  return *std::move(answer);
}

std::optional<Answer> kept_answer(const Ask& ask, const Representation& chosen,
                                  http::Body content) {
  if (auto early = precondition_answer(ask, chosen)) return early;
  return ranged_answer(ask, chosen, std::move(content), Via::kCache);
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
