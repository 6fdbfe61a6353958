// tally.h — step 8 for the summary: what is remembered of answers when they are over.
//
// Its memory is bounded, whatever paths the clients think of. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "log/histogram.h"
#include "log/record.h"
#include "log/summary.h"

namespace tinyserve::log {

// What is kept of a request until its answer is over.
struct Visit {
  std::string path;
  std::string referer;
  bool is_by_own_link = false;
};

// Cuts what is long. Views are only read during the call.
[[nodiscard]] Visit make_visit(const RequestFacts& facts);

class Tally {
 public:
  void add(const Visit& visit, const Outcome& outcome);
  // All that `other` remembers, too.
  void add_all(const Tally& other);
  // Requests and bytes are not counted here.
  [[nodiscard]] Summary summary() const;

 private:
  // Paths with how often they were asked for. Of more than kMostPaths the later ones have no row.
  class Paths {
   public:
    void add(const Visit& visit);
    void add_all(const Paths& other);
    [[nodiscard]] Summary::MissingTable table() const;

   private:
    static constexpr std::size_t kMostPaths = 1000;
    struct Row {
      std::uint64_t count = 0;
      std::string referer;
    };
    void add_row(const std::string& path, const std::string& referer, std::uint64_t count);

    std::unordered_map<std::string, Row> rows_;
    std::uint64_t total_ = 0;
  };

  void note_time(const std::string& path, std::int64_t dur_us);

  Histogram times_;
  std::vector<Summary::Slow> slowest_;  // at most Summary::kMostRows, in no order
  std::int64_t least_slow_us_ = -1;     // of these, once there are so many
  Paths missing_;
  Paths broken_;
};

}  // namespace tinyserve::log
