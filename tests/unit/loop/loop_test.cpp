#include "loop/loop.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <ctime>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/heard_diagnostics.h"
#include "support/raw_client.h"
#include "support/temp_tree.h"

namespace tinyserve::loop {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::HeardDiagnostics;
using test::RawClient;
using test::TempTree;

std::vector<net::Listener> listeners() {
  std::vector<net::Listener> all;
  all.push_back(*net::listen_on(*net::Address::parse("127.0.0.1", 0)));
  return all;
}

// A loop that does not run yet; start() gives it a thread.
class Bench {
 public:
  explicit Bench(std::size_t max_connections = 100, const Config& config = {})
      : config_(config),
        commons_(max_connections, config.memory_budget, 1),
        loop_(config_, commons_, std::exchange(listeners_, {}), *net::Poller::open(),
              *WakeUp::open(), router_, workers_, nullptr, diagnostics_) {
    std::signal(SIGPIPE, SIG_IGN);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    stop();
    release_workers();
  }

  Loop& loop() { return loop_; }
  [[nodiscard]] test::Address address() const { return {"127.0.0.1", port_}; }
  [[nodiscard]] std::vector<std::string> words() const { return diagnostics_.words(); }
  TempTree& site() { return site_; }
  // All workers do nothing until release_workers() was called.
  void hold_workers() {
    for (int i = 0; i < kWorkers; ++i) workers_.post(std::make_unique<Held>(released_), 0, home_);
  }
  void release_workers() {
    if (!std::exchange(is_released_, true)) gate_.set_value();
  }
  void start() {
    thread_ = std::thread([this] { EXPECT_TRUE(loop_.run()); });
  }
  // Returns how long it took.
  milliseconds stop() {
    const auto begin = steady_clock::now();
    loop_.stop();
    if (thread_.joinable()) thread_.join();
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }

 private:
  static constexpr int kWorkers = 2;
  class Held : public Job {
   public:
    explicit Held(std::shared_future<void> released) : released_(std::move(released)) {}
    void run() override { released_.wait(); }

   private:
    std::shared_future<void> released_;
  };

  TempTree site_{{"index.html", "home"}, {"large.bin", std::string(20'000'000, 'x')}};
  Config config_;
  Commons commons_;
  HeardDiagnostics diagnostics_;
  files::Root root_ = *files::Root::open({site_.path(), false});
  handlers::Router router_{config_.handlers, "", root_};
  std::vector<net::Listener> listeners_ = listeners();
  std::uint16_t port_ = listeners_.front().address.port();
  Loop loop_;
  WakeUp wake_up_ = *WakeUp::open();
  FinishedJobs home_{wake_up_};  // of the jobs that hold the workers
  std::promise<void> gate_;
  bool is_released_ = false;
  std::shared_future<void> released_ = gate_.get_future().share();
  WorkerPool workers_{kWorkers};
  std::thread thread_;
};

test::Response ask(RawClient& client, std::string_view target = "/") {
  client.send(test::get_request(target));
  return client.read_response();
}

// A client whose request has begun to arrive is not idle, however slow the machine is.
const std::string kBegun = "GET / HTTP/1.1\r\n";
test::Response complete(RawClient& client) {
  client.send("Host: localhost\r\n\r\n");
  return client.read_response();
}

// --- serving
// --------------------------------------------------------------------------------------

TEST(Loop, ServesManyConnectionsAtOnce) {
  Bench bench;
  bench.start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(bench.address());
  for (int round = 0; round < 3; ++round) {
    for (RawClient& client : clients) client.send(test::get_request("/"));
    for (RawClient& client : clients) EXPECT_EQ(client.read_response().body, "home");
  }
}

TEST(Loop, AnswersAPipelineThatTakesSeveralTurns) {
  Bench bench;
  bench.start();
  RawClient client(bench.address());
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += test::get_request("/api/");
  client.send(requests);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.read_response().body, "Hello") << i;
}

