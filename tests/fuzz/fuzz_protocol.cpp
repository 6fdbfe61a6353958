// Where the bytes of a connection were cut makes no difference to the requests read from them, and
// all memory is given back. A walk by arbitrary events never leaves the table of states.
//
// Numbers: how contents are treated (a bit for each request: 1 takes, 0 skips), the request at
// which reading ends (0: none), after how many requests a turn ends (0: after all); the limits
// of line, field line, head, field count and content; the memory budget (0: plenty); then the sizes
// of the pieces.

#include <algorithm>
#include <string>
#include <vector>

#include "base/memory_budget.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/protocol.h"
#include "http/request_reader.h"

using namespace tinyserve;
using http::RequestReader;
using Next = RequestReader::Next;

namespace {

struct Plan {
  std::uint64_t taken = 0;
  std::size_t last_request = 0;
  std::size_t pause_after = 0;
  http::Limits limits;
  std::size_t budget = 1U << 30;
};

struct Seen {
  std::string method, path, content;
  std::uint64_t size = 0;

  bool operator==(const Seen&) const = default;
};

struct Outcome {
  std::vector<Seen> requests;
  bool ended = false;  // at the request where reading was to end
  int refused = 0;
  std::string why;
  std::string unfinished;  // how far the last request came
  bool operator==(const Outcome&) const = default;
};

class Session {
 public:
  explicit Session(const Plan& plan)
      : plan_(plan), budget_(plan.budget), reader_(plan_.limits, budget_) {}

  // Feeds each piece from memory that does not outlive its turn.
  Outcome run(const fuzz::Pieces& pieces) {
    for (const std::string_view piece : pieces) {
      const std::string turn(piece);
      reader_.feed(turn);
      while (read_on()) {
      }
      if (over()) break;
      DEMAND(budget_.used() <= plan_.budget);
    }
    // What waits because of pauses.
    plan_.pause_after = 0;
    while (!over() && read_on()) {
    }
    if (!over()) describe_unfinished();
    return outcome_;
  }

 private:
  [[nodiscard]] bool over() const { return outcome_.ended || outcome_.refused != 0; }

  [[nodiscard]] bool takes() const { return (plan_.taken >> (outcome_.requests.size() % 64)) & 1U; }

  // One step; whether there may be another in this turn.
  bool read_on() {
    const Next next = reader_.next();
    if (next == Next::kNeedMore) return false;
    if (next == Next::kRefused) return refused();
    if (outcome_.requests.size() + 1 == plan_.last_request) {
      outcome_.ended = true;
      see();
      outcome_.requests.back().content.clear();
      outcome_.requests.back().size = 0;
      return false;
    }
    if (next == Next::kHead) {
      DEMAND(!reader_.content_is_whole());
      takes() ? reader_.take_content() : reader_.skip_content();
      return true;
    }
    see();
    DEMAND(reader_.next() == Next::kRequest);
    outcome_.ended = !reader_.content_is_whole();
    if (outcome_.ended) return false;
    reader_.finish();
    if (plan_.pause_after != 0 && outcome_.requests.size() % plan_.pause_after == 0) {
      reader_.settle();
      reader_.release_answered();
      return false;
    }
    return true;
  }

  bool refused() {
    outcome_.refused = http::code(reader_.refusal().status);
    outcome_.why = reader_.refusal().why;
    const http::RequestHead head = reader_.head();
    outcome_.unfinished = std::string(head.method) + ' ' + std::string(head.target);
    DEMAND(outcome_.refused >= 400 && !outcome_.why.empty());
    DEMAND(reader_.next() == Next::kRefused);
    return false;
  }

  void see() {
    const http::Request& request = reader_.request();
    Seen seen;
    seen.method = reader_.head().method;
    seen.path = request.target.path;
    seen.size = request.content.size;
    // Skipped content may lie in the buffer nevertheless, when it came with its head.
    if (takes()) {
      seen.content = request.content.view;
      for (const Block& block : request.content.blocks) seen.content.append(block.view());
    }
    DEMAND(seen.size <= plan_.limits.max_content);
    DEMAND(!takes() || outcome_.ended || seen.content.size() == seen.size);
    outcome_.requests.push_back(std::move(seen));
  }

  void describe_unfinished() {
    const http::RequestHead head = reader_.head();
    outcome_.unfinished = std::string(head.method) + ' ' + std::string(head.target) +
                          (reader_.in_head() ? " in head" : "") +
                          (reader_.in_content() ? " in content " : " ") +
                          std::to_string(reader_.content_received());
  }

  Plan plan_;
  MemoryBudget budget_;
  RequestReader reader_;
  Outcome outcome_;
};

// A budget that is used up refuses sooner or later, depending on the pieces: then it counts only
// that nothing is lost.
void check_tight_budget(const Plan& plan, const fuzz::Pieces& pieces) {
  MemoryBudget budget(plan.budget);
  {
    RequestReader reader(plan.limits, budget);
    for (const std::string_view piece : pieces) {
      const std::string turn(piece);
      reader.feed(turn);
      Next next = reader.next();
      while (next == Next::kHead || next == Next::kRequest) {
        DEMAND(budget.used() <= plan.budget);
        if (next == Next::kHead) {
          reader.take_content();
        } else {
          if (!reader.content_is_whole()) break;
          reader.finish();
        }
        next = reader.next();
      }
      if (next != Next::kNeedMore) break;
    }
  }
  DEMAND(budget.used() == 0);
}

void check_states(std::string_view events) {
  http::State state = http::State::kIdle;
  for (const char c : events) {
    const auto event = static_cast<http::Event>(static_cast<unsigned char>(c) % http::kEventCount);
    const auto next = http::next_state(state, event);
    DEMAND(state != http::State::kClosed || !next);
    if (!next) continue;
    state = *next;
    DEMAND(static_cast<std::size_t>(state) < http::kStateCount);
    if (event == http::Event::kBroken) DEMAND(state == http::State::kClosed);
    // Every state but the last has an end, and whoever waits for nothing is waited for.
    const bool bounded = http::deadline_ms(state, {}, {}) != http::kNever;
    DEMAND(bounded == (http::interest(state) != http::Interest::kHangUp));
  }
}

Plan read_plan(fuzz::Input& input) {
  Plan plan;
  plan.taken = input.number();
  plan.last_request = input.choose(1000);
  plan.pause_after = input.choose(10);
  http::Limits& limits = plan.limits;
  limits.max_request_line = input.limit(limits.max_request_line, 4096);
  limits.max_field_line = input.limit(limits.max_field_line, 4096);
  limits.max_head = input.limit(limits.max_head, 8192);
  limits.max_fields = input.limit(limits.max_fields, http::kMaxFields);
  limits.max_content = input.limit(64U << 20, 1U << 20);
  plan.budget = input.limit(plan.budget, 1U << 20);
  return plan;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  Plan plan = read_plan(input);
  const std::string_view bytes = input.payload();
  const fuzz::Pieces pieces = fuzz::cut_by(input, bytes);
  check_tight_budget(plan, pieces);
  check_tight_budget(plan, fuzz::byte_by_byte(bytes));
  plan.budget = 1U << 30;
  const Outcome whole = Session(plan).run({bytes});
  DEMAND(Session(plan).run(pieces) == whole);
  DEMAND(Session(plan).run(fuzz::byte_by_byte(bytes)) == whole);
  check_states(bytes);
  return 0;
}
