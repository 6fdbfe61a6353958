// Files that change while they are sent, and a root that goes away: an answer is whole and of one
// version, or ends before its announced length. Nothing is filled up with other bytes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/file_times.h"
#include "support/program.h"
#include "support/raw_client.h"
#include "support/response.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

constexpr std::size_t kSize = 32U << 20;  // far more than what the kernel keeps of it on its way

// A client that has asked for a large file and read nothing of it but the head.
class Download {
 public:
  explicit Download(const char* fields = "")
      : tree_({{"site/small", "small"}, {"site/big", std::string(kSize, 'o')}}),
        server_(tree_.path("site")),
        client_(server_.address(), {.receive_buffer = 4096}) {
    wait_for_next_stamp(tree_.path("site/big"));
    client_.send(get_request("/big", fields));
    head_ = client_.read_head();
  }

  [[nodiscard]] const TempTree& tree() const { return tree_; }
  [[nodiscard]] ServerProcess& server() { return server_; }
  [[nodiscard]] const Response& head() const { return head_; }
  std::string rest() { return client_.read_bytes(kSize); }
  // Until the server has hung up.
  std::string all() { return client_.read_until_gone(); }
  [[nodiscard]] bool goes_on() {
    client_.send(get_request("/small"));
    return client_.read_response().body == "small";
  }

 private:
  TempTree tree_;
  ServerProcess server_;
  RawClient client_;
  Response head_;
};

TEST(ChangingFile, ThatIsReplacedIsSentAsItWas) {
  Download download;
  download.tree().replace("site/big", std::string(kSize, 'n'));
  EXPECT_TRUE(download.rest() == std::string(kSize, 'o'));
  EXPECT_TRUE(download.goes_on());
}

TEST(ChangingFile, ThatIsRemovedIsSentAsItWas) {
  Download download;
  download.tree().remove("site/big");
  EXPECT_TRUE(download.rest() == std::string(kSize, 'o'));
  EXPECT_TRUE(download.goes_on());
}

TEST(ChangingFile, ThatGrowsIsSentAsFarAsItWasAnnounced) {
  Download download;
  EXPECT_EQ(download.head().field("Content-Length"), std::to_string(kSize));
  download.tree().append("site/big", "more");
  EXPECT_TRUE(download.rest() == std::string(kSize, 'o'));
  EXPECT_TRUE(download.goes_on());
}

// What the kernel has on its way are the pages of the file themselves, so even there other bytes
// may be; but nobody takes this for the file.
TEST(ChangingFile, ThatIsWrittenAnewIsNotSentToItsEnd) {
  Download download;
  download.tree().write("site/big", std::string(kSize, 'n'));
  EXPECT_LT(download.all().size(), kSize);
  const auto record = download.server().wait_for_record(
      [](const nlohmann::json& line) { return line.at("path") == "/big"; });
  EXPECT_EQ(record.at("why"), "file changed while it was sent");
}

TEST(ChangingFile, ThatIsCutAndWrittenAgainIsNotSentToItsEnd) {
  Download download;
  std::filesystem::resize_file(download.tree().path("site/big"), 10);
  download.tree().append("site/big", std::string(kSize - 10, 'n'));
  EXPECT_LT(download.all().size(), kSize);
}

TEST(ChangingFile, OfWhichPartsAreSentIsNotSentToItsEnd) {
  Download download("Range: bytes=0-9999999,20000000-29999999\r\n");
  EXPECT_EQ(download.head().status, 206);
  const std::size_t announced = std::stoul(download.head().field("Content-Length"));
  download.tree().write("site/big", std::string(kSize, 'n'));
  EXPECT_LT(download.all().size(), announced);
}

TEST(ChangingRoot, ThatIsRemovedLetsADownloadEnd) {
  Download download;
  download.tree().remove("site");
  EXPECT_TRUE(download.rest() == std::string(kSize, 'o'));
  EXPECT_EQ(get(download.server().address(), "/small").status, 503);
  download.tree().write("site/small", "small");
  EXPECT_TRUE(download.goes_on());
}

// A thread that makes and removes a folder with files until the test is over.
class Builder {
 public:
  explicit Builder(const TempTree& tree)
      : thread_([this, &tree] {
          while (!is_over_) {
            for (int i = 0; i < 20; ++i) tree.write("site/dist/" + std::to_string(i), "built");
            tree.remove("site/dist");
          }
        }) {}
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;
  ~Builder() {
    is_over_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

TEST(ChangingFolder, IsListedOrMissing) {
  const TempTree tree{{"site/x", "x"}};
  const ServerProcess server{tree.path("site")};
  const Builder builder(tree);
  RawClient client(server.address());
  int listed = 0;
  int missing = 0;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (listed < 50 || missing < 50) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << listed << " " << missing;
    for (const char* target : {"/dist/", "/dist", "/dist/0"}) {
      client.send(get_request(target, "Accept: text/html\r\n"));
      const Response answer = client.read_response();
      if (answer.status == 404) ++missing;
      if (answer.status == 404 || answer.status == 301) continue;
      ASSERT_EQ(answer.status, 200) << target;
      if (target == std::string("/dist/")) {
        EXPECT_NE(answer.body.find("</html>"), std::string::npos) << answer.body;
        ++listed;
      } else {
        // Between the making of a file and its first byte it is empty.
        EXPECT_TRUE(answer.body == "built" || answer.body.empty()) << answer.body;
      }
    }
  }
}

// Runs `command` to its end; whether that was a good one.
bool succeeds(const std::vector<std::string>& command) {
  return Program({.command = command, .environment = {}}).wait() == 0;
}

TEST(ChangingRoot, ThatIsUnmountedIsMissedUntilItIsMountedAgain) {
  if (!succeeds({"sh", "-c", "unshare --mount true && command -v nsenter"})) {
    GTEST_SKIP() << "no file system can be mounted here";
  }
  const TempTree tree{{"site/x", "beneath"}};
  const std::string site = tree.path("site");
  const std::string mount = "mount -t tmpfs none " + site + " && echo above >" + site + "/x";
  ServerProcess::Options options;
  options.arguments = {"--no-sandbox"};
  options.wrapper = {"unshare", "--mount", "sh", "-c", mount + " && exec \"$@\"", "sh"};
  const ServerProcess server{site, options};
  const auto inside = [&server](const std::string& words) {
    return succeeds(
        {"nsenter", "--mount", "--target", std::to_string(server.pid()), "sh", "-c", words});
  };
  EXPECT_EQ(get(server.address(), "/x").body, "above\n");
  ASSERT_TRUE(inside("umount --lazy " + site));
  EXPECT_EQ(get(server.address(), "/x").body, "beneath");
  ASSERT_TRUE(inside(mount));
  EXPECT_EQ(get(server.address(), "/x").body, "above\n");
}

}  // namespace
}  // namespace tinyserve::test
