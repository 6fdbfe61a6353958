// Which file a path means: never one outside the root, never a hidden one, always one of the root
// as it is now.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

constexpr const char* kBrowser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

TEST(Paths, NeverLeadOutOfTheRoot) {
  const TempTree tree{{"site/index.html", "inside"},
                      {"site/sub/x", "x"},
                      {"secret.txt", "SECRET"},
                      {"site-private/secret.txt", "SECRET"}};
  const ServerProcess server{tree.path("site")};
  for (const std::string target : {
           "/../secret.txt",
           "/../../../../../../../../etc/passwd",
           "/..",
           "/../",
           "/%2e%2e/secret.txt",
           "/%2E%2E/secret.txt",
           "/.%2e/secret.txt",
           "/%2e./secret.txt",
           "/..%2fsecret.txt",
           "/..%2Fsecret.txt",
           "/%2e%2e%2fsecret.txt",
           "/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
           "/%252e%252e/secret.txt",
           "/..%252fsecret.txt",
           "/sub/../../secret.txt",
           "/sub/%2e%2e/%2e%2e/secret.txt",
           "/sub/..%2f..%2fsecret.txt",
           "/./../secret.txt",
           "//../secret.txt",
           "/.//../secret.txt",
           "//etc/passwd",
           "/%2fetc/passwd",
           "/%2f%2fetc%2fpasswd",
           "/..;/secret.txt",
           "/..%5csecret.txt",
           "/..%c0%afsecret.txt",
           "/%c0%ae%c0%ae/secret.txt",
           "/%e0%80%ae%e0%80%ae/secret.txt",
           "/%ef%bc%8e%ef%bc%8e/secret.txt",
           "/..%ef%bc%8fsecret.txt",
           "/..%00/secret.txt",
           "/%00/../secret.txt",
           "/..%01/secret.txt",
           "/../site-private/secret.txt",
           "/..?/secret.txt",
           "http://localhost/../secret.txt",
           "http://localhost/%2e%2e/secret.txt",
       }) {
    RawClient client{server.address()};
    client.send(get_request(target, "Connection: close\r\n"));
    const std::string text = client.read_until_close();
    EXPECT_EQ(text.find("SECRET"), std::string::npos) << target;
    EXPECT_EQ(text.find("root:"), std::string::npos) << target;
    EXPECT_EQ(text.find("site-private"), std::string::npos) << target;
    EXPECT_LT(parse_responses(text).at(0).status, 500) << target;
  }
}

TEST(Paths, AreDecodedOnceAndThenTakenApart) {
  const TempTree site{
      {"a/b.txt", "content"},      {"..foo", "hidden"},   {"a/...x", "hidden"},
      {"with space.txt", "space"}, {"pl+us.txt", "plus"}, {"q?uestion.txt", "question"},
      {"p%41.txt", "percent"},     {"a;b.txt", "semi"},   {"\xc3\xa4.txt", "umlaut"},
      {"back\\slash.txt", "back"}, {"Case.txt", "case"},  {"\xff.txt", "no utf-8"}};
  const ServerProcess server{site.path()};
  const auto body = [&](const char* target) { return get(server.address(), target).body; };
  EXPECT_EQ(body("/a/b.txt"), "content");
  EXPECT_EQ(body("//a///b.txt"), "content");
  EXPECT_EQ(body("/./a/./b.txt"), "content");
  EXPECT_EQ(body("/x/../a/b.txt"), "content");
  EXPECT_EQ(body("/a%2fb.txt"), "content");
  EXPECT_EQ(body("/%61/%62.txt"), "content");
  EXPECT_EQ(body("/a/b.txt?query=/../../"), "content");
  EXPECT_EQ(body("/with%20space.txt"), "space");
  EXPECT_EQ(body("/pl+us.txt"), "plus");
  EXPECT_EQ(body("/q%3Fuestion.txt"), "question");
  EXPECT_EQ(body("/p%2541.txt"), "percent");
  EXPECT_EQ(body("/a;b.txt"), "semi");
  EXPECT_EQ(body("/%C3%A4.txt"), "umlaut");
  EXPECT_EQ(body("/%ff.txt"), "no utf-8");
  EXPECT_EQ(body("/back%5Cslash.txt"), "back");
  EXPECT_EQ(get(server.address(), "/case.txt").status, 404);
  EXPECT_EQ(get(server.address(), "/pA.txt").status, 404);
  EXPECT_EQ(get(server.address(), "/with+space.txt").status, 404);
}

