// A server with several clients at once, in any order of what they, their connections, the workers
// and the files do: every client hears well-formed answers to its own requests; the content of a
// file is one version that there was while the request was under way; each connection ends; all
// memory and every descriptor is given back.
//
// Numbers: how many clients there are at first, less one (0 to 7); the send buffer of the server in
// bytes (0: as it is); what is unlike the usual (1: files are compressed, 2: no answer is kept, 4:
// the files are young, 8: clients may change files); the memory budget (0: as it is); how the first
// client ends, the next one ending in the next way (see End); then what happens, three numbers each
// (see Act): what, which, how much.
//
// The payload is what the clients say: "=" on a line of its own begins what the next one says.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "fuzz/answers.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "fuzz/living_site.h"
#include "fuzz/stepped_server.h"
#include "support/decode.h"

using namespace tinyserve;
using fuzz::Asked;
using fuzz::LivingSite;
using fuzz::Seen;
using fuzz::SteppedServer;
using Client = SteppedServer::Client;

namespace {

enum class Act : std::uint8_t {
  kSay,         // client, bytes (0: all that is left)
  kTurn,        // the loop goes round once
  kStep,        // client: its connection alone
  kHear,        // client, bytes (0: as many as there are)
  kHalfClose,   // client
  kHangUp,      // client
  kPass,        // -, milliseconds
  kRunJob,      // which of those that wait
  kDeliverJob,  // which of those that have been run
  kChange,      // file, LivingSite::Change
  kConnect,     // one more client, up to eight
  kTurnAway,    // one more, which is too many
};
constexpr std::size_t kActCount = 12;
constexpr std::size_t kMostActs = 300;
constexpr std::size_t kMostClients = 8;

enum class End : std::uint8_t { kHalfClose, kHangUp, kSilence, kStop };
constexpr std::size_t kEndCount = 4;

LivingSite& site() {
  static LivingSite made;
  return made;
}

std::size_t count_descriptors() {
  using Entries = std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(Entries("/proc/self/fd"), Entries()));
}

fuzz::Pieces speeches_in(std::string_view payload) {
  constexpr std::string_view kSeparator = "=\n";
  fuzz::Pieces speeches;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < payload.size();) {
    const std::size_t next = std::min(payload.find('\n', at), payload.size() - 1) + 1;
    if (payload.substr(at, next - at) == kSeparator) {
      speeches.push_back(payload.substr(begin, at - begin));
      begin = next;
    }
    at = next;
  }
  speeches.push_back(payload.substr(begin));
  return speeches;
}

// --- what happens --------------------------------------------------------------------------------

class Play {
 public:
  Play(const loop::Config& config, std::size_t send_buffer, fuzz::Pieces speeches)
      : server_(config, send_buffer, site()), speeches_(std::move(speeches)) {}

  void connect() {
    if (left_.size() == kMostClients) return;
    server_.connect();
    left_.push_back(speeches_[left_.size() % speeches_.size()]);
  }