TEST(Loop, ServesOthersWhileOneDoesNotRead) {
  Bench bench;
  bench.start();
  RawClient slow(bench.address());
  slow.send(test::get_request("/large.bin"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(test::get(bench.address(), "/").body, "home");
  EXPECT_EQ(slow.read_response().body.size(), 20'000'000U);
}

TEST(Loop, EndsConnectionsWhosePatienceIsOver) {
  Config config;
  config.timeouts.first_request_ms = 100;
  config.timeouts.head_ms = 200;
  Bench bench(100, config);
  bench.start();
  RawClient silent(bench.address());
  RawClient half(bench.address());
  half.send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(silent.is_closed_by_server());
  EXPECT_EQ(half.read_response().status, 408);
}

TEST(Loop, SurvivesConnectionsThatAreReset) {
  Bench bench;
  bench.start();
  for (int i = 0; i < 20; ++i) {
    RawClient client(bench.address());
    client.send(test::get_request("/large.bin"));
    client.reset();
  }
  EXPECT_EQ(test::get(bench.address(), "/").body, "home");
}

// --- batches
// --------------------------------------------------------------------------------------

// Connections that were there before the loop began to run: what they said is received in one turn.
std::vector<RawClient> connect(Bench& bench, int count) {
  std::vector<RawClient> clients;
  for (int i = 0; i < count; ++i) clients.emplace_back(bench.address());
  return clients;
}

TEST(LoopBatch, MixesUpNothingOfWhatWasReceivedTogether) {
  Bench bench;
  std::vector<RawClient> clients = connect(bench, 40);
  // All of it is more than the loop receives before it answers.
  const auto content = [](std::size_t i) {
    return std::to_string(i) + std::string(20'000, static_cast<char>('A' + i));
  };
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const std::string size = std::to_string(content(i).size());
    clients[i].send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + size +
                    "\r\n\r\n" + content(i) + test::get_request("/"));
  }
  bench.start();
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_TRUE(clients[i].read_response().body == content(i)) << i;
    EXPECT_EQ(clients[i].read_response().body, "home") << i;
  }
}

TEST(LoopBatch, AnswersThoseBetweenWhomOthersEnd) {
  Bench bench;
  std::vector<RawClient> clients = connect(bench, 40);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    switch (i % 5) {
      case 0:
        clients[i].send(test::get_request("/"));
        break;
      case 1:
        clients[i].send(test::get_request("/"));
        clients[i].reset();
        break;
      case 2:
        clients[i].half_close();
        break;
      case 3:
        clients[i].send("NONSENSE\r\n\r\n");
        break;
      default:
        clients[i].send(test::get_request("/", "Connection: close\r\n"));
        clients[i].half_close();
        break;
    }
  }
  bench.start();
  for (std::size_t i = 0; i < clients.size(); i += 5) {
    EXPECT_EQ(clients[i].read_response().body, "home") << i;
    EXPECT_EQ(clients[i + 2].read_until_close(), "") << i;
    EXPECT_EQ(clients[i + 3].read_response().status, 400) << i;
    EXPECT_EQ(clients[i + 4].read_response().body, "home") << i;
  }
  for (std::size_t i = 0; i < clients.size(); i += 5) {
    clients[i].send(test::get_request("/"));
    EXPECT_EQ(clients[i].read_response().body, "home") << i;
  }
}

// --- answers that come from workers
// ---------------------------------------------------------------

Config compressing() {
  Config config;
  config.handlers.compression = handlers::Compression::kOn;
  return config;
}

const std::string kGzip = "Accept-Encoding: gzip\r\n";

void make_listing(Bench& bench) {
  for (int i = 0; i < 300; ++i) bench.site().write("many/" + std::to_string(i), "");
}

