#include "handlers/answer_cache.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>
#include <variant>

#include "base/prefetch.h"
#include "base/random.h"

namespace tinyserve::handlers {

namespace {

using http::FieldName;
using http::Fields;

constexpr std::string_view kGet = "GET ";
constexpr std::size_t kFewestBuckets = 64;
constexpr std::size_t kEntryOverhead = 900;  // nodes, strings, and what the allocator adds
constexpr std::size_t kManyLooks = 5;        // in a batch; more of them go a shorter way

// Fields that may lead to another answer than the whole file or a 304 for the tag.
constexpr std::uint32_t kDeciding = Fields::bit(FieldName::kRange) |
                                    Fields::bit(FieldName::kIfMatch) |
                                    Fields::bit(FieldName::kIfUnmodifiedSince);
// ... or to those as well.
constexpr std::uint32_t kConditional =
    kDeciding | Fields::bit(FieldName::kIfNoneMatch) | Fields::bit(FieldName::kIfModifiedSince);

// Eight bytes at a time through a 128-bit product, whose halves are folded.
std::uint64_t mix(std::uint64_t hash, std::string_view bytes) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  const auto fold = [&hash](std::uint64_t word) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(hash ^ word) * kOdd;
    hash = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const auto word_at = [bytes](std::size_t at) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
  };
  fold(bytes.size());
  if (bytes.size() >= 8) {
    for (std::size_t at = 0; at + 8 < bytes.size(); at += 8) fold(word_at(at));
    fold(word_at(bytes.size() - 8));
    return hash;
  }
  std::uint64_t few = 0;
  for (const char c : bytes) few = few << 8 | static_cast<unsigned char>(c);
  fold(few);
  return hash;
}

// The path in the request line that `input` begins with, as Target::path has it; empty where that
// is no GET, or its path is no plain one.
std::string_view path_of(std::string_view input) {
  if (!input.starts_with(kGet)) return {};
  const char* const path = input.data() + kGet.size();
  const std::size_t room = std::min(input.size(), kMostKnownHead) - kGet.size();
  const void* const space = std::memchr(path, ' ', room);
  if (space == nullptr) return {};
  const auto size = static_cast<std::size_t>(static_cast<const char*>(space) - path);
  const void* const mark = std::memchr(path, '?', size);
  const void* const end = mark == nullptr ? space : mark;
  return {path, static_cast<std::size_t>(static_cast<const char*>(end) - path)};
}

// Whether a request is all in its head, and that is worth remembering.
bool can_be_known(const http::Request& request) {
  return request.framing.kind == http::Framing::Kind::kNone &&
         request.head_text.size() <= kMostKnownHead &&
         path_of(request.head_text) == request.target.path;
}

}  // namespace

bool AnswerCache::Entry::holds_file() const {
  return std::holds_alternative<http::FileSlice>(whole.rest());
}

Hit AnswerCache::Entry::hit(http::Via via) {
  return {via == http::Via::kNotModified ? &not_modified : &whole, via};
}

http::Body AnswerCache::Entry::content() const {
  if (!whole.is_joined()) return http::another(whole.rest());
  const Block& block = whole.block();
  return http::BlockSlice{block, whole.head_size(), block.size() - whole.head_size()};
}

std::size_t AnswerCache::Entry::memory() const {
  std::size_t size = kEntryOverhead + path.size() + accept_encoding.size() + whole.memory() +
                     not_modified.memory();
  if (known_request) size += http::OwnedRequest::memory_for(**known_request);
  for (const auto* const all : {&dependencies, &vary_dependencies}) {
    for (const files::Dependency& dependency : *all) {
      size += sizeof dependency + dependency.path.size();
    }
  }
  return size;
}

AnswerCache::AnswerCache(const files::Root& root, std::size_t most_bytes)
    : root_(&root),
      folders_(root),
      most_bytes_(most_bytes),
      seed_(random_bits()),
      buckets_(kFewestBuckets, entries_.end()) {}

std::uint64_t AnswerCache::hash(std::string_view path) const { return mix(seed_, path); }

AnswerCache::Entries::iterator AnswerCache::look_up(std::uint64_t hash, std::string_view path,
                                                    std::string_view accept_encoding) {
  auto entry = bucket(hash);
  while (entry != entries_.end() &&
         (entry->hash != hash || !entry->representation || entry->path != path ||
          entry->accept_encoding != accept_encoding)) {
    entry = entry->next;
  }
  return entry;
}

// The first entry for that path, or another one with its hash.
AnswerCache::Entries::iterator AnswerCache::look_up(std::uint64_t hash) {
  auto entry = bucket(hash);
  while (entry != entries_.end() && entry->hash != hash) entry = entry->next;
  return entry;
}

// The entry that is known to answer what `input` begins with.
AnswerCache::Entries::iterator AnswerCache::look_up(std::uint64_t hash, std::string_view input) {
  auto entry = bucket(hash);
  while (entry != entries_.end() && (entry->hash != hash || entry->known_head.empty() ||
                                     !input.starts_with(entry->known_head))) {
    entry = entry->next;
  }
  return entry;
}