  void act(Act what, std::size_t which, std::size_t much) {
    const std::size_t index = which % left_.size();
    Client& client = *server_.clients()[index];
    switch (what) {
      case Act::kSay:
        say(index, much == 0 ? left_[index].size() : much);
        return;
      case Act::kTurn:
        server_.turn();
        return;
      case Act::kStep:
        server_.step(client);
        return;
      case Act::kHear:
        server_.hear(client, much == 0 ? SIZE_MAX : much);
        return;
      case Act::kHalfClose:
        left_[index] = {};
        return server_.half_close(client);
      case Act::kHangUp:
        return server_.hang_up(client);
      case Act::kPass:
        return server_.pass(static_cast<std::int64_t>(much % 100'000));
      case Act::kRunJob:
        server_.run_job(which);
        return;
      case Act::kDeliverJob:
        server_.deliver_job(which);
        return;
      case Act::kChange:
        return site().change(which,
                             static_cast<LivingSite::Change>(much % LivingSite::kChangeCount));
      case Act::kConnect:
        return connect();
      case Act::kTurnAway:
        if (left_.size() == kMostClients) return;
        connect();
        return server_.turn_away(*server_.clients().back());
    }
  }

  // Everybody says the rest, and ends in a way.
  void end(std::size_t first) {
    for (bool said = true; said;) {
      said = false;
      for (std::size_t i = 0; i < left_.size(); ++i) said = say(i, left_[i].size()) || said;
      settle();
    }
    for (std::size_t i = 0; i < left_.size(); ++i) {
      end_one(*server_.clients()[i], static_cast<End>((first + i) % kEndCount));
    }
    for (const auto& client : server_.clients()) DEMAND(!client->is_open());
  }

  SteppedServer& server() { return server_; }

 private:
  // Whether the connection took any of it.
  bool say(std::size_t index, std::size_t size) {
    std::string_view& left = left_[index];
    const std::size_t said = server_.say(*server_.clients()[index], left.substr(0, size));
    left.remove_prefix(said);
    return said > 0;
  }

  // All that happens without anybody doing anything else.
  void settle() {
    for (bool has_done = true; has_done;) {
      has_done = server_.turn();
      has_done = server_.run_job(0) || has_done;
      has_done = server_.deliver_job(0) || has_done;
      for (const auto& client : server_.clients()) {
        has_done = server_.hear(*client, SIZE_MAX) || has_done;
      }
    }
    server_.demand_rest();
  }

  void end_one(Client& client, End how) {
    if (how == End::kHalfClose) server_.half_close(client);
    if (how == End::kStop && !stopped_) {
      stopped_ = true;
      server_.stop();
    }
    if (how != End::kHangUp) wait_for(client, how == End::kHalfClose ? 0 : 3);
    if (how == End::kStop && client.is_open()) {
      server_.cut_off();
      DEMAND(!client.is_open());
    }
    server_.hang_up(client);
    settle();
    DEMAND(!client.is_open());
  }

  // A client that says nothing is waited for `most` times, and one that has half-closed never. What
  // is made for it bit by bit may take long.
  void wait_for(Client& client, int most) {
    settle();
    int in_vain = 0;
    for (int i = 0; i < 40 && client.is_open(); ++i) {
      if (client.connection->state() != http::State::kRespond) ++in_vain;
      server_.pass_until_deadline(client);
      settle();
    }
    DEMAND(in_vain <= most);
  }

  SteppedServer server_;
  fuzz::Pieces speeches_;
  fuzz::Pieces left_;  // that each client has to say
  bool stopped_ = false;
};

// --- what came of it -----------------------------------------------------------------------------

// An answer to a request, and from when to when the server was at it.
struct Answered {
  const Asked& asked;
  const Seen& seen;
  LivingSite::Span span;
};

// The content of `file`, as all of it was sent. A file of which the descriptor is sent is read bit
// by bit.
bool is_version(const LivingSite::File& file, const Answered& answered) {
  const std::string coding = answered.seen.field("content-encoding");
  const std::string& content = answered.seen.content;
  if (file.was(content, answered.span) && coding.empty()) return true;
  if (coding.empty()) {
    return file.was_written_over(answered.span) && file.was_mixture(content, answered.span);
  }
  if (site().has_strangers()) return true;  // they may be siblings
  const LivingSite::File* const sibling = site().file_of('/' + std::string(file.path) + ".gz");
  if (sibling != nullptr && coding == "gzip" && sibling->was(content, answered.span)) return true;
  const auto decoded = test::content_of(coding, content);
  return decoded && file.was(*decoded, answered.span);
}

// Whether "bytes FIRST-LAST/SIZE" and the content are a part of a version.
bool is_part(const LivingSite::File& file, const Answered& answered) {
  const std::string field = answered.seen.field("content-range");
  if (!field.starts_with("bytes ")) return false;
  const std::string_view range = std::string_view(field).substr(6);
  const auto first = parse_decimal(range.substr(0, range.find('-')));
  const auto size = parse_decimal(range.substr(range.find('/') + 1));
  if (!first || !size) return false;
  const std::string& content = answered.seen.content;
  const auto those = file.versions_in(answered.span);
  return std::any_of(those.begin(), those.end(), [&](const LivingSite::Version* version) {
    return version->content && version->content->size() == *size &&
           version->content->compare(*first, content.size(), content) == 0;
  });
}

void check_file(const LivingSite::File& file, const Answered& answered) {
  const auto& [asked, seen, span] = answered;
  const bool is_listing = asked.target == "/" && file.was_absent(span);
  if (seen.status == 404) DEMAND(file.was_absent(span));
  if (asked.method != http::Method::kGet || !seen.is_whole) return;
  if (seen.status == 200) DEMAND(is_version(file, answered) || is_listing);
  const bool is_plain = seen.field("content-encoding").empty() && !file.was_written_over(span);
  if (seen.status == 206 && is_plain && seen.fields.contains("content-range")) {
    DEMAND(is_part(file, answered));
  }
}

// What the API gives back tells whose request it was.
void check_reflection(const Asked& asked, const Seen& seen, std::uint64_t client,
                      std::size_t index) {
  const auto json = nlohmann::json::parse(seen.content);
  DEMAND(json["target"] == asked.target);
  DEMAND(json["connection"]["number"] == client);
  DEMAND(json["connection"]["request"] == index + 1);
  DEMAND(json["content"]["size"] == asked.content.size());
}

void check_answer(const Answered& answered, const Client& client, std::size_t index) {
  const auto& [asked, seen, span] = answered;
  DEMAND(seen.status != 500);
  if (const auto* const file = site().file_of(asked.target)) check_file(*file, answered);
  if (!asked.is_whole || !seen.is_whole || seen.status != 200) return;
  if (asked.target == "/api/echo" && asked.method == http::Method::kPost) {
    DEMAND(seen.content == asked.content);
  }
  if (asked.target == "/api/request" && asked.method != http::Method::kHead) {
    check_reflection(asked, seen, client.number, index);
  }
}

// Whether something that is sent bit by bit may have been given up.
bool has_changed_in_place() {
  const LivingSite::Span always{0, site().moment()};
  for (const std::string_view target : {"/large.bin", "/stream.txt"}) {
    if (site().file_of(target)->was_written_over(always)) return true;
  }
  return false;
}

// `has_little_memory`: who does not read may be left for that.
void check_client(const Client& client, const handlers::Router& router, bool has_little_memory) {
  const fuzz::Expected expected = fuzz::expect(client.received, http::Limits(), router);
  const bool may_be_cut = client.is_cut || has_changed_in_place() || has_little_memory;
  const auto answers = fuzz::read_answers(client.heard, expected,
                                          may_be_cut ? fuzz::Cut::kPossible : fuzz::Cut::kNever);
  DEMAND(answers.size() <= expected.answered.size() + 1);
  if (!may_be_cut) fuzz::demand_all_answered(answers, expected);
  const std::size_t last = site().moment();
  for (std::size_t i = 0; i < std::min(answers.size(), expected.answered.size()); ++i) {
    const Asked& asked = expected.answered[i];
    const LivingSite::Span span{fuzz::moment_of(client.receipts, asked.end, last),
                                fuzz::moment_of(client.hearings, answers[i].end, last)};
    check_answer({asked, answers[i], span}, client, i);
  }
}

void play(fuzz::Input& input) {
  const std::size_t clients = 1 + input.choose(kMostClients);
  const std::size_t send_buffer = input.choose(1U << 16);
  const std::size_t unlike = input.choose(16);
  loop::Config config;
  config.handlers.compression =
      (unlike & 1) != 0 ? handlers::Compression::kOn : handlers::Compression::kOff;
  config.handlers.file_cache = (unlike & 2) == 0;
  config.handlers.writable = (unlike & 8) != 0;
  const std::size_t all_memory = config.memory_budget;
  config.memory_budget = input.limit(all_memory, 1U << 20);
  const bool has_little_memory = config.memory_budget < all_memory;
  const std::size_t end = input.choose(kEndCount);
  Play play(config, send_buffer, speeches_in(input.payload()));
  if ((unlike & 4) == 0) play.server().pass(10'000);
  for (std::size_t i = 0; i < clients; ++i) play.connect();
  for (std::size_t i = 0; i < kMostActs && input.has_numbers(); ++i) {
    const auto what = static_cast<Act>(input.choose(kActCount));
    const std::size_t which = input.number();
    play.act(what, which, input.number());
  }
  play.end(end);
  for (const auto& client : play.server().clients()) {
    check_client(*client, play.server().router(), has_little_memory);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  site().reset();
  const std::size_t descriptors = count_descriptors();
  play(input);
  DEMAND(count_descriptors() == descriptors);
  DEMAND(site().is_tidy());
  return 0;
}