TEST(LoopWorkers, KeepNobodyElseWaiting) {
  Bench bench;
  make_listing(bench);
  bench.hold_workers();
  bench.start();
  RawClient patient(bench.address());
  patient.send(test::get_request("/many/") + test::get_request("/api/"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(test::get(bench.address(), "/").body, "home");
  bench.release_workers();
  EXPECT_NE(patient.read_response().body.find("299"), std::string::npos);
  EXPECT_EQ(patient.read_response().body, "Hello");
}

TEST(LoopWorkers, LoseNoRequestThatWaitsBehindALateAnswer) {
  Bench bench;
  make_listing(bench);
  bench.hold_workers();
  bench.start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(bench.address());
    clients.back().send(test::get_request("/many/") + test::get_request("/" + std::to_string(i)) +
                        test::get_request("/api/"));
  }
  EXPECT_EQ(test::get(bench.address(), "/").body, "home");
  bench.release_workers();
  for (RawClient& client : clients) {
    EXPECT_EQ(client.read_response().status, 200);
    EXPECT_EQ(client.read_response().status, 404);
    EXPECT_EQ(client.read_response().body, "Hello");
  }
}

TEST(LoopWorkers, AnswerAllWhoWantTheSameFileAlsoWhenSomeAreGone) {
  Bench bench(100, compressing());
  std::string text;
  while (text.size() < 100'000) text += "line " + std::to_string(text.size()) + "\n";
  bench.site().write("a.js", text);
  // Long ago, so that one job is enough for all.
  std::this_thread::sleep_for(milliseconds(files::kQuietUs / 1000 + 100));
  bench.hold_workers();
  bench.start();
  std::vector<RawClient> clients;
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back(bench.address());
    clients.back().send(test::get_request("/a.js", kGzip));
    // So that they are asked for in this order.
    EXPECT_EQ(test::get(bench.address(), "/").body, "home");
  }
  for (std::size_t i = 0; i < clients.size(); i += 3) clients[i].reset();
  EXPECT_EQ(test::get(bench.address(), "/").body, "home");
  bench.release_workers();
  std::string encoded;
  for (std::size_t i = 0; i < clients.size(); ++i) {
    if (i % 3 == 0) continue;
    const auto response = clients[i].read_response();
    EXPECT_EQ(response.field("Content-Encoding"), "gzip") << i;
    if (encoded.empty()) encoded = response.body;
    EXPECT_TRUE(response.body == encoded) << i;
  }
}

TEST(LoopWorkers, SurviveClientsThatAreResetWhileTheyWait) {
  Bench bench;
  make_listing(bench);
  bench.hold_workers();
  bench.start();
  for (int i = 0; i < 20; ++i) {
    RawClient client(bench.address());
    client.send(test::get_request("/many/"));
    EXPECT_EQ(test::get(bench.address(), "/").body, "home");
    client.reset();
  }
  // Their places have new owners, who must not get what was made for them.
  std::vector<RawClient> heirs;
  for (int i = 0; i < 20; ++i) {
    heirs.emplace_back(bench.address());
    EXPECT_EQ(ask(heirs.back()).body, "home");
  }
  bench.release_workers();
  for (RawClient& heir : heirs) EXPECT_EQ(ask(heir, "/api/").body, "Hello");
}

// --- the connection limit
// -------------------------------------------------------------------------

TEST(LoopLimit, TellsTheOneTooManyThatThereIsNoRoom) {
  Bench bench(2);
  bench.start();
  RawClient first(bench.address());
  RawClient second(bench.address());
  first.send(kBegun);
  second.send(kBegun);
  RawClient third(bench.address());
  const auto refused = ask(third);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.field("Connection"), "close");
  EXPECT_EQ(third.read_until_close(), "");
  EXPECT_EQ(complete(first).status, 200);
  EXPECT_EQ(complete(second).status, 200);
  ASSERT_EQ(bench.words().size(), 1U);
  EXPECT_EQ(bench.words()[0], "the connection limit of 2 is reached: new connections get a 503");
}

TEST(LoopLimit, HasRoomAgainWhenSomebodyLeaves) {
  Bench bench(1);
  bench.start();
  {
    RawClient first(bench.address());
    first.send(kBegun);
    EXPECT_EQ(test::get(bench.address(), "/").status, 503);
  }
  const auto deadline = steady_clock::now() + std::chrono::seconds(10);
  int status = 503;
  while (status == 503 && steady_clock::now() < deadline) {
    status = test::get(bench.address(), "/").status;
  }
  EXPECT_EQ(status, 200);
}

