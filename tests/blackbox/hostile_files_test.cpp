// Not a byte from outside the root, however a path is spelt and whatever is swapped meanwhile.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/raw_client.h"
#include "support/response.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kSecret = "SECRET";

bool has_secret(const std::string& text) { return text.find(kSecret) != std::string::npos; }

// A step upwards and what separates it from the next, in the spellings that others have fallen for.
const Texts kSteps{"..",           "%2e%2e", ".%2e", "%2E.",  "%252e%252e", "%c0%ae%c0%ae",
                   "%uff0e%uff0e", "..%00",  "..;",  "..%09", "...",        "..%20",
                   "%e0%80%ae.",   "..%5c",  "..\\", "%5c..", ".%00.",      "..%0d%0a"};
const Texts kSeparators{"/", "//", "%2f", "%2F", "/./", "\\", "%5c", "%252f", "%c0%af", "/%2e/"};
const Texts kBeginnings{"/", "//", "/sub/", "/sub/../", "/%2f", "/sub%2f", "/.%2f"};

// More than a thousand.
Texts climbing_targets(const std::string& outside) {
  Texts targets;
  for (const std::string& beginning : kBeginnings) {
    for (const std::string& step : kSteps) {
      for (const std::string& separator : kSeparators) {
        std::string climb = beginning;
        // One step out of the root or more: how many it takes depends on what each is read as.
        const std::size_t steps = 1 + targets.size() % 8;
        for (std::size_t i = 0; i < steps; ++i) climb += step + separator;
        targets.push_back(climb + outside);
      }
    }
  }
  return targets;
}

TEST(HostilePaths, LeadOutInNoneOfAThousandSpellings) {
  const TempTree tree{{"site/index.html", "inside"},
                      {"site/sub/x", "x"},
                      {"secret", kSecret},
                      {"site-private/secret", kSecret}};
  // Everything is within the sandbox's reach: it is the path that must not lead there.
  const ServerProcess server{tree.path("site")};
  std::size_t asked = 0;
  for (const char* outside : {"secret", "site-private/secret"}) {
    for (const std::string& target : climbing_targets(outside)) {
      const std::string answer = ask_until_close(
          server.address(),
          "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      ASSERT_TRUE(answer.starts_with("HTTP/1.1 ")) << target;
      ASSERT_FALSE(has_secret(answer)) << target;
      ++asked;
    }
  }
  EXPECT_GT(asked, 1000U);
  EXPECT_EQ(get(server.address(), "/sub/x").body, "x");
}

// Two names whose meanings a thread exchanges as fast as it can, until told so often; the number of
// answers with what is inside. What is outside must never be seen.
std::size_t read_while_exchanged(const TempTree& tree, const std::string& first,
                                 const std::string& second, const std::string& target) {
  constexpr int kExchanges = 100'000;
  const ServerProcess server{tree.path("site")};
  std::atomic<bool> is_over{false};
  std::thread exchanger([&] {
    const std::string one = tree.path(first);
    const std::string other = tree.path(second);
    for (int i = 0; i < kExchanges; ++i) {
      const int failed =
          ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE);
      EXPECT_EQ(failed, 0);
      if (failed != 0) break;
    }
    is_over = true;
  });
  const std::string request = get_request(target);
  std::size_t seen_inside = 0;
  RawClient client(server.address());
  while (!is_over) {
    client.send(request + request);
    for (int i = 0; i < 2; ++i) {
      const Response answer = client.read_response();
      EXPECT_FALSE(has_secret(answer.body));
      if (answer.status == 200 && answer.body == "inside") ++seen_inside;
    }
  }
  exchanger.join();
  return seen_inside;
}

TEST(HostileLinks, ShowNothingFromOutsideWhileAFileAndALinkAreExchanged) {
  const TempTree tree{{"site/file", "inside"}, {"secret", kSecret}};
  tree.symlink("../secret", "site/link");
  EXPECT_GT(read_while_exchanged(tree, "site/file", "site/link", "/file"), 0U);
}

TEST(HostileLinks, ShowNothingFromOutsideWhileAFolderAndALinkAreExchanged) {
  const TempTree tree{{"site/folder/file", "inside"}, {"private/file", kSecret}};
  tree.symlink("../private", "site/link");
  EXPECT_GT(read_while_exchanged(tree, "site/folder", "site/link", "/folder/file"), 0U);
}

TEST(HostileLinks, ThatGoInCirclesAreNotFound) {
  const TempTree tree{{"site/x", "x"}};
  tree.symlink("b", "site/a");
  tree.symlink("a", "site/b");
  tree.symlink("self/self", "site/self");
  const ServerProcess server{tree.path("site")};
  for (const char* target : {"/a", "/b", "/a/x", "/self", "/self/x"}) {
    EXPECT_EQ(get(server.address(), target).status, 404) << target;
  }
  EXPECT_EQ(get(server.address(), "/").status, 200);
  EXPECT_EQ(get(server.address(), "/x").body, "x");
}

TEST(HostileFiles, ThatAreNoFilesAreRefusedWithoutWaiting) {
  const TempTree tree{{"site/x", "x"}};
  tree.fifo("site/pipe");
  tree.unix_socket("site/socket");
  const ServerProcess server{tree.path("site")};
  EXPECT_EQ(get(server.address(), "/pipe").status, 403);
  EXPECT_EQ(get(server.address(), "/socket").status, 403);
  EXPECT_EQ(get(server.address(), "/").status, 200);
}

