// Every call of the list fails with every error at every place where it is used, one at a time. The
// server answers, ends that connection, or stops and says why; and it serves the next client. The
// sanitizer looks for what is lost or touched after its end.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "faults/calls.h"
#include "loop/server.h"
#include "support/heard_diagnostics.h"
#include "support/raw_client.h"
#include "support/response.h"
#include "support/temp_tree.h"

namespace tinyserve::faults {
namespace {

using loop::Config;
using loop::Server;
using loop::StartFailure;
using test::RawClient;
using test::Response;
using test::TempTree;

constexpr int kMostUses = 400;  // of one call in a scenario: more would be a loop without end
constexpr std::chrono::seconds kPatience{30};
constexpr int kMostTurns = 4000;  // of the event loop, for a few requests

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

// What a run came to.
struct Outcome {
  std::optional<StartFailure> failure;  // it did not start
  std::optional<Error> stopped_by;      // it went on no more
  std::vector<std::string> words;       // what it said
};

class Walk : public testing::Test {
 protected:
  Walk() {
    config_.files.root = tree_.path("site");
    config_.net.addresses = {"127.0.0.1", "::1"};
    config_.net.port = 0;
    config_.log.path = tree_.path("log");
    config_.workers = 1;
    config_.timeouts.stop_ms = 500;
    for (int i = 0; i < 300; ++i) tree_.write("site/many/" + std::to_string(i), "");
    // Older than what could still change unnoticed: the server keeps what it has read.
    std::this_thread::sleep_for(std::chrono::seconds(3));
  }

