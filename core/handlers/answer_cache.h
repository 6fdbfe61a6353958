// answer_cache.h — steps 4 to 6 done beforehand: answers for files that are given again and again.
// That there is no file is such an answer, too, for a request that is the same byte for byte.
//
// Never a stale byte: an answer is kept with every path that it was chosen by, and a request only
// gets it after a stat of each has found what was there when it was made. One look serves all
// requests of a batch, which were received before it: see new_batch(). What changed within the last
// two seconds may change again without a trace and is not kept (files::is_settled). Once a second
// it is proved that the way to the file does not lead out of the root, by opening it anew, and that
// Vary still says what it should; while nothing changes in the directory that it lies in, a look at
// that is proof enough (Folders).
//
// A request that is byte for byte one that was answered from here need not even be read: see
// recognize().
//
// Belongs to one loop. The key is the path as sent together with the client's Accept-Encoding; for
// what other fields may decide (ranges, dates) it has the content: see find_content(). Memory and
// open files are bounded: what was not asked for since the last look at it goes first (the clock
// algorithm).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "files/dependency.h"
#include "files/root.h"
#include "handlers/answer.h"
#include "handlers/folders.h"
#include "handlers/known.h"
#include "http/owned_request.h"
#include "http/ready_response.h"
#include "http/request.h"
#include "http/response.h"
#include "http/via.h"

namespace tinyserve::handlers {

class AnswerCache {
 public:
  static constexpr std::size_t kMostBytes = 40U << 20;
  static constexpr std::size_t kMostFiles = 64;        // open ones
  static constexpr std::size_t kNearBytes = 1U << 20;  // what the processor has at hand
  // That nothing is there is only kept while less than this part of the memory is used: whoever
  // asks for a thousand names that do not exist is to push out nothing.
  static constexpr std::size_t kAbsencesPart = 4;
  static constexpr std::int64_t kProofMs = Folders::kLookMs;  // a way is known to stay inside
  static constexpr std::int64_t kMostIdleFileMs = 5000;       // a file is not held open for longer

  // `root` must outlive the cache.
  explicit AnswerCache(const files::Root& root, std::size_t most_bytes = kMostBytes);

  // More bytes have been received: what was looked at earlier does not count for them.
  void new_batch() {
    ++batch_;
    looks_ = 0;
    root_is_in_place_.reset();
  }

  [[nodiscard]] Hit find(const http::Request& request, Instant now);

  struct Kept {
    const Representation& representation;  // not open. Good until the next call
    http::Body content;                    // the whole of it, one slice
  };
  // What is needed to answer a GET or HEAD that find() has no answer for although the file is kept:
  // it wants a part, or has other preconditions than one tag.
  [[nodiscard]] std::optional<Kept> find_content(const http::Request& request, Instant now);

  // The whole request that `input` begins with, if find() was last asked for the same bytes when it
  // found this answer. What the bytes mean, and that they may be answered, has been seen then.
  [[nodiscard]] Known recognize(std::string_view input, Instant now);

  // recognize() will be asked for `input` after kAhead others. What it reads then is fetched from
  // memory meanwhile, step by step, and need not be waited for. Worth it once keeps_much(): more
  // than what the processor has at hand.
  void look_ahead(std::string_view input);
  [[nodiscard]] bool keeps_much() const { return bytes_ >= kNearBytes; }
  static constexpr std::size_t kAhead = 4;

  // Keeps what `request`, a GET or HEAD, is answered with while it has no ranges or preconditions
  // but the tag. What is not settled is not kept.
  void keep(const http::Request& request, Reusable reusable, Instant now);

  // At the end of a turn: gives up files that nobody has asked for lately. Cheap while there are
  // none.
  void close_idle_files(Instant now);
  // When close_idle_files() should be called, in milliseconds of the monotonic clock; INT64_MAX:
  // never.
  [[nodiscard]] std::int64_t next_close_ms() const { return next_close_ms_; }

 private:
  // What is looked at for a request that is recognized stands in front: with thousands of entries
  // each further cache line is waited for.
  struct Entry {
    std::uint64_t hash;                 // of the path
    std::list<Entry>::iterator next{};  // in its bucket; entries_.end(): the last one
    std::string_view known_head{};      // of known_request
    std::optional<http::OwnedRequest> known_request{};
    http::Via known_via = http::Via::kCache;
    std::uint8_t known_minor_version = 1;
    bool known_keep_alive = true;
    bool recognized = false;  // since another request had this answer
    bool used = false;        // since the hand of the clock was here
    std::int64_t used_ms;
    std::int64_t proved_ms;  // when its way was proved to be inside
    std::uint64_t batch;     // the last one that it was looked at for
    std::vector<files::Dependency> dependencies;
    http::ReadyResponse whole;
    http::ReadyResponse not_modified;
    std::string path;
    std::string accept_encoding;
    std::vector<files::Dependency> vary_dependencies;
    std::string file;                              // in the root
    std::optional<Representation> representation;  // absent: a 404, for known_request only
    // Of its directory, when that proved the way and Vary; absent: both have to be looked at.
    std::optional<files::Facts> folder{};

    [[nodiscard]] bool holds_file() const;
    [[nodiscard]] Hit hit(http::Via via);
    [[nodiscard]] http::Body content() const;
    [[nodiscard]] std::size_t memory() const;
  };
  using Entries = std::list<Entry>;  // the hand of the clock is at the back

  [[nodiscard]] std::uint64_t hash(std::string_view path) const;
  [[nodiscard]] Entries::iterator& bucket(std::uint64_t hash) {
    return buckets_[hash & (buckets_.size() - 1)];
  }
  [[nodiscard]] Entries::iterator look_up(std::uint64_t hash, std::string_view path,
                                          std::string_view accept_encoding);
  [[nodiscard]] Entries::iterator look_up(std::uint64_t hash, std::string_view input);
  [[nodiscard]] Entries::iterator look_up(std::uint64_t hash);
  [[nodiscard]] Entry* fresh_entry(const http::Request& request, Instant now);
  [[nodiscard]] bool hold(const std::vector<files::Dependency>& dependencies);
  [[nodiscard]] bool is_root_in_place();
  [[nodiscard]] bool is_still(const Entry& entry) const;
  void remember(Entry& entry, const http::Request& request, http::Via via);
  void link(Entries::iterator entry);
  void grow();
  [[nodiscard]] bool is_fresh(Entry& entry, Instant now);
  [[nodiscard]] bool is_inside(Entry& entry, Instant now);
  void drop(Entries::iterator entry);
  void drop_one();

  const files::Root* root_;
  Folders folders_;
  const std::size_t most_bytes_;
  // Not to be foreseen, so that no list of targets can be made that all meet in one place.
  const std::uint64_t seed_;
  std::size_t bytes_ = 0;
  std::size_t files_ = 0;  // entries that hold one open
  std::uint64_t batch_ = 0;
  std::size_t looks_ = 0;                 // at paths, in this batch
  std::optional<bool> root_is_in_place_;  // in this batch; not looked at without a value
  std::int64_t next_close_ms_ = INT64_MAX;
  std::array<std::uint64_t, kAhead> ahead_{};  // hashes of the paths, the last one first
  Entries entries_;
  // The first entry of each: a hash table, chained through the entries. A power of two of them.
  std::vector<Entries::iterator> buckets_;
};

}  // namespace tinyserve::handlers
