// static_files.h — steps 4 and 5 for files: what a path of the served directory is answered with.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "handlers/answer.h"
#include "handlers/ask.h"
#include "handlers/file_answer.h"
#include "handlers/writing.h"
#include "http/via.h"

namespace tinyserve::handlers {

// Why there is no answer: see files::Options::is_pinned.
inline constexpr std::string_view kReplacedRoot = "the root was replaced";

class StaticFiles {
 public:
  // What `served` refers to must outlive this object.
  explicit StaticFiles(const Served& served) : served_(served) {}

  // More bytes have arrived: what was looked up for earlier requests is not fresh enough for those
  // that follow.
  void new_batch() { root_checked_ = false; }

  [[nodiscard]] Answer respond(const Ask& ask);

  // A PUT or DELETE that refuse_change() lets pass, for a worker. Fails with fcntl(2)'s errors.
  [[nodiscard]] Result<std::unique_ptr<Change>> begin_change(const http::Request& request,
                                                             const http::Path& path) const;

  // Whether the root has been opened anew since this object was made.
  [[nodiscard]] bool root_was_replaced() const { return root_was_replaced_; }
  // Whether PUT and DELETE can do anything here.
  [[nodiscard]] bool is_writable() const {
    return served_.options->writable && served_.root->single_file().empty();
  }

 private:
  [[nodiscard]] files::Root::Change look_at_root();
  [[nodiscard]] Answer get(const Ask& ask);
  [[nodiscard]] Answer change(const Ask& ask) const;
  [[nodiscard]] Answer method_not_allowed(const http::Request& request) const;
  [[nodiscard]] std::string_view allowed() const;
  [[nodiscard]] Answer plain_path(const Ask& ask);
  [[nodiscard]] Answer single_file(const Ask& ask);
  [[nodiscard]] Answer directory(const Ask& ask);
  [[nodiscard]] Answer listing(const Ask& ask);

  // The regular file at `path`, if that is what is there.
  [[nodiscard]] std::optional<ChosenFile> file_at(const std::string& path, http::Via via) const;
  // What Options::clean_urls finds for `path`: `path`.html, unless a directory with an index stands
  // there.
  [[nodiscard]] std::optional<ChosenFile> clean_url(const std::string& path) const;
  // The answer where looking the path up has failed with `error`: the application's file for one of
  // its routes, or an error.
  [[nodiscard]] Answer failed(const Ask& ask, const Error& error) const;
  // `answer`, with the site's own 404.html in place of our page.
  [[nodiscard]] Answer with_own_error_page(const Ask& ask, Answer answer);
  // What is in the place of that page.
  [[nodiscard]] files::Dependency own_error_page() const;

  Served served_;
  bool root_checked_ = false;
  bool root_was_replaced_ = false;
};

}  // namespace tinyserve::handlers