// Reading one would never end.
TEST(HostileFiles, ThatAreDevicesAreRefusedWithoutReading) {
  const TempTree tree{{"site/x", "x"}};
  tree.symlink("/dev/zero", "site/link");
  const bool has_node =
      ::mknod(tree.path("site/node").c_str(), S_IFCHR | 0666, ::makedev(1, 5)) == 0;
  const ServerProcess confined{tree.path("site")};
  EXPECT_EQ(get(confined.address(), "/link").status, 404);
  const ServerProcess server{tree.path("site"), {"--follow-symlinks"}};
  EXPECT_EQ(get(server.address(), "/link").status, 403);
  EXPECT_EQ(get(server.address(), "/link/").status, 404);
  EXPECT_EQ(get(server.address(), "/").status, 200);
  if (!has_node) GTEST_SKIP() << "no device can be made here";
  EXPECT_EQ(get(confined.address(), "/node").status, 403);
  EXPECT_EQ(get(server.address(), "/node").status, 403);
  EXPECT_EQ(get(server.address(), "/").status, 200);
}

// The references of a listing, as they stand in it.
Texts references_in(const std::string& page) {
  constexpr std::string_view kBegin = "href=\"./";
  Texts references;
  for (std::size_t at = page.find(kBegin); at != page.npos; at = page.find(kBegin, at)) {
    at += kBegin.size();
    references.push_back(page.substr(at, page.find('"', at) - at));
  }
  return references;
}

// What a reference of a folder, "na%20me/", means (RFC 3986 §2.1).
std::string decoded(const std::string& reference) {
  std::string name;
  for (std::size_t at = 0; at + 1 < reference.size(); ++at) {
    const bool is_code = reference[at] == '%';
    name += is_code ? static_cast<char>(std::stoi(reference.substr(at + 1, 2), nullptr, 16))
                    : reference[at];
    if (is_code) at += 2;
  }
  return name;
}

std::string encoded(const std::string& name) {
  std::string text;
  for (const char c : name) {
    std::array<char, 4> byte{};
    std::snprintf(byte.data(), byte.size(), "%%%02X", static_cast<unsigned>(c) & 0xffU);
    text += byte.data();
  }
  return text;
}

// One of each byte that a name may have, and the longest ones.
Texts strange_names() {
  Texts names{std::string(255, 'n'),
              std::string(255, '\xff'),
              std::string(255, '"'),
              "<script>alert(1)<!-- -->",
              "&lt;&quot;",
              "%2e%2e%2f",
              "a\nb: c",
              "\xed\xa0\x80"};
  for (int byte = 1; byte < 256; ++byte) {
    if (byte != '/') names.push_back(std::string("byte") + static_cast<char>(byte));
  }
  return names;
}

bool has_control_byte(const std::string& name) {
  return std::any_of(name.begin(), name.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

TEST(HostileNames, LeadFromEveryPageToWhatTheyName) {
  const TempTree tree;
  const Texts names = strange_names();
  for (const std::string& name : names) {
    tree.write(name + "/file", name);
  }
  ServerProcess server{tree.path()};
  const auto ask_for = [&server](const std::string& target, const std::string& fields = "") {
    return get(server.address(), target, fields);
  };
  const std::string page = ask_for("/", "Accept: text/html\r\n").body;
  const auto json =
      nlohmann::json::parse(ask_for("/", "Accept: application/json\r\n").body);  // and UTF-8
  ASSERT_EQ(json.size(), names.size());
  Texts references = references_in(page);
  // What can't be asked for is named only.
  ASSERT_EQ(references.size(), names.size() - static_cast<std::size_t>(std::count_if(
                                                  names.begin(), names.end(), has_control_byte)));
  for (const auto& entry : json) {
    references.push_back(entry.at("href").get<std::string>().substr(2));
  }
  std::size_t asked = 2;
  for (const std::string& reference : references) {
    const Response answer = ask_for("/" + reference + "file");
    const bool is_found = answer.status == 200 && answer.body == decoded(reference);
    // Control bytes are refused in every path.
    const bool is_refused = answer.status == 400 && has_control_byte(decoded(reference));
    EXPECT_TRUE(is_found || is_refused) << reference << " " << answer.status;
    ++asked;
  }
  for (const std::string& name : names) {
    const Response answer = ask_for("/" + encoded(name));
    EXPECT_EQ(answer.status, has_control_byte(name) ? 400 : 301) << encoded(name);
    const std::string location = answer.field("Location");
    ++asked;
    if (answer.status != 301) continue;
    EXPECT_EQ(ask_for(location + "file").body, name) << location;
    ++asked;
  }
  // One line for each, or they would not be so many.
  EXPECT_EQ(server.wait_for_records(asked).size(), asked);
}

// Years that no HTTP date can say, and before there were any (stat(2) has 64 bits).
TEST(HostileFiles, HaveTimesThatNoDateCanSay) {
  const TempTree tree{{"site/x", "x"}};
  const ServerProcess server{tree.path("site")};
  for (const std::int64_t seconds :
       {std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{-2'000'000'000},
        std::int64_t{253'402'300'800}, std::int64_t{15'000'000'000}}) {
    const timespec time{seconds, 0};
    const timespec times[2] = {time, time};
    if (::utimensat(AT_FDCWD, tree.path("site/x").c_str(), times, 0) != 0) continue;
    const Response answer = get(server.address(), "/x");
    EXPECT_EQ(answer.status, 200) << seconds;
    EXPECT_EQ(answer.body, "x");
    EXPECT_EQ(get(server.address(), "/").status, 200) << seconds;
    const int conditional =
        get(server.address(), "/x", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n").status;
    EXPECT_TRUE(conditional == 200 || conditional == 304) << conditional;
  }
}

}  // namespace
}  // namespace tinyserve::test
