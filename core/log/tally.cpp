#include "log/tally.h"

#include <algorithm>

#include "base/ascii.h"

namespace tinyserve::log {
namespace {

constexpr std::size_t kMostTextBytes = 256;
constexpr int kNotFound = 404;

std::string kept(std::string_view text) { return std::string(text.substr(0, kMostTextBytes)); }

// Whether a page of this server led to the request: scheme, host and port of the Referer are those
// that the request itself was sent to (RFC 6454 §4).
bool has_own_origin(std::string_view referer, std::string_view host) {
  constexpr std::string_view kScheme = "http://";
  if (host.empty() || !iequals(referer.substr(0, kScheme.size()), kScheme)) return false;
  referer.remove_prefix(kScheme.size());
  return iequals(referer.substr(0, referer.find_first_of("/?#")), host);
}

// Browsers ask for these without any link.
bool is_asked_for_unbidden(std::string_view path) {
  return path == "/favicon.ico" || path == "/.well-known/appspecific/com.chrome.devtools.json";
}

bool is_slower(const Summary::Slow& a, const Summary::Slow& b) { return a.dur_us > b.dur_us; }

}  // namespace

Visit make_visit(const RequestFacts& facts) {
  const std::string_view path = facts.path.value_or("");
  const std::string_view referer = facts.referer.value_or("");
  return {kept(path), kept(referer),
          has_own_origin(referer, facts.host.value_or("")) && !is_asked_for_unbidden(path)};
}

void Tally::add(const Visit& visit, const Outcome& outcome) {
  if (!outcome.status) return;
  times_.add(outcome.dur_us);
  note_time(visit.path, outcome.dur_us);
  if (outcome.status != kNotFound) return;
  missing_.add(visit);
  if (visit.is_by_own_link) broken_.add(visit);
}

void Tally::add_all(const Tally& other) {
  times_.add_all(other.times_);
  for (const Summary::Slow& slow : other.slowest_) note_time(slow.path, slow.dur_us);
  missing_.add_all(other.missing_);
  broken_.add_all(other.broken_);
}

void Tally::note_time(const std::string& path, std::int64_t dur_us) {
  if (dur_us <= least_slow_us_) return;
  const auto known = std::find_if(slowest_.begin(), slowest_.end(),
                                  [&](const Summary::Slow& slow) { return slow.path == path; });
  if (known != slowest_.end()) {
    known->dur_us = std::max(known->dur_us, dur_us);
  } else if (slowest_.size() < Summary::kMostRows) {
    slowest_.push_back({path, dur_us});
  } else {
    *std::max_element(slowest_.begin(), slowest_.end(), is_slower) = {path, dur_us};
  }
  if (slowest_.size() < Summary::kMostRows) return;
  least_slow_us_ = std::max_element(slowest_.begin(), slowest_.end(), is_slower)->dur_us;
}

Summary Tally::summary() const {
  Summary summary;
  summary.p50_us = times_.percentile(50);
  summary.p95_us = times_.percentile(95);
  summary.p99_us = times_.percentile(99);
  summary.slowest = slowest_;
  std::sort(summary.slowest.begin(), summary.slowest.end(), is_slower);
  summary.missing = missing_.table();
  summary.broken = broken_.table();
  return summary;
}

void Tally::Paths::add(const Visit& visit) {
  ++total_;
  add_row(visit.path, visit.referer, 1);
}

void Tally::Paths::add_all(const Paths& other) {
  total_ += other.total_;
  for (const auto& [path, row] : other.rows_) add_row(path, row.referer, row.count);
}

void Tally::Paths::add_row(const std::string& path, const std::string& referer,
                           std::uint64_t count) {
  auto known = rows_.find(path);
  if (known == rows_.end()) {
    if (rows_.size() >= kMostPaths) return;
    known = rows_.try_emplace(path).first;
  }
  known->second.count += count;
  if (known->second.referer.empty()) known->second.referer = referer;
}

Summary::MissingTable Tally::Paths::table() const {
  Summary::MissingTable table;
  table.total = total_;
  for (const auto& [path, row] : rows_) table.rows.push_back({path, row.referer, row.count});
  std::sort(table.rows.begin(), table.rows.end(),
            [](const Summary::Missing& a, const Summary::Missing& b) {
              return a.count != b.count ? a.count > b.count : a.path < b.path;
            });
  if (table.rows.size() > Summary::kMostRows) table.rows.resize(Summary::kMostRows);
  return table;
}

}  // namespace tinyserve::log