TEST(LoopLimit, MakesRoomByEndingTheLongestIdle) {
  Bench bench(2);
  bench.start();
  RawClient oldest(bench.address());
  EXPECT_EQ(ask(oldest).status, 200);
  std::this_thread::sleep_for(milliseconds(50));
  RawClient older(bench.address());
  EXPECT_EQ(ask(older).status, 200);
  std::this_thread::sleep_for(milliseconds(1200));
  RawClient fresh(bench.address());
  EXPECT_EQ(ask(fresh).status, 200);
  EXPECT_TRUE(oldest.is_closed_by_server());
  EXPECT_EQ(ask(older).status, 200);
}

TEST(LoopLimit, LooksAgainWhenAllItRemembersHaveBeenUsedSince) {
  Bench bench(3);
  bench.start();
  RawClient a(bench.address());
  RawClient b(bench.address());
  RawClient c(bench.address());
  EXPECT_EQ(ask(a).status, 200);
  std::this_thread::sleep_for(milliseconds(50));  // so that there is one that is idle longest
  for (RawClient* client : {&b, &c}) EXPECT_EQ(ask(*client).status, 200);
  std::this_thread::sleep_for(milliseconds(1200));
  RawClient d(bench.address());
  EXPECT_EQ(ask(d).status, 200) << "one of the three made room, two are remembered";
  EXPECT_TRUE(a.is_closed_by_server());
  for (RawClient* client : {&b, &c, &d}) EXPECT_EQ(ask(*client).status, 200);
  std::this_thread::sleep_for(milliseconds(1200));
  RawClient e(bench.address());
  EXPECT_EQ(ask(e).status, 200);
}

TEST(LoopLimit, EndsNobodyWhileThereIsStillRoom) {
  Bench bench(2);
  bench.start();
  RawClient idle(bench.address());
  EXPECT_EQ(ask(idle).status, 200);
  std::this_thread::sleep_for(milliseconds(1200));
  RawClient last(bench.address());  // there are as many as may be, and not one more
  EXPECT_EQ(ask(last).status, 200);
  EXPECT_EQ(ask(idle).status, 200);
}

