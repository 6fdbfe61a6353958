// answers.h — what one client asked for, and what came back, read by strict rules (fuzz targets).
//
// The requests are found by the reader that the connection has, too, but without a connection; the
// answers by a reader of its own, which demands that they are well-formed.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/router.h"
#include "http/limits.h"
#include "http/method.h"

namespace tinyserve::fuzz {

struct Asked {
  http::Method method = http::Method::kUnknown;
  std::string target = {};
  std::string content = {};  // where it is taken
  bool is_whole = false;     // all of its content is there
  std::size_t end = 0;       // the place behind its head, in what the client has sent
};

// What the requests in some bytes are.
struct Expected {
  std::vector<Asked> answered;
  Asked unfinished;  // behind them: refused, or not all there
  bool refused = false;
  bool tls = false;  // refused, and not even told so
};

// By the limits and the router that the connection has. Uploads count as skipped.
[[nodiscard]] Expected expect(std::string_view bytes, const http::Limits& limits,
                              const handlers::Router& router);

struct Seen {
  int status = 0;
  std::map<std::string, std::string> fields = {};  // names in lower case
  std::string content = {};
  bool is_whole = false;  // or else the connection ended before the answer did
  bool closes = false;    // the connection, as it says itself
  std::size_t end = 0;    // the place behind it, in what came back

  // The value of the field with this name in lower case, or "".
  [[nodiscard]] std::string field(const std::string& name) const;
};

// Whether a connection may have ended before its last answer did.
enum class Cut { kNever, kPossible };

// All final answers in `text`, to the requests of `expected` in their order: each is of exactly the
// length that it announces, nothing stands between two or behind the last.
[[nodiscard]] std::vector<Seen> read_answers(std::string_view text, const Expected& expected,
                                             Cut cut);

// Demands that there is an answer to each request of `expected`, and one more only for what was
// refused or late, but for a connection that was closed by its last answer.
void demand_all_answered(const std::vector<Seen>& answers, const Expected& expected);

}  // namespace tinyserve::fuzz
