// compressions.h — files that were compressed on the fly, so that each version is compressed once.
//
// Belongs to one loop, or for the time of a job to a worker. What is here is of settled versions
// only (files::is_settled): the facts of a file tell them apart, and whoever asks has just looked
// at the file. Holds at most so many bytes; what was not asked for the longest goes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

#include "base/block.h"
#include "files/facts.h"
#include "http/accept.h"

namespace tinyserve::handlers {

// Of a file: what was encoded, and how.
struct EncodedVersion {
  files::Facts facts;
  http::Coding coding = http::Coding::kIdentity;
  friend bool operator==(const EncodedVersion&, const EncodedVersion&) = default;
};

class Compressions {
 public:
  static constexpr std::size_t kMostBytes = 32U << 20;

  explicit Compressions(std::size_t most_bytes = kMostBytes) : most_bytes_(most_bytes) {}

  // The encoded content, null when it is not here; an empty block where encoding does not pay. Good
  // until something is added.
  [[nodiscard]] const Block* find(const EncodedVersion& version);
  void add(const EncodedVersion& version, Block content);
  // Takes over all that is in `other`.
  void add_all(Compressions other);

  // The number of the job that encodes `version`; 0 when there is none.
  [[nodiscard]] std::uint64_t job_for(const EncodedVersion& version) const;
  // A job for `version` begins: its number, which occurs once. end() must follow.
  [[nodiscard]] std::uint64_t begin(const EncodedVersion& version);
  void end(std::uint64_t job);

 private:
  struct Hash {
    std::size_t operator()(const EncodedVersion& version) const;
  };
  struct Entry {
    EncodedVersion version;
    Block content;
  };
  using Entries = std::list<Entry>;  // what was asked for last in front

  void drop_last();

  const std::size_t most_bytes_;
  std::size_t bytes_ = 0;
  Entries entries_;
  std::unordered_map<EncodedVersion, Entries::iterator, Hash> places_;
  std::unordered_map<EncodedVersion, std::uint64_t, Hash> jobs_;
  std::uint64_t last_job_ = 0;
};

}  // namespace tinyserve::handlers