TEST(Paths, WithControlBytesAreRefused) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  for (const char* target :
       {"/x%00", "/x%00.txt", "/%00x", "/x%0a", "/x%0d%0aX:y", "/%1f", "/x%7f"}) {
    EXPECT_EQ(get(server.address(), target).status, 400) << target;
  }
}

TEST(Paths, FollowLinksThatStayInside) {
  const TempTree site{{"real/file.txt", "inside"}};
  site.symlink("real/file.txt", "link.txt");
  site.symlink("real", "dir");
  site.symlink("../link.txt", "real/up.txt");
  site.symlink("dir", "chain");
  const ServerProcess server{site.path()};
  for (const char* target : {"/link.txt", "/dir/file.txt", "/real/up.txt", "/chain/file.txt"}) {
    EXPECT_EQ(get(server.address(), target).body, "inside") << target;
  }
}

TEST(Paths, FollowNoLinkThatLeaves) {
  const TempTree tree{{"site/x", "x"}, {"secret/file.txt", "SECRET"}};
  tree.symlink("../secret/file.txt", "site/relative.txt");
  tree.symlink(tree.path("secret/file.txt"), "site/absolute.txt");
  tree.symlink(tree.path("secret"), "site/dir");
  tree.symlink("relative.txt", "site/chain.txt");
  tree.symlink("/etc/passwd", "site/passwd");
  tree.symlink("/proc/self/root", "site/magic");
  tree.symlink("loop", "site/loop");
  tree.symlink("nowhere", "site/dangling");
  tree.symlink("..", "site/up");
  const ServerProcess server{tree.path("site")};
  for (const char* target :
       {"/relative.txt", "/absolute.txt", "/dir/file.txt", "/dir/", "/dir", "/chain.txt", "/passwd",
        "/magic/etc/passwd", "/loop", "/loop/x", "/dangling", "/up/secret/file.txt", "/up/"}) {
    const Response answer = get(server.address(), target);
    EXPECT_TRUE(answer.status == 404 || answer.status == 403) << target << " " << answer.status;
    EXPECT_EQ(answer.body.find("SECRET"), std::string::npos) << target;
  }
}

TEST(Paths, FollowEveryLinkWhenToldTo) {
  const TempTree tree{{"site/x", "x"}, {"outside/file.txt", "outside"}};
  tree.symlink(tree.path("outside"), "site/dir");
  const ServerProcess server{tree.path("site"), {"--follow-symlinks"}};
  EXPECT_EQ(get(server.address(), "/dir/file.txt").body, "outside");
  // The path itself still cannot climb.
  EXPECT_NE(get(server.address(), "/../outside/file.txt").body, "outside");
}

TEST(Paths, HideWhatBeginsWithADot) {
  const TempTree site{{".env", "SECRET"},
                      {".git/config", "SECRET"},
                      {"a/.b/c", "SECRET"},
                      {".well-known/security.txt", "public"},
                      {".well-known/.hidden", "SECRET"}};
  const ServerProcess server{site.path()};
  for (const char* target :
       {"/.env", "/%2eenv", "/.git/config", "/.git/", "/.git", "/a/.b/c", "/a/%2eb/c", "/x/../.env",
        "/.well-known/.hidden", "/.well-known/../.env"}) {
    EXPECT_EQ(get(server.address(), target).status, 404) << target;
  }
  EXPECT_EQ(get(server.address(), "/.well-known/security.txt").body, "public");
}

TEST(Paths, ShowWhatBeginsWithADotWhenToldTo) {
  const TempTree site{{".env", "shown"}};
  const ServerProcess server{site.path(), {"--dotfiles"}};
  EXPECT_EQ(get(server.address(), "/.env").body, "shown");
}

