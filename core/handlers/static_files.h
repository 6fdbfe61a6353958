// static_files.h — steps 4 and 5 for files: what a path of the served directory is answered with.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "files/root.h"
#include "handlers/answer.h"
#include "handlers/file_answer.h"
#include "handlers/options.h"
#include "http/request.h"

namespace tinyserve::handlers {

class StaticFiles {
 public:
  // Both must outlive this object.
  StaticFiles(const Options& options, files::Root& root) : options_(&options), root_(&root) {}

  // More bytes have arrived: what was looked up for earlier requests is not fresh enough for those
  // that follow.
  void new_batch() { root_checked_ = false; }

  [[nodiscard]] Answer respond(const http::Request& request, const http::Path& path, Instant now);

 private:
  [[nodiscard]] bool root_is_there();
  [[nodiscard]] Answer get(const http::Request& request, const http::Path& path, Instant now);
  [[nodiscard]] Answer plain_path(const http::Request& request, const std::string& path,
                                  Instant now);
  [[nodiscard]] Answer single_file(const http::Request& request, const std::string& path,
                                   Instant now);
  [[nodiscard]] Answer directory(const http::Request& request, const std::string& path,
                                 Instant now);
  [[nodiscard]] Answer listing(const http::Request& request, const std::string& path, Instant now);

  // The regular file at `path`, if that is what is there.
  [[nodiscard]] std::optional<ChosenFile> file_at(const std::string& path, http::Via via) const;
  // What Options::clean_urls finds for `path`: `path`.html, unless a directory with an index stands
  // there.
  [[nodiscard]] std::optional<ChosenFile> clean_url(const std::string& path) const;
  // The answer where looking up `path` has failed with `error`: the application's file for one of
  // its routes, or an error.
  [[nodiscard]] Answer failed(const http::Request& request, std::string_view path,
                              const Error& error, Instant now) const;
  // `answer`, with the site's own 404.html in place of our page.
  [[nodiscard]] Answer with_own_error_page(const http::Request& request, Answer answer);

  const Options* options_;
  files::Root* root_;
  bool root_checked_ = false;
};

}  // namespace tinyserve::handlers
