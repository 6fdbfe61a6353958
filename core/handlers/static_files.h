// static_files.h — steps 4 and 5 for files: what a path of the served directory is answered with.
#pragma once

#include "base/clock.h"
#include "files/root.h"
#include "handlers/answer.h"
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
  [[nodiscard]] Answer single_file(const http::Request& request, const std::string& path,
                                   Instant now);
  [[nodiscard]] Answer directory(const http::Request& request, const std::string& path,
                                 Instant now);
  [[nodiscard]] Answer listing(const http::Request& request, const std::string& path);

  const Options* options_;
  files::Root* root_;
  bool root_checked_ = false;
};

}  // namespace tinyserve::handlers