TEST(Paths, NeverOpenWhatIsNoFile) {
  const TempTree site{{"x", "content"}};
  site.fifo("pipe");
  site.fifo("index.html");
  site.unix_socket("socket");
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (const char* target : {"/pipe", "/socket", "/pipe/", "/index.html"}) {
    client.send(get_request(target));
    const int status = client.read_response().status;
    EXPECT_TRUE(status == 403 || status == 404) << target << " " << status;
    EXPECT_EQ(get(server.address(), "/x").body, "content");
  }
  EXPECT_LT(get(server.address(), "/").status, 500);
}

TEST(Paths, ThatAreTooLongAreNotFound) {
  const TempTree site{{"x", "content"}};
  const ServerProcess server{site.path()};
  EXPECT_EQ(get(server.address(), "/" + std::string(256, 'a')).status, 404);
  EXPECT_EQ(get(server.address(), "/" + std::string(7900, 'a')).status, 404);
  std::string deep;
  for (int i = 0; i < 3000; ++i) deep += "/a";
  EXPECT_EQ(get(server.address(), deep).status, 404);
}

TEST(Paths, ThatGoOnBehindAFileAreNotFound) {
  const TempTree site{{"file.txt", "content"}};
  const ServerProcess server{site.path()};
  for (const char* target : {"/file.txt/", "/file.txt/x", "/file.txt//", "/file.txt/x/y"}) {
    EXPECT_EQ(get(server.address(), target).status, 404) << target;
  }
}

TEST(Paths, OfDirectoriesAreRedirectedToTheSlash) {
  const TempTree site{{"dir/x", "x"},
                      {"with space/x", "x"},
                      {"\xc3\xa4/x", "x"},
                      {"dir/sub/x", "x"},
                      {"q?x/x", "x"}};
  const ServerProcess server{site.path()};
  const auto location = [&](const std::string& target) {
    const Response answer = get(server.address(), target);
    EXPECT_EQ(answer.status, 301) << target;
    return answer.field("Location");
  };
  EXPECT_EQ(location("/dir"), "/dir/");
  EXPECT_EQ(location("/dir?a=b&c"), "/dir/?a=b&c");
  EXPECT_EQ(location("/dir?"), "/dir/?");
  EXPECT_EQ(location("/dir/sub"), "/dir/sub/");
  EXPECT_EQ(location("/with%20space"), "/with%20space/");
  EXPECT_EQ(location("/%c3%a4"), "/%C3%A4/");
  EXPECT_EQ(location("/q%3fx"), "/q%3Fx/");
  EXPECT_EQ(location("http://localhost:1/dir"), "/dir/");
}

TEST(Paths, AreNeverRedirectedToAnotherHost) {
  const TempTree site{{"evil.example/dir/x", "x"}, {"dir/x", "x"}, {"\\evil.example/x", "x"}};
  const ServerProcess server{site.path()};
  for (const char* target :
       {"//evil.example/..", "//evil.example/dir", "///evil.example/dir", "//dir",
        "//evil.example/%2e%2e", "//evil.example//..//dir", "/%2fevil.example/dir",
        "/%2f%2fevil.example/dir", "/%5cevil.example", "//%5cevil.example", "/./evil.example/dir",
        "//evil.example", "http://localhost//evil.example/dir", "/dir?//evil.example",
        "/.//evil.example"}) {
    const Response answer = get(server.address(), target);
    if (!answer.has("Location")) continue;
    const std::string location = answer.field("Location");
    EXPECT_EQ(location.front(), '/') << target;
    ASSERT_GE(location.size(), 2u) << target;
    EXPECT_NE(location[1], '/') << target << " leads to " << location;
    EXPECT_NE(location[1], '\\') << target << " leads to " << location;
  }
  EXPECT_EQ(get(server.address(), "//evil.example/dir").field("Location"), "/evil.example/dir/");
}

TEST(Paths, KeepTheQueryOfARedirectOnItsLine) {
  const TempTree site{{"dir/x", "x"}};
  const ServerProcess server{site.path()};
  const Response answer = get(server.address(), "/dir?%0d%0aSet-Cookie:a=b");
  EXPECT_EQ(answer.field("Location"), "/dir/?%0d%0aSet-Cookie:a=b");
  EXPECT_FALSE(answer.has("Set-Cookie"));
}

