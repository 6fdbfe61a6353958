#include "faults/walk.h"

#include <cstring>
#include <filesystem>
#include <new>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "faults/calls.h"
#include "support/heard_diagnostics.h"

namespace tinyserve::faults {

namespace {

using loop::Server;
using loop::StartFailure;
using test::Response;

// What it hears is the test's to keep: that never fails.
class SparedDiagnostics : public test::HeardDiagnostics {
 public:
  void report(log::Severity severity, std::string_view text) override {
    const Outside outside;
    HeardDiagnostics::report(severity, text);
  }
};

}  // namespace

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

Walk::Walk() {
  config_.files.root = tree_.path("site");
  config_.net.addresses = {"127.0.0.1", "::1"};
  config_.net.port = 0;
  config_.log.path = tree_.path("log");
  config_.workers = 1;
  config_.timeouts.stop_ms = 500;
  for (int i = 0; i < 300; ++i) tree_.write("site/many/" + std::to_string(i), "");
}

void Walk::let_files_settle() { std::this_thread::sleep_for(std::chrono::seconds(3)); }

Outcome Walk::run(const std::function<void()>& begin, bool from_start, const Talk& talk) {
  const Outside outside;
  Outcome outcome;
  SparedDiagnostics diagnostics;
  std::thread server_thread;
  {
    std::optional<Server> server;
    std::thread([&] {
      if (before_) {
        const Outside nobody;
        before_();
      }
      if (from_start) begin();
      try {
        auto opened = Server::open(config_, diagnostics);
        if (auto* failure = std::get_if<StartFailure>(&opened)) {
          const Outside nobody;
          outcome.failure = *failure;
        } else {
          server.emplace(std::move(std::get<Server>(opened)));
        }
      } catch (const std::bad_alloc&) {
        outcome.has_no_memory = true;
      }
    }).join();
    if (server) {
      const test::Address address{"127.0.0.1", server->port()};
      if (!from_start) begin();
      has_ended_ = false;
      server_thread = std::thread([&] {
        Result<void> ended;
        try {
          ended = server->run();
        } catch (const std::bad_alloc&) {
          outcome.has_no_memory = true;
        }
        if (!ended) outcome.stopped_by = ended.error();
        if (!ended || outcome.has_no_memory) {
          // As the program does: whoever is still connected sees it.
          const std::lock_guard lock(stopping_);
          server.reset();
        }
        has_ended_ = true;
      });
      try {
        talk(address);
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
      {
        const std::lock_guard lock(stopping_);
        if (server) server->stop();
      }
      server_thread.join();
    }
  }
  outcome.words = diagnostics.words();
  return outcome;
}

void Walk::talk_to(const test::Address& address, const Talk& talk) {
  try {
    talk(address);
  } catch (const std::exception& ended) {
    const bool is_late = std::strstr(ended.what(), "in time") != nullptr;
    EXPECT_FALSE(is_late && !has_ended_) << ended.what();
  }
}

void Walk::expect_served(const test::Address& address) {
  if (has_ended_) return;
  try {
    const Response answer = test::get(address, "/small");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, kSmall);
  } catch (const std::exception& error) {
    is_unserved_ = error.what();
  }
}

void Walk::expect_file_or_error(const Response& answer, const std::string& content) {
  if (answer.status == 200) {
    EXPECT_EQ(answer.body, content);
  } else {
    EXPECT_GE(answer.status, 400);
  }
}

}  // namespace tinyserve::faults
