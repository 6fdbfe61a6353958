// Every allocation of a server fails, one at a time, and all from some point on: the server gives
// the right answer, one that says that it could not, or ends that one connection; only before it
// serves may it stop instead. As soon as there is memory again, it serves. The sanitizer looks for
// what is lost or touched after its end.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "faults/allocations.h"
#include "faults/calls.h"
#include "faults/walk.h"
#include "support/raw_client.h"

namespace tinyserve::faults {
namespace {

using test::Address;
using test::get_request;
using test::RawClient;
using test::Response;

using Requests = std::vector<std::string>;

constexpr int kMostAllocations = 20'000;  // in a scenario: more would be a loop without end
constexpr int kMostTurns = 4000;          // of the event loop, for a few requests

std::string post(const std::string& content) {
  return "POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(content.size()) + "\r\n\r\n" + content;
}

std::string put_reflected(const std::string& content) {
  return "PUT /api/request HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
         std::to_string(content.size()) + "\r\n\r\n" + content;
}

class WalkOfMemory : public Walk {
 protected:
  WalkOfMemory() {
    config_.handlers.compression = handlers::Compression::kOn;
    config_.handlers.writable = true;
    config_.log.summary = true;
    tree_.write("site/page.css", lines(200));
    tree_.write("site/book.css", lines(30'000));
    for (int i = 1; i <= kCopies; ++i) tree_.write(copy(i), lines(200));
    let_files_settle();
  }

  // Files that nobody has asked for yet.
  static constexpr int kCopies = 500;
  static std::string copy(int number) { return "site/copies/" + std::to_string(number) + ".css"; }

  // Whether no temporary file stays. A worker removes one, when it likes.
  [[nodiscard]] bool becomes_clean() const {
    for (int tries = 0; tries < 3000; ++tries) {
      const std::filesystem::directory_iterator entries(tree_.path("site"));
      const bool is_clean = std::none_of(begin(entries), end(entries), [](const auto& entry) {
        return entry.path().filename().string().starts_with('.');
      });
      if (is_clean) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  static std::string lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "a { width: " + std::to_string(i) + "px }\n";
    return text;
  }

  // One allocation after the other fails, each with a server of its own: from before its start, or
  // while it answers `requests`.
  void walk(bool from_start, Shortage shortage, int step, const Requests& requests) {
    learn(requests);
    const std::size_t descriptors = open_descriptors();
    for (int nth = 1; nth < kMostAllocations; nth += step) {
      SCOPED_TRACE("allocation " + std::to_string(nth));
      bool was_hit = false;
      const auto arm = [nth, shortage] { arm_allocations(nth, shortage); };
      const Outcome outcome = run([&] { from_start ? arm() : count_calls(); }, from_start,
                                  [&](const Address& address) {
                                    if (!from_start) expect_served(address);
                                    if (!from_start) arm();
                                    was_hit = meet(address, requests);
                                  });
      was_hit = disarm_allocations() || was_hit;
      EXPECT_FALSE(outcome.failure && !outcome.failure->error.is(ENOMEM));
      EXPECT_FALSE(outcome.stopped_by && !from_start) << outcome.stopped_by->message();
      EXPECT_FALSE(outcome.has_no_memory && !from_start);
      const bool may_be_gone = outcome.has_no_memory || outcome.stopped_by;
      EXPECT_FALSE(is_unserved_ && !may_be_gone) << "the next client: " << *is_unserved_;
      is_unserved_.reset();
      EXPECT_EQ(open_descriptors(), descriptors);
      if (HasFailure()) return;
      if (!was_hit) return expect_whole_log();
    }
    ADD_FAILURE() << "there is no end";
  }

  // The same with one server, which gets to know `requests` in the course of it.
  void walk_on(Shortage shortage, int step, const Requests& requests) {
    learn(requests);
    const std::size_t descriptors = open_descriptors();
    const Outcome outcome = run([] { count_calls(); }, false,
                                [&](const Address& address) {
                                  expect_served(address);
                                  for (int nth = 1; nth < kMostAllocations; nth += step) {
                                    SCOPED_TRACE("allocation " + std::to_string(nth));
                                    count_calls();
                                    arm_allocations(nth, shortage);
                                    const bool was_hit = meet(address, requests);
                                    EXPECT_FALSE(has_ended_);
                                    EXPECT_FALSE(is_unserved_)
                                        << "the next client: " << *is_unserved_;
                                    if (HasFailure() || !was_hit) return;
                                  }
                                  ADD_FAILURE() << "there is no end";
                                });
    EXPECT_FALSE(outcome.stopped_by || outcome.has_no_memory);
    EXPECT_EQ(open_descriptors(), descriptors);
    expect_whole_log();
  }

 private:
  // Of epoll_wait, to see that nothing spins.
  static void count_calls() { arm(index_of("epoll_wait"), 0, 0); }

  // What `requests` are answered with while there is memory.
  void learn(const Requests& requests) {
    run([] {}, true,
        [&](const Address& address) {
          RawClient client(address, {.patience = kPatience});
          for (const std::string& request : requests) {
            client.send(request);
            right_[request] = text_of(client.read_response());
            client.send(without_coding(request));
            plain_[request] = text_of(client.read_response());
          }
        });
  }

  static std::string without_coding(const std::string& request) {
    const std::size_t at = request.find("Accept-Encoding:");
    if (at == request.npos) return request;
    return request.substr(0, at) + request.substr(request.find("\r\n", at) + 2);
  }

  // Asks for them while memory is short, and again when it is not; whether anything has failed.
  bool meet(const Address& address, const Requests& requests) {
    talk_to(address, [&](const Address&) { ask(address, requests, true); });
    const bool was_hit = disarm_allocations();
    EXPECT_LT(uses(index_of("epoll_wait")), kMostTurns) << "it spins";
    expect_served(address);
    if (has_ended_ || is_unserved_) return was_hit;
    try {
      ask(address, requests, false);
    } catch (const std::exception& ended) {
      is_unserved_ = ended.what();
    }
    return was_hit;
  }

  void ask(const Address& address, const Requests& requests, bool may_fail) {
    RawClient client(address, {.patience = kPatience});
    for (const std::string& request : requests) {
      client.send(request);
      const Response answer = client.read_response();
      // What could not be compressed may leave as it is.
      if (may_fail && (answer.status >= 500 || text_of(answer) == plain_[request])) continue;
      EXPECT_TRUE(text_of(answer) == right_[request])
          << answer.status << " to " << request.substr(0, request.find('\r'));
    }
  }

  static std::string text_of(const Response& answer) {
    const std::string type = answer.field("Content-Type");
    // A boundary is another one each time, and so is the time.
    if (type.starts_with("multipart/")) return std::to_string(answer.body.size());
    if (type.ends_with("ndjson") || answer.body.find("took_us") != std::string::npos) return type;
    return std::to_string(answer.status) + "\n" + type + "\n" + answer.field("Content-Encoding") +
           "\n" + answer.body;
  }

  void expect_whole_log() const {
    if (config_.log.path != tree_.path("log")) return;
    std::istringstream log(tree_.read("log"));
    std::size_t count = 0;
    for (std::string line; std::getline(log, line); ++count) {
      EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    }
    EXPECT_GT(count, 0U);
  }

  std::map<std::string, std::string> right_;  // by request
  std::map<std::string, std::string> plain_;  // if it were for whoever takes no coding
};

const std::string kBrotli = "Accept-Encoding: br\r\n";

const Requests kFiles{get_request("/small"),
                      get_request("/small"),
                      get_request("/small", "Range: bytes=2-5\r\n"),
                      get_request("/small", "Range: bytes=0-1,4-5\r\n"),
                      get_request("/large"),
                      get_request("/folder/"),
                      get_request("/folder/", "Accept: application/json\r\n"),
                      get_request("/folder"),
                      get_request("/many/"),
                      get_request("/none"),
                      get_request("/none", "Accept: text/html\r\n")};

const Requests kCompressed{get_request("/page.css", kBrotli),
                           get_request("/page.css", "Accept-Encoding: gzip\r\n"),
                           get_request("/page.css", "Accept-Encoding: zstd\r\n")};

const Requests kApi{post(std::string(1024, 'e')),      post(std::string(300'000, 'E')),
                    get_request("/api/status/404"),    get_request("/api/delay/1"),
                    get_request("/api/bytes/200000"),  get_request("/api/stream/3?interval=1"),
                    get_request("/api/request?a=b&c"), put_reflected(std::string(50'000, 'r'))};

TEST_F(WalkOfMemory, Start) { walk(true, Shortage::kOnce, 1, {get_request("/small")}); }

TEST_F(WalkOfMemory, StartWithSeveralThreads) {
  config_.threads = 3;
  walk(true, Shortage::kOnce, 1, {get_request("/small")});
}

TEST_F(WalkOfMemory, StartWithoutAnyFromThenOn) {
  config_.threads = 3;
  walk(true, Shortage::kFromThenOn, 3, {get_request("/small")});
}

TEST_F(WalkOfMemory, Files) { walk(false, Shortage::kOnce, 4, kFiles); }

TEST_F(WalkOfMemory, FilesWithoutAnyFromThenOn) { walk(false, Shortage::kFromThenOn, 29, kFiles); }

TEST_F(WalkOfMemory, FilesThatAreKnown) {
  walk_on(Shortage::kOnce, 5, kFiles);
  walk_on(Shortage::kFromThenOn, 29, kFiles);
}

// The way that most requests go, at every step.
TEST_F(WalkOfMemory, ASmallFile) {
  const Requests small{get_request("/small"), get_request("/small"),
                       get_request("/small", "Range: bytes=2-5\r\n"), get_request("/none")};
  walk(false, Shortage::kOnce, 1, small);
  walk_on(Shortage::kOnce, 1, small);
  walk_on(Shortage::kFromThenOn, 1, small);
}

// Their records come in one turn, so that the lines of the log need more room in it.
TEST_F(WalkOfMemory, ManyThatCloseTogether) {
  constexpr int kAllocations = 60;
  constexpr int kTogether = 16;
  const std::string closing = get_request("/small", "Connection: close\r\n");
  for (int nth = 1; nth <= kAllocations; ++nth) {
    SCOPED_TRACE("allocation " + std::to_string(nth));
    const Outcome outcome =
        run([] {}, false,
            [&](const Address& address) {
              expect_served(address);
              for (int time = 0; time < 3; ++time) {  // until it is known
                EXPECT_TRUE(test::ask_until_close(address, closing).ends_with(kSmall));
              }
              std::vector<RawClient> clients;
              clients.reserve(kTogether);
              for (int i = 0; i < kTogether; ++i) clients.emplace_back(address);
              arm_allocations(nth, Shortage::kOnce);
              for (RawClient& client : clients) client.send(closing);
              for (RawClient& client : clients) {
                const std::string answer = client.read_until_gone();
                EXPECT_TRUE(answer.empty() || answer.ends_with(kSmall) ||
                            answer.starts_with("HTTP/1.1 5"))
                    << answer;
              }
              disarm_allocations();
              expect_served(address);
            });
    EXPECT_FALSE(outcome.stopped_by || outcome.has_no_memory);
    EXPECT_FALSE(is_unserved_) << *is_unserved_;
    if (HasFailure()) return;
  }
}

TEST_F(WalkOfMemory, Compressed) {
  walk(false, Shortage::kOnce, 2, kCompressed);
  walk(false, Shortage::kFromThenOn, 17, kCompressed);
}

TEST_F(WalkOfMemory, CompressedWhileItIsSent) {
  walk(false, Shortage::kOnce, 5, {get_request("/book.css", kBrotli)});
}

TEST_F(WalkOfMemory, Api) {
  // Whose heads get known the second time, at every step.
  const Requests known{post("echo"),         post("echo"),         post("ohce"),
                       get_request("/api/"), get_request("/api/"), get_request("/api/")};
  walk(false, Shortage::kOnce, 1, known);
  walk_on(Shortage::kOnce, 1, known);
  walk_on(Shortage::kOnce, 3, kApi);
  walk_on(Shortage::kFromThenOn, 17, kApi);
}

// The file has what it had, or what was sent, and nothing else is left.
TEST_F(WalkOfMemory, Uploads) {
  const std::string content(100'000, 'u');
  const std::string put =
      "PUT /new HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(content.size()) +
      "\r\n\r\n" + content;
  run([] {}, false,
      [&](const Address& address) {
        expect_served(address);
        for (int nth = 1; nth < kMostAllocations; ++nth) {
          SCOPED_TRACE("allocation " + std::to_string(nth));
          arm_allocations(nth, Shortage::kOnce);
          talk_to(address, [&](const Address&) {
            RawClient client(address, {.patience = kPatience});
            client.send(put);
            const int status = client.read_response().status;
            EXPECT_TRUE(status == 201 || status >= 500) << status;
          });
          const bool was_hit = disarm_allocations();
          const Response got = test::get(address, "/new");
          EXPECT_TRUE(got.status == 404 || (got.status == 200 && got.body == content));
          test::ask(address, "DELETE /new HTTP/1.1\r\nHost: localhost\r\n\r\n");
          EXPECT_TRUE(becomes_clean()) << "a temporary file stays";
          if (HasFailure() || !was_hit) return;
        }
      });
}

// Two that want the same, which is compressed once: neither waits for a job that there is not.
TEST_F(WalkOfMemory, WhoWaitsForTheSame) {
  run([] {}, false,
      [&](const Address& address) {
        expect_served(address);
        for (int nth = 1; nth <= kCopies; ++nth) {
          SCOPED_TRACE("allocation " + std::to_string(nth));
          const std::string request = get_request(copy(nth).substr(4), kBrotli);
          arm_allocations(nth, Shortage::kOnce);
          talk_to(address, [&](const Address&) {
            RawClient first(address, {.patience = kPatience});
            RawClient second(address, {.patience = kPatience});
            first.send(request);
            second.send(request);
            for (RawClient* client : {&first, &second}) {
              talk_to(address, [client](const Address&) { client->read_response(); });
            }
          });
          const bool was_hit = disarm_allocations();
          EXPECT_EQ(test::ask(address, request).status, 200);
          if (HasFailure() || !was_hit) return;
        }
        ADD_FAILURE() << "there are not enough copies";
      });
}

// A log that can't be written has its thread look for words when there may be no memory for them.
TEST_F(WalkOfMemory, LogOnAFullDisk) {
  config_.log.path = "/dev/full";
  walk(true, Shortage::kFromThenOn, 3, {get_request("/small")});
}

}  // namespace
}  // namespace tinyserve::faults
