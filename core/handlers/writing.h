// writing.h — steps 4 and 5 for PUT and DELETE of files (RFC 9110 §9.3.4, §9.3.5): what may be
// changed, how it is done, and what the answer is.
//
// Who may change anything has been decided before, by the router.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "files/root.h"
#include "files/writer.h"
#include "handlers/answer.h"
#include "handlers/options.h"
#include "http/owned_request.h"
#include "http/request.h"
#include "http/target.h"

namespace tinyserve::handlers {

// The methods that change files; and the same as a list.
[[nodiscard]] constexpr bool changes_files(http::Method method) {
  return method == http::Method::kPut || method == http::Method::kDelete;
}
inline constexpr std::string_view kChanges = "PUT, DELETE";

// The answer to a request that may not change what `path` names, whatever is there; nothing where
// it may try.
[[nodiscard]] std::optional<Answer> refuse_change(const http::Request& request,
                                                  const http::Path& path, const Options& options);

// The answer where files::FileWriter or files::remove_file() has failed with `error`.
[[nodiscard]] Answer failed_change(const http::Request& request, const Error& error);

// A PUT or DELETE that refuse_change() let pass. It waits for the disk: all but the constructor is
// for a worker. Owns what it needs and goes from thread to thread. Once there is an answer, or the
// object is destroyed, nothing half-done is left behind.
class Change {
 public:
  // Keeps nothing of `request`. `root` is the worker's own, `path` relative to it.
  Change(const http::Request& request, files::Root root, std::string path);

  // All of it, with the content of the request.
  [[nodiscard]] Answer carry_out();

  // A PUT whose content comes in pieces: begin, append any number of times, commit. Each of the
  // first two only has an answer when there is no point in going on.
  [[nodiscard]] std::optional<Answer> begin();
  [[nodiscard]] std::optional<Answer> append(std::string_view bytes);
  [[nodiscard]] Answer commit();

 private:
  [[nodiscard]] bool root_is_there() { return root_.refresh() != files::Root::Change::kMissing; }
  [[nodiscard]] Answer remove();

  http::OwnedRequest request_;
  files::Root root_;
  std::string path_;
  std::optional<files::FileWriter> writer_;
};

// A change whose content is there already, or that has none.
class ChangeJob : public AnswerJob {
 public:
  explicit ChangeJob(std::unique_ptr<Change> change) : change_(std::move(change)) {}
  void run() override { answer_ = change_->carry_out(); }
  [[nodiscard]] Answer take_answer() override { return std::move(answer_); }

 private:
  std::unique_ptr<Change> change_;
  Answer answer_;
};

}  // namespace tinyserve::handlers