void AnswerCache::link(Entries::iterator entry) {
  entry->next = std::exchange(bucket(entry->hash), entry);
}

// Twice as many buckets, once there are fewer than two for each entry.
void AnswerCache::grow() {
  if (entries_.size() * 2 <= buckets_.size()) return;
  buckets_.assign(buckets_.size() * 2, entries_.end());
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) link(entry);
}

// The entry for what a GET or HEAD asks for, whatever of it; null where there is none, or it does
// not hold any more.
AnswerCache::Entry* AnswerCache::fresh_entry(const http::Request& request, Instant now) {
  const Fields& fields = request.fields;
  const bool is_read =
      request.method == http::Method::kGet || request.method == http::Method::kHead;
  if (!is_read || fields.repeats(FieldName::kAcceptEncoding)) return nullptr;
  const std::string_view accepted = fields.find(FieldName::kAcceptEncoding).value_or("");
  const std::string_view path = request.target.path;
  const auto found = look_up(hash(path), path, accepted);
  if (found == entries_.end()) return nullptr;
  if (!is_fresh(*found, now)) {
    drop(found);
    return nullptr;
  }
  found->used = true;
  found->used_ms = now.mono_ms();
  return &*found;
}

Hit AnswerCache::find(const http::Request& request, Instant now) {
  const Fields& fields = request.fields;
  if (fields.has_any(kDeciding)) return {};
  Entry* const found = fresh_entry(request, now);
  if (found == nullptr) return {};
  Entry& entry = *found;
  // A tag decides alone, without the date (RFC 9110 §13.1.3). Lists and other tags are left to
  // find_content().
  if (fields.has(FieldName::kIfNoneMatch)) {
    if (fields.repeats(FieldName::kIfNoneMatch)) return {};
    if (fields.find(FieldName::kIfNoneMatch) != entry.representation->entity_tag) return {};
    remember(entry, request, http::Via::kNotModified);
    return entry.hit(http::Via::kNotModified);
  }
  if (fields.has(FieldName::kIfModifiedSince)) return {};
  remember(entry, request, http::Via::kCache);
  return entry.hit(http::Via::kCache);
}

std::optional<AnswerCache::Kept> AnswerCache::find_content(const http::Request& request,
                                                           Instant now) {
  if (!request.fields.has_any(kConditional)) return std::nullopt;
  Entry* const entry = fresh_entry(request, now);
  if (entry == nullptr) return std::nullopt;
  return Kept{*entry->representation, entry->content()};
}

Known AnswerCache::recognize(std::string_view input, Instant now) {
  const std::string_view path = path_of(input);
  if (path.empty()) return {};
  const auto found = look_up(hash(path), input);
  if (found == entries_.end()) return {};
  if (!is_fresh(*found, now)) {
    drop(found);
    return {};
  }
  found->used = found->recognized = true;
  found->used_ms = now.mono_ms();
  return {&*found->known_request, found->known_head, found->known_minor_version,
          found->known_keep_alive, found->hit(found->known_via)};
}

void AnswerCache::look_ahead(std::string_view input) {
  const std::string_view path = path_of(input);
  std::move_backward(ahead_.begin(), std::prev(ahead_.end()), ahead_.end());
  ahead_.front() = path.empty() ? 0 : hash(path);
  const auto& [first, second, third, fourth] = ahead_;
  // What each step reads, the one before has asked for, an input ago.
  prefetch(&bucket(first), &bucket(first) + 1);
  if (const auto entry = bucket(second); entry != entries_.end()) {
    prefetch(&entry->hash, &entry->not_modified);
  }
  if (const auto entry = look_up(third); entry != entries_.end()) {
    prefetch(entry->known_head.data(), entry->known_head.data() + entry->known_head.size());
    prefetch(entry->dependencies.data(), entry->dependencies.data() + 1);
    entry->whole.block().prefetch_begin();
  }
  if (const auto entry = look_up(fourth); entry != entries_.end() && !entry->dependencies.empty()) {
    const std::string& way = entry->dependencies.front().path;
    prefetch(way.data(), way.data() + way.size());
    entry->whole.block().prefetch_pages();
  }
}

// Of several that have the same answer one is known at a time: until it is asked for no more. As
// for memory, answers come first.
void AnswerCache::remember(Entry& entry, const http::Request& request, http::Via via) {
  if (!can_be_known(request) || std::exchange(entry.recognized, false)) return;
  bytes_ -= entry.memory();
  entry.known_request.reset();
  entry.known_head = {};
  bytes_ += entry.memory();
  const std::size_t size = http::OwnedRequest::memory_for(request);
  if (bytes_ + size > most_bytes_) return;
  entry.known_request.emplace(request);
  entry.known_head = (*entry.known_request)->head_text;
  entry.known_via = via;
  entry.known_minor_version = static_cast<std::uint8_t>(request.minor_version);
  entry.known_keep_alive = request.keep_alive;
  bytes_ += size;
}

