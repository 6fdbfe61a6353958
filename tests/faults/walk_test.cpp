// Every call of the list fails with every error at every place where it is used, one at a time. The
// server answers, ends that connection, or stops and says why; and it serves the next client. The
// sanitizer looks for what is lost or touched after its end.
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "faults/calls.h"
#include "faults/walk.h"
#include "support/raw_client.h"

namespace tinyserve::faults {
namespace {

using test::RawClient;

constexpr int kMostUses = 400;    // of one call in a scenario: more would be a loop without end
constexpr int kMostTurns = 4000;  // of the event loop, for a few requests

class WalkOfCalls : public Walk {
 protected:
  WalkOfCalls() { let_files_settle(); }

  // Fails each use of each call with each of its errors while a server does `talk`.
  void walk(bool from_start, const Talk& talk) {
    const std::size_t descriptors = open_descriptors();
    const std::size_t wait = index_of("epoll_wait");
    const std::size_t control = index_of("epoll_ctl");
    const std::size_t timer = index_of("timerfd_settime");
    for (std::size_t call = 0; call < calls().size(); ++call) {
      for (const int error : calls()[call].errors) {
        for (int nth = 1; nth < kMostUses; ++nth) {
          SCOPED_TRACE(std::string(calls()[call].name) + " #" + std::to_string(nth) + ": " +
                       std::strerror(error));
          const Outcome outcome = run([&] { arm(call, nth, error); }, from_start,
                                      [&](const test::Address& address) {
                                        talk_to(address, talk);
                                        disarm();
                                        expect_served(address);
                                      });
          const bool was_hit = disarm();
          if (was_hit) ++hits_[calls()[call].name];
          EXPECT_LT(uses(wait), kMostTurns) << "it spins";
          if (outcome.failure) {
            EXPECT_TRUE(was_hit);
            EXPECT_NE(outcome.failure->error.code.value(), 0);
          }
          if (outcome.stopped_by) {
            EXPECT_TRUE(call == wait || call == control || call == timer)
                << outcome.stopped_by->message();
          }
          if (is_unserved_) {
            EXPECT_TRUE(outcome.stopped_by) << "the next client: " << *is_unserved_;
          }
          is_unserved_.reset();
          EXPECT_FALSE(outcome.has_no_memory);
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

 private:
  std::map<std::string, int> hits_;
};

TEST_F(WalkOfCalls, Start) {
  walk(true, [](const test::Address& address) {
    RawClient client(address, {.patience = kPatience});
    client.send(test::get_request("/small"));
    expect_file_or_error(client.read_response(), kSmall);
  });
  expect_hit({"bind", "epoll_create1", "epoll_ctl", "eventfd", "fstat", "gethostname", "getrlimit",
              "getsockname", "listen", "open", "realpath", "setsockopt", "socket", "stat",
              "timerfd_create", "timerfd_settime"});
}

TEST_F(WalkOfCalls, GetWithKeepAlive) {
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

TEST_F(WalkOfCalls, Log) {
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
TEST_F(WalkOfCalls, LeavesALogOfWholeLines) {
  walk(false, [&](const test::Address& address) { test::get(address, "/small"); });
  std::istringstream lines(tree_.read("log"));
  std::string line;
  std::size_t count = 0;
  for (; std::getline(lines, line); ++count) {
    EXPECT_TRUE(line.starts_with('{') && line.ends_with('}')) << line;
  }
  EXPECT_GT(count, 100U);
}

TEST_F(WalkOfCalls, Echo) {
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