TEST(LoopLimit, SurvivesThatDescriptorsRunOut) {
  Bench bench;
  RawClient unlucky(bench.address());
  RawClient waiting(bench.address());
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const UniqueFd next(::dup(unlucky.fd()));  // the highest number that is given out
  const rlimit low{static_cast<rlim_t>(next.get()), limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  bench.start();
  EXPECT_EQ(unlucky.read_response().status, 503);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  waiting.send(test::get_request("/"));
  RawClient later(bench.address());
  EXPECT_EQ(ask(later).status, 200);
  ASSERT_FALSE(bench.words().empty());
  EXPECT_EQ(bench.words()[0], "cannot accept connections for now: accept4: Too many open files");
}

// --- stopping
// -------------------------------------------------------------------------------------

// --- after a crowd has gone

TEST(LoopCrowd, LeavesTheOthersAndRoomForTheNextOnes) {
  Bench bench(200);
  bench.start();
  RawClient first(bench.address());
  EXPECT_EQ(ask(first).body, "home");
  for (int times = 0; times < 2; ++times) {
    std::vector<RawClient> crowd;
    for (int i = 0; i < 100; ++i) crowd.emplace_back(bench.address());
    RawClient last(bench.address());
    for (RawClient& client : crowd) EXPECT_EQ(ask(client).body, "home");
    crowd.clear();
    EXPECT_EQ(ask(last).body, "home");
    // Longer than the loop waits for others in their place.
    std::this_thread::sleep_for(milliseconds(1500));
    EXPECT_EQ(ask(last).body, "home");
    EXPECT_EQ(ask(first).body, "home");
  }
}

TEST(LoopCrowd, IsNotMetAgainByTheJobsThatItWaitedFor) {
  Bench bench(200);
  for (int i = 0; i < 300; ++i) bench.site().write("many/" + std::to_string(i), "");
  bench.hold_workers();
  bench.start();
  for (int i = 0; i < 20; ++i) {
    RawClient client(bench.address());
    client.send(test::get_request("/many/"));
    client.reset();
  }
  std::this_thread::sleep_for(milliseconds(1500));
  std::vector<RawClient> next;
  for (int i = 0; i < 20; ++i) {
    next.emplace_back(bench.address());
    next.back().send(test::get_request("/"));
  }
  bench.release_workers();
  for (RawClient& client : next) {
    EXPECT_EQ(client.read_response().body, "home");
    EXPECT_TRUE(client.stays_silent(milliseconds(1)));
  }
}

TEST(LoopStop, EndsIdleConnectionsAndReturns) {
  Bench bench;
  bench.start();
  RawClient client(bench.address());
  EXPECT_EQ(ask(client).status, 200);
  EXPECT_LT(bench.stop(), milliseconds(1500));
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST(LoopStop, LetsAnswersUnderWayArrive) {
  Bench bench;
  bench.start();
  RawClient client(bench.address());
  client.send(test::get_request("/large.bin"));
  EXPECT_EQ(client.read_head().status, 200);
  bench.loop().stop();
  EXPECT_EQ(client.read_bytes(20'000'000).size(), 20'000'000U);
  EXPECT_EQ(client.read_until_close(), "");
}

TEST(LoopStop, WaitsForAnAnswerThatAWorkerMakes) {
  Bench bench;
  make_listing(bench);
  bench.hold_workers();
  bench.start();
  RawClient client(bench.address());
  client.send(test::get_request("/many/"));
  EXPECT_EQ(test::get(bench.address(), "/").body, "home");
  bench.loop().stop();
  bench.release_workers();
  const auto response = client.read_response();
  EXPECT_NE(response.body.find("299"), std::string::npos);
  EXPECT_EQ(response.field("Connection"), "close");
  EXPECT_EQ(client.read_until_close(), "");
}

TEST(LoopStop, DoesNotWaitForEverForAWorker) {
  Config config;
  config.timeouts.stop_ms = 200;
  Bench bench(100, config);
  make_listing(bench);
  bench.hold_workers();
  bench.start();
  RawClient client(bench.address());
  client.send(test::get_request("/many/"));
  EXPECT_EQ(test::get(bench.address(), "/").body, "home");
  EXPECT_GE(bench.stop(), milliseconds(150));
  EXPECT_EQ(client.read_until_gone(), "");
  bench.release_workers();
}

TEST(LoopStop, DoesNotWaitForEverForAClientThatDoesNotRead) {
  Config config;
  config.timeouts.stop_ms = 200;
  Bench bench(100, config);
  bench.start();
  RawClient client(bench.address());
  client.send(test::get_request("/large.bin"));
  EXPECT_EQ(client.read_head().status, 200);
  const auto took = bench.stop();
  EXPECT_GE(took, milliseconds(150));
  EXPECT_LT(took, milliseconds(1500));
}

TEST(LoopStop, IgnoresAClientThatConnectsInTheSameMoment) {
  Bench bench;
  bench.loop().stop();
  RawClient client(bench.address());
  bench.start();  // the first batch of events has both, the stop first
  bench.stop();
  EXPECT_TRUE(bench.words().empty());
}

TEST(LoopStop, DoesNotSpinAfterAcceptingHadPaused) {
  Config config;
  config.timeouts.stop_ms = 800;
  Bench bench(100, config);
  bench.start();
  RawClient slow(bench.address());  // keeps the loop running until the end of its patience
  slow.send(test::get_request("/large.bin"));
  EXPECT_EQ(slow.read_head().status, 200);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int free = ::dup(slow.fd());
  ::close(free);
  const rlimit low{static_cast<rlim_t>(free) + 1, limit.rlim_max};  // a socket for the client only
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  RawClient unlucky(bench.address());
  EXPECT_EQ(unlucky.read_response().status, 503);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  const std::clock_t before = std::clock();
  EXPECT_GE(bench.stop(), milliseconds(700));
  EXPECT_LT(static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC, 0.15);
}

}  // namespace
}  // namespace tinyserve::loop
