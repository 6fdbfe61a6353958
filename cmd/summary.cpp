#include "cmd/summary.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/human.h"
#include "cmd/printable.h"

namespace tinyserve::cmd {
namespace {

constexpr std::size_t kMostSlow = 10;  // who asks for more reads the log

std::string plural(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + ' ' + std::string(noun) + (count == 1 ? "" : "s");
}

// A path or a Referer, without the middle of a long one.
std::string shown(std::string_view text) {
  constexpr std::size_t kHalf = 35;
  if (text.size() <= 2 * kHalf) return printable(text);
  return printable(text.substr(0, kHalf)) + "…" + printable(text.substr(text.size() - kHalf));
}

std::string totals(const log::Summary& summary) {
  return plural(summary.requests, "request") + ", " + human_size(summary.bytes) + "; p50 " +
         human_duration(summary.p50_us) + ", p95 " + human_duration(summary.p95_us) + ", p99 " +
         human_duration(summary.p99_us) + '\n';
}

std::string slowest(const std::vector<log::Summary::Slow>& rows) {
  std::string text = "\nSlowest:\n";
  for (std::size_t i = 0; i < std::min(rows.size(), kMostSlow); ++i) {
    text += right_aligned(human_duration(rows[i].dur_us), 9) + "  " + shown(rows[i].path) + '\n';
  }
  return text;
}

// Requests that have no row.
std::uint64_t others(const log::Summary::MissingTable& table) {
  std::uint64_t rest = table.total;
  for (const auto& row : table.rows) rest -= row.count;
  return rest;
}

std::string missing(const log::Summary::MissingTable& table) {
  std::string text = "\nNot found:\n";
  for (const auto& row : table.rows) {
    text += right_aligned(std::to_string(row.count), 9) + "  " + shown(row.path);
    if (!row.referer.empty()) text += "  from " + shown(row.referer);
    text += '\n';
  }
  const std::uint64_t rest = others(table);
  if (rest > 0) text += right_aligned(std::to_string(rest), 9) + "  for other paths\n";
  return text;
}

}  // namespace

std::string summary_text(const log::Summary& summary) {
  if (summary.requests == 0) return {};
  std::string text = totals(summary);
  if (!summary.slowest.empty()) text += slowest(summary.slowest);
  if (summary.missing.total > 0) text += missing(summary.missing);
  return text;
}

std::vector<std::string> broken_links(const log::Summary::MissingTable& links) {
  std::vector<std::string> lines;
  for (const auto& row : links.rows) {
    lines.push_back(row.path + " on " + row.referer);
  }
  const std::uint64_t rest = others(links);
  if (rest > 0) lines.push_back("other paths, " + plural(rest, "request"));
  return lines;
}

}  // namespace tinyserve::cmd
