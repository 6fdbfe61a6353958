// What is too large or too much is refused with an answer that says so and arrives.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

// The one answer to `request`, after which the server closes.
Response last_answer(const ServerProcess& server, const std::string& request) {
  const std::vector<Response> answers = parse_responses(ask_until_close(server.address(), request));
  EXPECT_EQ(answers.size(), 1u);
  if (answers.empty()) return {};
  EXPECT_EQ(answers[0].field("Connection"), "close");
  return answers[0];
}

std::string fields_of(int count, const std::string& value) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "X-" + std::to_string(i) + ": " + value + "\r\n";
  return lines;
}

TEST(Limits, TakeATargetOfEightThousandBytes) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/x?" + std::string(8000, 'a')).body, "content");
  EXPECT_EQ(get(server.address(), "/x?" + std::string(16'000, 'a')).body, "content");
}

TEST(Limits, RefuseALongerTargetWith414) {
  const TempTree site;
  const ServerProcess server{site.path()};
  EXPECT_EQ(last_answer(server, get_request("/" + std::string(17'000, 'a'))).status, 414);
  EXPECT_EQ(last_answer(server, "GET /" + std::string(40'000, 'a')).status, 414);
}

TEST(Limits, RefuseAMethodWithoutEnd) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const int status = last_answer(server, std::string(100'000, 'A')).status;
  EXPECT_TRUE(status == 400 || status == 414 || status == 501) << status;
}

TEST(Limits, TakeOneLargeField) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  const std::string cookie = "Cookie: " + std::string(30'000, 'c') + "\r\n";
  EXPECT_EQ(get(server.address(), "/x", cookie).body, "content");
  RawClient client{server.address()};
  client.send_bytewise(get_request("/x", "Cookie: " + std::string(5000, 'c') + "\r\n"));
  EXPECT_EQ(client.read_response().body, "content");
}

TEST(Limits, RefuseAFieldThatIsTooLargeAndSayWhy) {
  const TempTree site;
  const ServerProcess server{site.path()};
  const Response answer =
      last_answer(server, get_request("/", "Cookie: " + std::string(40'000, 'c') + "\r\n"));
  EXPECT_EQ(answer.status, 431);
  EXPECT_NE(answer.body.find("ookie"), std::string::npos) << answer.body;
}

TEST(Limits, RefuseAHeadThatIsTooLarge) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/x", fields_of(3, std::string(20'000, 'a'))).body, "content");
  EXPECT_EQ(last_answer(server, get_request("/x", fields_of(4, std::string(20'000, 'a')))).status,
            431);
}

TEST(Limits, RefuseTooManyFields) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  // Host is the 128th.
  EXPECT_EQ(get(server.address(), "/x", fields_of(127, "a")).body, "content");
  EXPECT_EQ(last_answer(server, get_request("/x", fields_of(128, "a"))).status, 431);
}

TEST(Limits, LetTheRefusalArriveWhileTheClientIsStillSending) {
  const TempTree site;
  const ServerProcess server{site.path()};
  EXPECT_EQ(last_answer(server, "GET /" + std::string(500'000, 'a')).status, 414);
  const std::string cookie = "Cookie: " + std::string(500'000, 'c');
  EXPECT_EQ(last_answer(server, "GET / HTTP/1.1\r\nHost: localhost\r\n" + cookie).status, 431);
  EXPECT_EQ(last_answer(server, "BAD\r\n\r\n" + std::string(500'000, 'x')).status, 400);
}

TEST(Limits, AnswerTheConnectionTooManyWith503) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--max-connections", "4"}};
  std::vector<RawClient> busy;
  for (int i = 0; i < 4; ++i) {
    busy.emplace_back(server.address());
    busy.back().send("GET /x HTTP/1.1\r\n");
  }
  for (int i = 0; i < 10; ++i) {
    RawClient client{server.address()};
    client.send(get_request("/x"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 503);
    EXPECT_TRUE(answer.has("Retry-After"));
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(client.read_until_close(), "");
  }
  for (RawClient& client : busy) {
    client.send("Host: localhost\r\n\r\n");
    EXPECT_EQ(client.read_response().body, "content");
  }
}

TEST(Limits, HaveRoomAgainWhenAConnectionEnds) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--max-connections", "2"}};
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(get(server.address(), "/x", "Connection: close\r\n").status, 200);
}

TEST(Limits, LetTheConnectionThatIdledLongestMakeRoom) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--max-connections", "3"}};
  std::vector<RawClient> idle;
  for (int i = 0; i < 3; ++i) {
    idle.emplace_back(server.address());
    idle.back().send(get_request("/x"));
    EXPECT_EQ(idle.back().read_response().body, "content");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  RawClient fourth{server.address()};
  fourth.send(get_request("/x"));
  EXPECT_EQ(fourth.read_response().body, "content");
  EXPECT_TRUE(idle[0].is_closed_by_server());
  for (std::size_t i = 1; i < 3; ++i) {
    idle[i].send(get_request("/x"));
    EXPECT_EQ(idle[i].read_response().body, "content");
  }
}

TEST(Limits, GiveEveryoneOfABurstAnAnswer) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path(), {"--max-connections", "10"}};
  std::vector<RawClient> clients;
  for (int i = 0; i < 200; ++i) clients.emplace_back(server.address());
  for (RawClient& client : clients)
    client.send_until_stuck(get_request("/x"), std::chrono::seconds(5));
  int served = 0;
  for (RawClient& client : clients) {
    const int status = client.read_response().status;
    EXPECT_TRUE(status == 200 || status == 503) << status;
    if (status == 200) ++served;
    client.close();
  }
  EXPECT_GE(served, 10);
  // The server may learn of a newcomer before it learns that the others have left.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (get(server.address(), "/x").status != 200) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
  }
}

TEST(Limits, SurviveRunningOutOfDescriptors) {
  const TempTree site{{"x", "content"}};
  const ServerProcess::Options options{.wrapper = {"prlimit", "--nofile=40:40"}};
  const ServerProcess server{site.path(), options};
  {
    std::vector<RawClient> clients;
    for (int i = 0; i < 100; ++i) clients.emplace_back(server.address());
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_EQ(get(server.address(), "/x").body, "content");
}

TEST(Limits, GiveDescriptorsAndPlacesBackAfterResets) {
  const TempTree site{{"x", std::string(1u << 20, 'x')}};
  const ServerProcess server{site.path(), {"--max-connections", "20"}};
  for (int i = 0; i < 300; ++i) {
    RawClient client{server.address()};
    client.send(i % 3 == 0 ? "GET /x HT" : get_request("/x"));
    if (i % 3 == 1) client.read_head();
    client.reset();
  }
  for (int i = 0; i < 30; ++i) EXPECT_EQ(get(server.address(), "/x").status, 200);
}

// With a little more memory each time: first too little to be loaded, then to start, then enough.
TEST(Limits, OfMemoryEndAStartWithAWord) {
  if (std::getenv("TESTED_PROGRAM") != nullptr)
    GTEST_SKIP() << "a sanitizer reserves more addresses than that";
  const TempTree site{{"x", "content"}};
  int refused = 0;
  bool has_served = false;
  for (int kib = 6000; kib < 100'000 && !has_served; kib += 50) {
    Program program({.command = {"prlimit", "--as=" + std::to_string(kib * 1024), tinyserve_path(),
                                 site.path(), "--port", "0"},
                     .environment = {}});
    has_served = program.wait_until(
        [&program] { return program.err().find("http://") != std::string::npos; });
    if (has_served) break;
    const int code = program.wait();
    if (code == 127) continue;  // as the loader says it
    EXPECT_EQ(code, 1) << kib << " KiB: " << program.err();
    EXPECT_EQ(program.err().find("tinyserve: "), 0U) << program.err();
    ++refused;
  }
  EXPECT_TRUE(has_served);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace tinyserve::test
