// router.h — step 4: which answer a request gets. Who may ask comes first, then method, then path.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "files/root.h"
#include "handlers/answer.h"
#include "handlers/answer_cache.h"
#include "handlers/ask.h"
#include "handlers/caller.h"
#include "handlers/compressions.h"
#include "handlers/cross_origin.h"
#include "handlers/host_policy.h"
#include "handlers/known.h"
#include "handlers/options.h"
#include "handlers/replies.h"
#include "handlers/static_files.h"
#include "handlers/writing.h"
#include "http/refusal.h"
#include "http/request.h"

namespace tinyserve::handlers {

// What becomes of content that is announced but not there yet (RFC 9112 §9.3).
enum class Admission : std::uint8_t {
  kTake,       // it is needed for the answer
  kStream,     // it is written to a file while it arrives: see begin_upload()
  kSkip,       // it is read and dropped, then the request is answered
  kAnswerNow,  // it is not worth waiting for: the request is answered, and the connection closed
};

class Router {
 public:
  // `options` and `root` must outlive the router. `own_name` is this machine's host name, possibly
  // empty.
  Router(const Options& options, const std::string& own_name, files::Root& root);

  // More bytes have arrived: see StaticFiles and AnswerCache.
  void new_batch() {
    files_.new_batch();
    cache_.new_batch();
  }

  // Before the content of `request` arrives.
  [[nodiscard]] Admission admit(const http::Request& request) const;

  // The change that content is streamed to, after admit() said kStream. Fails with fcntl(2)'s
  // errors; respond() has the answer then.
  [[nodiscard]] Result<std::unique_ptr<Change>> begin_upload(const http::Request& request) const;

  // The whole request that `input` begins with, and its answer, where both are known already: see
  // AnswerCache and Replies.
  [[nodiscard]] Known recognize(std::string_view input, Instant now) {
    Known known = cache_.recognize(input, now);
    if (known.request == nullptr && !replies_.empty()) known = replies_.recognize(input);
    return known;
  }
  // What makes that faster where it is asked for one input after the other.
  [[nodiscard]] bool keeps_much() const { return cache_.keeps_much(); }
  void look_ahead(std::string_view input) { cache_.look_ahead(input); }

  // The answer to `request` where it is there already. Good until the next call.
  [[nodiscard]] Hit ready_answer(const http::Request& request, Instant now);

  // The answer to `request`, whose content is complete where admit() said kTake, or who is to make
  // it. Views in it die with the turn.
  [[nodiscard]] Answer respond(const http::Request& request, const Caller& caller, Instant now,
                               Means means);

  // `made` by a worker for `request`, with what every answer gets.
  [[nodiscard]] Answer complete(const http::Request& request, Answer made) const;

  // Files that are kept open for the next client are closed after a while: see AnswerCache.
  void close_idle_files(Instant now) { cache_.close_idle_files(now); }
  [[nodiscard]] std::int64_t next_close_ms() const { return cache_.next_close_ms(); }

 private:
  // Why a client that may not ask is turned away.
  struct Rebuff {
    std::string_view detail;  // what a person can do about it
    http::Via via;
    std::string_view why;
  };
  [[nodiscard]] std::optional<Rebuff> rebuff(const http::Request& request) const;
  [[nodiscard]] bool takes_upload(const http::Request& request, const http::Path& path) const;
  [[nodiscard]] Answer answer(const http::Request& request, const Caller& caller, Instant now,
                              Means means);
  void add_fields(const http::Request& request, http::FieldText& fields) const;

  const Options* options_;
  HostPolicy hosts_;
  CrossOrigin cross_origin_;
  Compressions compressions_;
  AnswerCache cache_;
  Replies replies_;
  StaticFiles files_;
  std::vector<Header> headers_;  // what every answer gets
};

// The answer to what can't be read as a request, or may not be; the connection ends with it.
// `fields` are those that were read before it was refused.
[[nodiscard]] Answer refusal_answer(const http::Refusal& refusal, const http::Fields& fields);

}  // namespace tinyserve::handlers
