// With --writable PUT and DELETE change files, whole or not at all, and nobody else's; without it
// they change nothing (RFC 9110 §9.3.4, §9.3.5).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;
using Names = std::vector<std::string>;

std::string change_request(const std::string& method, const std::string& target,
                           const std::string& fields) {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}
std::string put_request(const std::string& target, const std::string& content,
                        const std::string& fields = "") {
  const std::string length = "Content-Length: " + std::to_string(content.size()) + "\r\n";
  return change_request("PUT", target, length + fields) + content;
}
std::string delete_request(const std::string& target, const std::string& fields = "") {
  return change_request("DELETE", target, fields);
}

// All that is below `directory`, links not followed.
Names names_below(const std::string& directory) {
  Names names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    names.push_back(std::filesystem::relative(entry.path(), directory).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A root with something that must stay as it is beside it.
class Write : public ::testing::Test {
 protected:
  Response put(const std::string& target, const std::string& content,
               const std::string& fields = "") {
    return ask(server_.address(), put_request(target, content, fields));
  }
  Response remove(const std::string& target, const std::string& fields = "") {
    return ask(server_.address(), delete_request(target, fields));
  }
  [[nodiscard]] Names names() const { return names_below(tree_.path("root")); }
  [[nodiscard]] std::string read(const std::string& path) const {
    return tree_.read("root/" + path);
  }
  // Waits until `holds` is true of the names below the root.
  template <class Holds>
  void wait_for_names(Holds holds) const {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!holds(names()) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(holds(names()));
  }
  void wait_for_an_upload() const {
    wait_for_names([](const Names& names) { return names.size() == 4; });
  }
  void wait_until_untouched() const {
    wait_for_names([this](const Names& names) { return names == kUntouched; });
  }

  const Names kUntouched{"a.txt", "sub", "sub/b.txt"};
  TempTree tree_{{"root/a.txt", "old"}, {"root/sub/b.txt", "below"}, {"outside/c.txt", "secret"}};
  ServerProcess server_{tree_.path("root"), {"--writable"}};
};

// --- what is done
// ---------------------------------------------------------------------------------

TEST_F(Write, CreatesAndReplacesAndRemovesAFile) {
  const Response created = put("/sub/new%20one.txt", "content");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(created.body, "");
  EXPECT_EQ(read("sub/new one.txt"), "content");
  EXPECT_EQ(get(server_.address(), "/sub/new%20one.txt").body, "content");
  const Response replaced = put("/sub/new%20one.txt", "other");
  EXPECT_EQ(replaced.status, 204);
  EXPECT_NE(replaced.field("ETag"), created.field("ETag"));
  EXPECT_EQ(get(server_.address(), "/sub/new%20one.txt").body, "other");
  EXPECT_EQ(remove("/sub/new%20one.txt").status, 204);
  EXPECT_EQ(get(server_.address(), "/sub/new%20one.txt").status, 404);
  EXPECT_EQ(remove("/sub/new%20one.txt").status, 404);
  EXPECT_EQ(names(), kUntouched);
}

TEST_F(Write, TellsTheLogWhatArrived) {
  put("/new.txt", "content");
  remove("/new.txt");
  const auto records = server_.wait_for_records(2);
  EXPECT_EQ(records.at(0).at("status"), 201);
  EXPECT_EQ(records.at(0).at("via"), "write");
  EXPECT_EQ(records.at(0).at("body_in"), 7);
  EXPECT_EQ(records.at(1).at("status"), 204);
  EXPECT_EQ(records.at(1).at("via"), "write");
}

TEST_F(Write, TakesContentHoweverItComes) {
  const std::string content(200'000, 'x');
  put("/empty.txt", "");
  EXPECT_EQ(read("empty.txt"), "");
  EXPECT_EQ(ask(server_.address(), change_request("PUT", "/none.txt", "")).status, 201);
  EXPECT_EQ(read("none.txt"), "");

  RawClient bytewise{server_.address()};
  bytewise.send_bytewise(put_request("/bytewise.txt", "byte by byte"));
  EXPECT_EQ(bytewise.read_response().status, 201);
  EXPECT_EQ(read("bytewise.txt"), "byte by byte");

  RawClient large{server_.address()};
  large.send(put_request("/large.txt", content));
  EXPECT_EQ(large.read_response().status, 201);
  EXPECT_EQ(read("large.txt"), content);

  RawClient chunked{server_.address()};
  chunked.send(change_request("PUT", "/chunked.txt", "Transfer-Encoding: chunked\r\n"));
  for (const char* part :
       {"5\r\nhello\r\n", "1;a=b\r\n,\r\n6\r\n world\r\n", "0\r\nX: y\r\n\r\n"}) {
    chunked.send(part);
  }
  EXPECT_EQ(chunked.read_response().status, 201);
  EXPECT_EQ(read("chunked.txt"), "hello, world");

  RawClient old{server_.address()};
  old.send("PUT /old.txt HTTP/1.0\r\nContent-Length: 3\r\n\r\nold");
  EXPECT_EQ(old.read_response().status, 201);
  EXPECT_TRUE(old.is_closed_by_server());
  EXPECT_EQ(read("old.txt"), "old");
}

TEST_F(Write, AnswersInOrderWhateverIsAskedBehindIt) {
  // Another client's bytes come into the buffer that these were received in.
  RawClient client{server_.address()};
  const std::string chunked =
      change_request("PUT", "/2", "Transfer-Encoding: chunked\r\n") + "3\r\ntwo\r\n0\r\n\r\n";
  client.send(put_request("/1", "one") + get_request("/1") + chunked + get_request("/2") +
              delete_request("/1") + get_request("/1") +
              put_request("/3", std::string(99'999, '3')) + get_request("/3"));
  put("/other", std::string(60'000, 'y'));
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(client.read_response().body, "one");
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(client.read_response().body, "two");
  EXPECT_EQ(client.read_response().status, 204);
  EXPECT_EQ(client.read_response().status, 404);
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(client.read_response().body, std::string(99'999, '3'));
}

TEST_F(Write, SaysThatItIsAllowed) {
  const Response options = ask(server_.address(), change_request("OPTIONS", "/a.txt", ""));
  EXPECT_EQ(options.field("Allow"), "GET, HEAD, OPTIONS, PUT, DELETE");
  const Response all = ask(server_.address(), change_request("OPTIONS", "*", ""));
  EXPECT_EQ(all.field("Allow"), "GET, HEAD, OPTIONS, POST, PUT, DELETE");
  const Response patch = ask(server_.address(), change_request("PATCH", "/a.txt", ""));
  EXPECT_EQ(patch.status, 405);
  EXPECT_EQ(patch.field("Allow"), "GET, HEAD, OPTIONS, PUT, DELETE");
}

// --- preconditions
// --------------------------------------------------------------------------------

TEST_F(Write, LosesNoUpdate) {
  const std::string tag = put("/new.txt", "0").field("ETag");
  const std::string mine = "If-Match: " + tag + "\r\n";
  const Response first = put("/new.txt", "first", mine);
  EXPECT_EQ(first.status, 204);
  EXPECT_EQ(put("/new.txt", "second", mine).status, 412);
  EXPECT_EQ(remove("/new.txt", mine).status, 412);
  EXPECT_EQ(read("new.txt"), "first");
  EXPECT_EQ(remove("/new.txt", "If-Match: " + first.field("ETag") + "\r\n").status, 204);
}

TEST_F(Write, CreatesOnlyWhereNothingIsWhenAskedTo) {
  const std::string absent = "If-None-Match: *\r\n";
  EXPECT_EQ(put("/new.txt", "first", absent).status, 201);
  EXPECT_EQ(put("/new.txt", "second", absent).status, 412);
  EXPECT_EQ(read("new.txt"), "first");
}

TEST_F(Write, LetsOneOfTwoThatArriveTogetherWin) {
  const std::string fields = "If-Match: " + put("/new.txt", "0").field("ETag") + "\r\n";
  const auto half_sent = [&](RawClient& client) {
    client.send(change_request("PUT", "/new.txt", fields + "Content-Length: 2\r\n") + "x");
  };
  RawClient one{server_.address()};
  RawClient other{server_.address()};
  half_sent(one);
  half_sent(other);
  // Both have passed the first look at the tag.
  wait_for_names([](const Names& names) { return names.size() == 6; });
  one.send("1");
  EXPECT_EQ(one.read_response().status, 204);
  other.send("2");
  EXPECT_EQ(other.read_response().status, 412);
  EXPECT_EQ(read("new.txt"), "x1");
}

// --- what is refused
// ------------------------------------------------------------------------------

TEST_F(Write, NamesTheFlagWithoutIt) {
  const ServerProcess plain{tree_.path("root")};
  for (const std::string& request : {put_request("/a.txt", "new"), delete_request("/a.txt")}) {
    const Response answer = ask(plain.address(), request);
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.field("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_NE(answer.body.find("--writable"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(read("a.txt"), "old");
}

TEST_F(Write, OnlyReadsASingleFile) {
  const ServerProcess single{tree_.path("root/a.txt"), {"--writable"}};
  EXPECT_EQ(ask(single.address(), put_request("/a.txt", "new")).status, 405);
  EXPECT_EQ(ask(single.address(), delete_request("/a.txt")).status, 405);
  EXPECT_EQ(read("a.txt"), "old");
}

TEST_F(Write, LeavesDirectoriesAlone) {
  EXPECT_EQ(put("/sub", "x").status, 409);
  EXPECT_EQ(put("/sub/", "x").status, 409);
  EXPECT_EQ(put("/", "x").status, 409);
  EXPECT_EQ(put("/missing/new.txt", "x").status, 409);
  EXPECT_EQ(put("/a.txt/new.txt", "x").status, 409);
  EXPECT_EQ(remove("/sub").status, 409);
  EXPECT_EQ(remove("/sub/").status, 409);
  EXPECT_EQ(remove("/").status, 409);
  EXPECT_EQ(names(), kUntouched);
}

TEST_F(Write, LeavesWhatIsHiddenAlone) {
  tree_.write("root/.env", "secret");
  EXPECT_EQ(put("/.env", "x").status, 403);
  EXPECT_EQ(put("/.git/config", "x").status, 403);
  EXPECT_EQ(put("/%2eenv", "x").status, 403);
  EXPECT_EQ(remove("/.env").status, 403);
  EXPECT_EQ(read(".env"), "secret");
  EXPECT_EQ(server_.wait_for_records(1).at(0).at("via"), "hidden");
}

TEST_F(Write, ShowsNobodyWhatIsStillArriving) {
  const ServerProcess open{tree_.path("root"), {"--writable", "--dotfiles"}};
  EXPECT_EQ(ask(open.address(), put_request("/.env", "x")).status, 201);
  RawClient client{open.address()};
  client.send(change_request("PUT", "/new.txt", "Content-Length: 5\r\n") + "ha");
  wait_for_names([](const Names& names) { return names.size() == 5; });
  const Names there = names();
  const auto temporary = std::find_if(there.begin(), there.end(), [](const std::string& name) {
    return name.starts_with(".tinyserve-");
  });
  ASSERT_NE(temporary, there.end());
  EXPECT_EQ(get(open.address(), "/" + *temporary).status, 404);
  EXPECT_EQ(get(open.address(), "/").body.find(".tinyserve-"), std::string::npos);
  EXPECT_EQ(ask(open.address(), put_request("/" + *temporary, "x")).status, 403);
  EXPECT_EQ(ask(open.address(), delete_request("/" + *temporary)).status, 403);
  client.send("lf!");
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(read("new.txt"), "half!");
}

TEST_F(Write, NeverReachesOutOfTheRoot) {
  tree_.symlink("../outside", "root/out");
  tree_.symlink("../outside/c.txt", "root/link.txt");
  for (const char* target :
       {"/../outside/c.txt", "/%2e%2e/outside/c.txt", "/..%2foutside%2fc.txt",
        "/sub/../../outside/c.txt", "/sub/..%2f..%2foutside/c.txt", "/out/c.txt", "/out/new.txt",
        "/link.txt", "/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2ftmp%2fnew.txt", "/x%00.txt"}) {
    EXPECT_GE(put(target, "x").status, 400) << target;
    EXPECT_GE(remove(target).status, 400) << target;
  }
  EXPECT_EQ(names_below(tree_.path("outside")), Names{"c.txt"});
  EXPECT_EQ(tree_.read("outside/c.txt"), "secret");
  // The backslash and the second encoding are names like others.
  EXPECT_EQ(put("/..%5coutside%5cc.txt", "x").status, 403);
  EXPECT_EQ(put("/%252e%252e", "x").status, 201);
  EXPECT_EQ(read("%2e%2e"), "x");
  const ServerProcess following{tree_.path("root"), {"--writable", "--follow-symlinks"}};
  EXPECT_EQ(ask(following.address(), put_request("/out/c.txt", "x")).status, 403);
  EXPECT_EQ(tree_.read("outside/c.txt"), "secret");
}

TEST_F(Write, TakesNoPartsAndNoCodings) {  // RFC 9110 §14.5, §8.4
  EXPECT_EQ(put("/a.txt", "x", "Content-Range: bytes 0-0/3\r\n").status, 400);
  EXPECT_EQ(put("/a.txt", "x", "Content-Encoding: gzip\r\n").status, 415);
  EXPECT_EQ(read("a.txt"), "old");
  EXPECT_EQ(put("/a.txt", "x", "Content-Encoding: identity\r\n").status, 204);
}

TEST_F(Write, LeavesTheApiAlone) {
  EXPECT_GE(put("/api/x", "x").status, 404);
  EXPECT_GE(remove("/api/x").status, 404);
  EXPECT_EQ(names(), kUntouched);
}

TEST_F(Write, IsForKnownHostsAndOwnPagesAlone) {
  for (const char* fields :
       {"Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n", "Origin: null\r\n",
        "Origin: http://evil.example\r\n", "Origin: http://localhost:3000\r\n"}) {
    EXPECT_EQ(put("/a.txt", "x", fields).status, 403) << fields;
    EXPECT_EQ(remove("/a.txt", fields).status, 403) << fields;
  }
  const std::string foreign =
      "PUT /a.txt HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(ask(server_.address(), foreign).status, 403);
  const ServerProcess open{tree_.path("root"), {"--writable", "--cors", "--allow-host", "*"}};
  EXPECT_EQ(ask(open.address(), foreign).status, 403);
  EXPECT_EQ(
      ask(open.address(), put_request("/a.txt", "x", "Origin: http://evil.example\r\n")).status,
      403);
  EXPECT_EQ(read("a.txt"), "old");
  EXPECT_EQ(put("/a.txt", "own", "Origin: http://localhost\r\n").status, 204);
}

TEST_F(Write, IsForPagesThatAreNamed) {
  const ServerProcess open{tree_.path("root"), {"--writable", "--cors=http://app.example"}};
  const std::string origin = "Origin: http://app.example\r\n";
  const Response preflight =
      ask(open.address(),
          change_request("OPTIONS", "/a.txt", origin + "Access-Control-Request-Method: PUT\r\n"));
  EXPECT_EQ(preflight.field("Access-Control-Allow-Methods"),
            "GET, HEAD, OPTIONS, POST, PUT, DELETE");
  const Response written = ask(open.address(), put_request("/a.txt", "new", origin));
  EXPECT_EQ(written.status, 204);
  EXPECT_EQ(written.field("Access-Control-Allow-Origin"), "http://app.example");
}

// --- content that is not wanted, or does not come
// -------------------------------------------------

TEST_F(Write, RefusesBeforeContentIsSent) {
  const std::string asking = "Expect: 100-continue\r\nContent-Length: 1000000\r\n";
  struct Case {
    const char* target;
    std::string fields;
    int status;
  };
  for (const Case& refused :
       {Case{"/a.txt", "If-Match: \"x\"\r\n", 412}, Case{"/.x", "", 403}, Case{"/sub", "", 409},
        Case{"/missing/x", "", 409}, Case{"/a.txt", "Origin: null\r\n", 403}}) {
    RawClient client{server_.address()};
    client.send(change_request("PUT", refused.target, asking + refused.fields));
    EXPECT_EQ(client.read_response().status, refused.status) << refused.target;
    EXPECT_EQ(client.read_until_close(), "");
  }
  RawClient client{server_.address()};
  client.send(change_request("PUT", "/new.txt", "Expect: 100-continue\r\nContent-Length: 3\r\n"));
  EXPECT_EQ(client.read_head().status, 100);
  client.send("yes");
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(names(), (Names{"a.txt", "new.txt", "sub", "sub/b.txt"}));
}

TEST_F(Write, LeavesNothingOfAClientThatGoesAway) {
  const std::string head = change_request("PUT", "/new.txt", "Content-Length: 1000000\r\n");
  for (const bool with_reset : {false, true}) {
    RawClient client{server_.address()};
    client.send(head + std::string(100'000, 'x'));
    wait_for_an_upload();
    if (with_reset) {
      client.reset();
    } else {
      client.half_close();
      EXPECT_EQ(client.read_response().status, 400);
    }
    wait_until_untouched();
  }
  const auto records = server_.wait_for_records(2);
  EXPECT_EQ(records.at(0).at("status"), 400);
  EXPECT_EQ(records.at(1).at("via"), "client-abort");
}

TEST_F(Write, LeavesNothingOfContentThatGrowsTooLarge) {
  const ServerProcess small{tree_.path("root"), {"--writable", "--max-body", "1000"}};
  EXPECT_EQ(ask(small.address(), put_request("/new.txt", std::string(1001, 'x'))).status, 413);
  RawClient client{small.address()};
  client.send(change_request("PUT", "/new.txt", "Transfer-Encoding: chunked\r\n") + "3e8\r\n" +
              std::string(1000, 'x') + "\r\n");
  wait_for_an_upload();
  client.send("1\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_response().status, 413);
  wait_until_untouched();
}

TEST_F(Write, LeavesNothingWhenTheServerStops) {
  RawClient client{server_.address()};
  client.send(change_request("PUT", "/new.txt", "Content-Length: 1000000\r\n") + "half");
  wait_for_an_upload();
  server_.signal(SIGTERM);
  EXPECT_EQ(server_.wait(), 0);
  EXPECT_EQ(names(), kUntouched);
}

TEST_F(Write, FinishesAnUploadWhileTheServerStops) {
  RawClient client{server_.address()};
  client.send(change_request("PUT", "/new.txt", "Content-Length: 8\r\n") + "half");
  wait_for_an_upload();
  server_.signal(SIGTERM);
  client.send("half");
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_EQ(server_.wait(), 0);
  EXPECT_EQ(read("new.txt"), "halfhalf");
}

// The most memory that the process has held, in KiB.
long most_memory(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stol(line.substr(6));
  }
  return 0;
}

TEST(WriteOfALargeFile, NeedsNoMemoryForIt) {
  const TempTree site;
  // What a sanitizer keeps of freed memory is not the server's.
  const ServerProcess server{site.path(),
                             {.arguments = {"--writable", "--max-body", "200M"},
                              .environment = {"ASAN_OPTIONS=quarantine_size_mb=1"}}};
  constexpr long kSize = 72L << 20;
  constexpr long kMost = 32L << 10;  // KiB
  const long before = most_memory(server.pid());
  ASSERT_GT(before, 0);
  const std::string piece(1 << 20, 'x');
  RawClient client{server.address(), RawClient::Options{.patience = 3 * kPatience}};
  client.send(
      change_request("PUT", "/large.bin", "Content-Length: " + std::to_string(kSize) + "\r\n"));
  for (long sent = 0; sent < kSize; sent += static_cast<long>(piece.size())) client.send(piece);
  EXPECT_EQ(client.read_response().status, 201);
  EXPECT_LT(most_memory(server.pid()) - before, kMost);
  EXPECT_EQ(std::filesystem::file_size(site.path("large.bin")), static_cast<std::uintmax_t>(kSize));
}

}  // namespace
}  // namespace tinyserve::test