bool AnswerCache::hold(const std::vector<files::Dependency>& dependencies) {
  looks_ += dependencies.size();
  const bool is_short = looks_ >= kManyLooks && is_root_in_place();
  for (const files::Dependency& dependency : dependencies) {
    if (!(is_short ? dependency.holds_below(*root_) : dependency.holds())) return false;
  }
  return true;
}

// Of many looks in a batch one is at the root itself: when that is in place, the others need not go
// all the way to it.
bool AnswerCache::is_root_in_place() {
  if (!root_is_in_place_) root_is_in_place_ = root_->is_in_place();
  return *root_is_in_place_;
}

bool AnswerCache::is_fresh(Entry& entry, Instant now) {
  if (entry.batch == batch_) return true;
  if (!hold(entry.dependencies)) return false;
  if (now.mono_ms() - entry.proved_ms >= kProofMs && !is_inside(entry, now)) return false;
  entry.batch = batch_;
  return true;
}

// Whether its way still is, and Vary still says what it should. Apart from is_fresh(), since it is
// needed once a second and would make that dearer for all requests.
[[gnu::noinline]] bool AnswerCache::is_inside(Entry& entry, Instant now) {
  if (!is_root_in_place()) return false;
  if (entry.folder) {
    const Folders::Seen folder = folders_.look(entry.file, now);
    if (folder.facts == entry.folder) {
      entry.proved_ms = folder.looked_ms;
      return true;
    }
  }
  entry.folder.reset();
  if (entry.representation) {
    entry.folder =
        folders_.prove(entry.file, entry.representation->entry.facts, entry.vary_dependencies, now);
  }
  if (!entry.folder && (!is_still(entry) || !hold(entry.vary_dependencies))) return false;
  entry.proved_ms = now.mono_ms();
  return true;
}

bool AnswerCache::is_still(const Entry& entry) const {
  const auto found = root_->find(entry.file);
  if (entry.representation) return found && found->facts == entry.representation->entry.facts;
  return !found && (found.error().is(ENOENT) || found.error().is(ENOTDIR));
}

void AnswerCache::keep(const http::Request& request, Reusable reusable, Instant now) {
  const bool is_settled =
      std::all_of(reusable.dependencies.begin(), reusable.dependencies.end(),
                  [now](const auto& dependency) { return dependency.is_settled(now); });
  if (!is_settled || request.fields.repeats(FieldName::kAcceptEncoding)) return;
  const bool is_absence = !reusable.representation;
  if (is_absence && (!can_be_known(request) || bytes_ > most_bytes_ / kAbsencesPart)) return;
  const std::string_view accepted = request.fields.find(FieldName::kAcceptEncoding).value_or("");
  const std::string_view path = request.target.path;
  const std::uint64_t key = hash(path);
  const auto older = look_up(key, path, accepted);
  if (older != entries_.end()) drop(older);
  entries_.push_front({.hash = key,
                       .used_ms = now.mono_ms(),
                       .proved_ms = now.mono_ms(),
                       .batch = batch_,
                       .dependencies = std::move(reusable.dependencies),
                       .whole = http::ReadyResponse(std::move(reusable.whole)),
                       .not_modified = http::ReadyResponse(std::move(reusable.not_modified)),
                       .path = std::string(path),
                       .accept_encoding = std::string(accepted),
                       .vary_dependencies = std::move(reusable.vary_dependencies),
                       .file = std::move(reusable.path),
                       .representation = std::move(reusable.representation)});
  Entry& entry = entries_.front();
  bytes_ += entry.memory();
  if (entry.holds_file()) {
    ++files_;
    next_close_ms_ = std::min(next_close_ms_, now.mono_ms() + kMostIdleFileMs);
  }
  link(entries_.begin());
  // Both need memory, and an entry that is in no bucket could not be dropped again.
  if (is_absence) remember(entry, request, http::Via::kErrorPage);
  grow();
  while (bytes_ > most_bytes_ || files_ > kMostFiles) drop_one();
}

void AnswerCache::close_idle_files(Instant now) {
  folders_.close();
  if (now.mono_ms() < next_close_ms_) return;
  next_close_ms_ = INT64_MAX;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->holds_file()) {
      const std::int64_t due_ms = entry->used_ms + kMostIdleFileMs;
      if (due_ms <= now.mono_ms()) {
        drop(entry);
      } else {
        next_close_ms_ = std::min(next_close_ms_, due_ms);
      }
    }
    entry = next;
  }
}

void AnswerCache::drop(Entries::iterator entry) {
  bytes_ -= entry->memory();
  if (entry->holds_file()) --files_;
  Entries::iterator* place = &bucket(entry->hash);
  while (*place != entry) place = &(*place)->next;
  *place = entry->next;
  entries_.erase(entry);
}

// What was used since the last look at it has a second chance.
void AnswerCache::drop_one() {
  while (entries_.back().used) {
    entries_.back().used = false;
    entries_.splice(entries_.begin(), entries_, std::prev(entries_.end()));
  }
  drop(std::prev(entries_.end()));
}

}  // namespace tinyserve::handlers
