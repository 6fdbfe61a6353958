#include "handlers/compressions.h"

#include <algorithm>
#include <utility>

namespace tinyserve::handlers {

namespace {

constexpr std::size_t kEntrySize = 256;  // what an entry costs beside its content, about

}  // namespace

std::size_t Compressions::Hash::operator()(const EncodedVersion& version) const {
  // Facts that differ in one place differ in these: an inode changes its ctime whenever it changes.
  const auto ctime = static_cast<std::uint64_t>(version.facts.ctime_ns);
  const std::uint64_t mixed = (version.facts.inode * 0x9E3779B97F4A7C15ULL) ^ ctime;
  return static_cast<std::size_t>(mixed * 4 + static_cast<std::uint64_t>(version.coding));
}

const Block* Compressions::find(const EncodedVersion& version) {
  const auto found = places_.find(version);
  if (found == places_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return &found->second->content;
}

void Compressions::add(const EncodedVersion& version, Block content) {
  const std::size_t size = content.size() + kEntrySize;
  if (places_.contains(version) || size > most_bytes_) return;
  Entries added;
  added.push_front({version, std::move(content)});
  places_.emplace(version, added.begin());
  // From here on nothing needs memory: it is all here, or nothing.
  entries_.splice(entries_.begin(), added);
  bytes_ += size;
  while (bytes_ > most_bytes_) drop_last();
}

void Compressions::add_all(Compressions other) {
  for (Entry& entry : other.entries_) add(entry.version, std::move(entry.content));
}

void Compressions::drop_last() {
  const Entry& last = entries_.back();
  bytes_ -= last.content.size() + kEntrySize;
  places_.erase(last.version);
  entries_.pop_back();
}

std::uint64_t Compressions::job_for(const EncodedVersion& version) const {
  const auto found = jobs_.find(version);
  return found == jobs_.end() ? 0 : found->second;
}

std::uint64_t Compressions::begin(const EncodedVersion& version) {
  return jobs_[version] = ++last_job_;
}

void Compressions::end(std::uint64_t job) {
  const auto found = std::find_if(jobs_.begin(), jobs_.end(),
                                  [job](const auto& entry) { return entry.second == job; });
  if (found != jobs_.end()) jobs_.erase(found);
}

}  // namespace tinyserve::handlers