TEST(Paths, LeadIntoTheRootAsItIsNow) {
  const TempTree tree{
      {"site/index.html", "old"}, {"site/gone.txt", "old"}, {"new/index.html", "new"}};
  const ServerProcess server{tree.path("site")};
  RawClient client{server.address()};
  client.send(get_request("/"));
  EXPECT_EQ(client.read_response().body, "old");
  client.send(get_request("/gone.txt"));
  EXPECT_EQ(client.read_response().body, "old");
  tree.remove("site");
  std::filesystem::copy(tree.path("new"), tree.path("site"),
                        std::filesystem::copy_options::recursive);
  client.send(get_request("/"));
  EXPECT_EQ(client.read_response().body, "new");
  client.send(get_request("/gone.txt"));
  EXPECT_EQ(client.read_response().status, 404);
}

TEST(Paths, LeadIntoARootThatWasRenamedIntoPlace) {
  const TempTree tree{{"site/x", "old"}, {"next/x", "new"}};
  const ServerProcess server{tree.path("site")};
  EXPECT_EQ(get(server.address(), "/x").body, "old");
  tree.rename("site", "before");
  tree.rename("next", "site");
  EXPECT_EQ(get(server.address(), "/x").body, "new");
}

TEST(Paths, WaitForARootThatIsMissing) {
  const TempTree tree{{"site/x", "old"}};
  const ServerProcess server{tree.path("site")};
  EXPECT_EQ(get(server.address(), "/x").body, "old");
  tree.remove("site");
  EXPECT_EQ(get(server.address(), "/x").status, 503);
  const Response page = get(server.address(), "/", kBrowser);
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get(server.address(), "/api/").body, "Hello");
  tree.write("site/x", "new");
  EXPECT_EQ(get(server.address(), "/x").body, "new");
}

TEST(Paths, FollowARootThatIsASwappedLink) {
  const TempTree tree{{"one/x", "one"}, {"two/x", "two"}};
  tree.symlink("one", "current");
  const ServerProcess server{tree.path("current")};
  EXPECT_EQ(get(server.address(), "/x").body, "one");
  tree.symlink("two", "next");
  tree.rename("next", "current");
  EXPECT_EQ(get(server.address(), "/x").body, "two");
}

TEST(Paths, OfASingleFileLeadToItAlone) {
  const TempTree tree{{"page.html", "the page"}, {"other.txt", "SECRET"}};
  const ServerProcess server{tree.path("page.html")};
  Response answer = get(server.address(), "/");
  if (answer.has("Location")) answer = get(server.address(), answer.field("Location"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "the page");
  EXPECT_EQ(answer.field("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get(server.address(), "/page.html").body, "the page");
  for (const char* target : {"/other.txt", "/page.html/x", "/../other.txt", "/missing"}) {
    EXPECT_GE(get(server.address(), target).status, 400) << target;
  }
  tree.replace("page.html", "a new page");
  EXPECT_EQ(get(server.address(), "/page.html").body, "a new page");
}

// A copy of the program that anybody may run, and a command that makes it nobody's: root reads all.
struct Unprivileged {
  Unprivileged() {
    std::filesystem::copy_file(tinyserve_path(), tree.path("program"));
    ::chmod(tree.path("program").c_str(), 0755);
    if (::getuid() == 0)
      options.wrapper = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
    options.program = tree.path("program");
  }
  TempTree tree;
  ServerProcess::Options options;
};

TEST(Paths, OfUnreadableFilesAreForbidden) {
  const TempTree site{{"locked.txt", "SECRET"}, {"locked/x", "SECRET"}, {"open.txt", "open"}};
  ::chmod(site.path("locked.txt").c_str(), 0);
  ::chmod(site.path("locked").c_str(), 0);
  {
    const Unprivileged nobody;
    const ServerProcess server{site.path(), nobody.options};
    EXPECT_EQ(get(server.address(), "/open.txt").body, "open");
    EXPECT_EQ(get(server.address(), "/locked.txt").status, 403);
    EXPECT_EQ(get(server.address(), "/locked/x").status, 403);
    EXPECT_EQ(get(server.address(), "/locked/").status, 403);
  }
  ::chmod(site.path("locked").c_str(), 0755);
}

}  // namespace
}  // namespace tinyserve::test
