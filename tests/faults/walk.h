// walk.h — a server in this process, in whose life something fails (fault tests).
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "loop/config.h"
#include "loop/server.h"
#include "support/raw_client.h"
#include "support/response.h"
#include "support/temp_tree.h"

namespace tinyserve::faults {

inline constexpr std::chrono::seconds kPatience{30};

[[nodiscard]] std::size_t open_descriptors();

// What a run came to.
struct Outcome {
  std::optional<loop::StartFailure> failure;  // it did not start
  std::optional<Error> stopped_by;            // it went on no more
  bool has_no_memory = false;                 // for either: std::bad_alloc came out of it
  std::vector<std::string> words;             // what it said
};

class Walk : public testing::Test {
 protected:
  using Talk = std::function<void(const test::Address&)>;

  Walk();

  // Files that are older than what could still change unnoticed: the server keeps what it has read.
  static void let_files_settle();

  // Lets `talk` be a client of a server, in whose life from before its start, or from its first
  // wait, something may fail, as `begin` says.
  Outcome run(const std::function<void()>& begin, bool from_start, const Talk& talk);

  // `talk`, whose connection may end; that nobody answers it may not be, where somebody is there.
  void talk_to(const test::Address& address, const Talk& talk);

  // The next client is served, unless the server has ended.
  void expect_served(const test::Address& address);

  // An answer to a GET of a file: the file, or an error that says so.
  static void expect_file_or_error(const test::Response& answer, const std::string& content);

  static inline const std::string kSmall = "small content";
  static inline const std::string kLarge = std::string(700'000, 'l');

  test::TempTree tree_{{"site/small", kSmall}, {"site/large", kLarge}, {"site/folder/x", "x"}};
  loop::Config config_;
  std::function<void()> before_;  // each server is opened
  std::optional<std::string> is_unserved_;
  std::atomic<bool> has_ended_{false};  // run() has returned

 private:
  std::mutex stopping_;
};

}  // namespace tinyserve::faults