  // Lets `talk` be a client of a server, in whose life from before its start, or from its first
  // wait, one call may fail.
  Outcome run(const std::function<void()>& begin, bool from_start,
              const std::function<void(const test::Address&)>& talk) {
    const Outside outside;
    Outcome outcome;
    test::HeardDiagnostics diagnostics;
    std::thread server_thread;
    {
      std::optional<Server> server;
      std::thread([&] {
        if (before_) {
          const Outside nobody;
          before_();
        }
        if (from_start) begin();
        auto opened = Server::open(config_, diagnostics);
        if (auto* failure = std::get_if<StartFailure>(&opened)) {
          outcome.failure = *failure;
        } else {
          server.emplace(std::move(std::get<Server>(opened)));
        }
      }).join();
      if (server) {
        const test::Address address{"127.0.0.1", server->port()};
        if (!from_start) begin();
        has_ended_ = false;
        server_thread = std::thread([&] {
          if (const auto ended = server->run(); !ended) {
            outcome.stopped_by = ended.error();
            // As the program does: whoever is still connected sees it.
            const std::lock_guard lock(stopping_);
            server.reset();
          }
          has_ended_ = true;
        });
        talk(address);
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

  // Fails each use of each call with each of its errors while a server does `talk`.
  void walk(bool from_start, const std::function<void(const test::Address&)>& talk) {
    const std::size_t descriptors = open_descriptors();
    const std::size_t wait = index_of("epoll_wait");
    const std::size_t control = index_of("epoll_ctl");
    for (std::size_t call = 0; call < calls().size(); ++call) {
      for (const int error : calls()[call].errors) {
        for (int nth = 1; nth < kMostUses; ++nth) {
          SCOPED_TRACE(std::string(calls()[call].name) + " #" + std::to_string(nth) + ": " +
                       std::strerror(error));
          const Outcome outcome = run([&] { arm(call, nth, error); }, from_start,
                                      [&](const test::Address& address) {
                                        try {
                                          talk(address);
                                        } catch (const std::exception& ended) {
                                          // The connection has ended, which it may; that nobody
                                          // answers it may not, where
                                          // somebody is there.
                                          const bool is_late =
                                              std::strstr(ended.what(), "in time") != nullptr;
                                          EXPECT_FALSE(is_late && !has_ended_) << ended.what();
                                        }
                                        disarm();
                                        if (!has_ended_) expect_served(address);
                                      });
          const bool was_hit = disarm();
          if (was_hit) ++hits_[calls()[call].name];
          EXPECT_LT(uses(wait), kMostTurns) << "it spins";
          if (outcome.failure) {
            EXPECT_TRUE(was_hit);
            EXPECT_NE(outcome.failure->error.code.value(), 0);
          }
          if (outcome.stopped_by) {
            EXPECT_TRUE(call == wait || call == control) << outcome.stopped_by->message();
          }
          if (is_unserved_) {
            EXPECT_TRUE(outcome.stopped_by) << "the next client: " << *is_unserved_;
          }
          is_unserved_.reset();
          EXPECT_EQ(open_descriptors(), descriptors);
          if (HasFailure() || !was_hit) break;
        }
        if (HasFailure()) return;
      }
    }
  }

  // The scenario has come by these calls: it is the one that is meant.
  void expect_hit(const std::vector<const char*>& names) {
    for (const char* name : names) EXPECT_GT(hits_[name], 0) << name;
  }

  // The next client is served, unless waiting itself has failed.
  void expect_served(const test::Address& address) {
    try {
      const Response answer = test::get(address, "/small");
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, kSmall);
    } catch (const std::exception& error) {
      is_unserved_ = error.what();
    }
  }

  // An answer to a GET of a file: the file, or an error that says so.
  static void expect_file_or_error(const Response& answer, const std::string& content) {
    if (answer.status == 200) {
      EXPECT_EQ(answer.body, content);
    } else {
      EXPECT_GE(answer.status, 400);
    }
  }

  static inline const std::string kSmall = "small content";
  static inline const std::string kLarge = std::string(700'000, 'l');

  TempTree tree_{{"site/small", kSmall}, {"site/large", kLarge}, {"site/folder/x", "x"}};
  Config config_;
  std::function<void()> before_;  // each server is opened
  std::map<std::string, int> hits_;
  std::optional<std::string> is_unserved_;
  std::mutex stopping_;
  std::atomic<bool> has_ended_{false};  // run() has returned
};

TEST_F(Walk, Start) {
  walk(true, [](const test::Address& address) {
    RawClient client(address, {.patience = kPatience});
    client.send(test::get_request("/small"));
    expect_file_or_error(client.read_response(), kSmall);
  });
  expect_hit({"bind", "epoll_create1", "epoll_ctl", "eventfd", "fstat", "gethostname", "getrlimit",
              "getsockname", "listen", "open", "realpath", "setsockopt", "socket", "stat"});
}

TEST_F(Walk, GetWithKeepAlive) {
  walk(false, [](const test::Address& address) {
    RawClient client(address, {.patience = kPatience});
    for (int i = 0; i < 2; ++i) {
      client.send(test::get_request("/small"));
      expect_file_or_error(client.read_response(), kSmall);
      client.send(test::get_request("/large"));
      expect_file_or_error(client.read_response(), kLarge);
    }
    // The second one is made by a worker.
    for (const char* target : {"/folder/", "/many/"}) {
      client.send(test::get_request(target));
      const int listing = client.read_response().status;
      EXPECT_TRUE(listing == 200 || listing >= 400) << listing;
    }
    client.send(test::get_request("/none"));
    EXPECT_GE(client.read_response().status, 400);
  });
  expect_hit({"accept4", "epoll_ctl", "epoll_wait", "fcntl", "fdopendir", "fstat", "fstatat",
              "fstatfs", "openat", "preadv2", "read", "recv", "send", "sendfile", "syscall"});
}

TEST_F(Walk, Log) {
  const std::size_t written = index_of("writev");
  // Of somebody whose disk was full.
  before_ = [this] { tree_.write("log", R"({"time":"2026)"); };
  walk(true, [&](const test::Address& address) {
    test::get(address, "/small");
    // The event of the start and this record, together or one after the other.
    for (int i = 0; i < 1000 && uses(written) == 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  expect_hit({"fstat", "open", "pread", "write", "writev"});
}

// Whole lines, one of each server at least, whatever has failed.
TEST_F(Walk, LeavesALogOfWholeLines) {
  walk(false, [&](const test::Address& address) { test::get(address, "/small"); });
  std::istringstream lines(tree_.read("log"));
  std::string line;
  std::size_t count = 0;
  for (; std::getline(lines, line); ++count) {
    EXPECT_TRUE(line.starts_with('{') && line.ends_with('}')) << line;
  }
  EXPECT_GT(count, 100U);
}

TEST_F(Walk, Echo) {
  const std::string small(1024, 'e');
  const std::string large(300'000, 'E');
  walk(false, [&](const test::Address& address) {
    RawClient client(address, {.patience = kPatience});
    for (const std::string& content : {small, large, small}) {
      client.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                  std::to_string(content.size()) + "\r\n\r\n" + content);
      expect_file_or_error(client.read_response(), content);
    }
  });
  expect_hit({"accept4", "epoll_wait", "recv", "send", "sendmsg"});
}

}  // namespace
}  // namespace tinyserve::faults
