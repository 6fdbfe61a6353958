// answer.h — what a handler decides: a response, how it came about, and whether the connection may
// go on; or who is to make it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/worker_pool.h"
#include "files/dependency.h"
#include "handlers/representation.h"
#include "http/response.h"
#include "http/via.h"

namespace tinyserve::handlers {

class AnswerJob;

// What has to be known to answer with the whole of a file again, or that nothing is there: see
// AnswerCache.
struct Reusable {
  std::vector<files::Dependency> dependencies;       // of what is sent
  std::vector<files::Dependency> vary_dependencies;  // of no more than what Vary says
  std::string path;                                  // in the root, of the file that is sent
  std::optional<Representation> representation;      // of that file, not open; absent: a 404
  http::Response whole;         // the 200, or the 404 for requests that are the same in every byte
  http::Response not_modified;  // the 304 for a client that has it
};

struct Answer {
  http::Response response;
  http::Via via = http::Via::kErrorPage;
  std::string_view why;       // a literal; with refusals, for the record
  bool close = false;         // nothing more may be read from this connection
  std::int64_t delay_ms = 0;  // how long it is held back
  // Where one is set, a worker makes the answer, and nothing above says anything yet.
  std::unique_ptr<AnswerJob> job;
  // Where it is not 0, somebody else's job of that number is under way that makes what this request
  // needs: it is to be asked again when that has finished.
  std::uint64_t awaited_job = 0;

  std::unique_ptr<Reusable> reusable;  // none: it is for this request alone

  // What another request gets whose head is the same: see Replies.
  enum class Again : std::uint8_t { kAnything, kTheSame, kItsOwnContent };
  Again again = Again::kAnything;

  [[nodiscard]] bool is_ready() const { return job == nullptr && awaited_job == 0; }
};

// Makes an answer on a worker's thread.
class AnswerJob : public Job {
 public:
  // After it has come back and has not failed, once.
  [[nodiscard]] virtual Answer take_answer() = 0;
  // Told apart from others by this, where other requests wait for it too; otherwise 0.
  [[nodiscard]] virtual std::uint64_t number() const { return 0; }
};

}  // namespace tinyserve::handlers
