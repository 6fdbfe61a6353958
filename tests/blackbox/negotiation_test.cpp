// People get pages, programs get text or JSON, and the answer says that it depends on Accept
// (RFC 9110 §12.5.1, §12.5.5).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;
using nlohmann::json;

constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kText = "text/plain; charset=utf-8";
constexpr const char* kJson = "application/json";

class Negotiation : public ::testing::Test {
 protected:
  Response get_as(const std::string& target, const std::string& accept) {
    return get(server_.address(), target, "Accept: " + accept + "\r\n");
  }

  TempTree site_{{"dir/a.txt", "12345"}, {"dir/sub/x", "x"}, {"file.txt", "content"}};
  ServerProcess server_{site_.path()};
};

TEST_F(Negotiation, GivesErrorsAsPagesToThoseWhoNameHtml) {  // §8.4
  for (const auto& [accept, type] : std::vector<std::pair<std::string, std::string>>{
           {"text/html", kHtml},
           {"TEXT/HTML", kHtml},
           {"text/html;q=0.1", kHtml},
           {"text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", kHtml},
           {"text/*", kHtml},
           {"application/xhtml+xml", kHtml},
           {"text/html;level=1", kHtml},
           {"image/png, text/html", kHtml},
           {"*/*", kText},
           {"text/plain", kText},
           {"application/json", kText},
           {"image/avif,image/webp,*/*;q=0.8", kText},
           {"text/html;q=0", kText},
           {"text/html;q=0.000, */*", kText},
           {"text/htmlx", kText},
           {"xtext/html", kText},
           {"text/html;q=2", kText},
           {"", kText},
           {",,", kText},
       }) {
    for (const char* target : {"/missing", "/dir", "/api/other"}) {
      const Response answer = get_as(target, accept);
      EXPECT_EQ(answer.field("Content-Type"), type) << target << " " << accept;
      EXPECT_EQ(answer.body.starts_with("<!DOCTYPE html>"), type == kHtml) << accept;
    }
  }
}

TEST_F(Negotiation, SaysThatItDependsOnAccept) {  // §13, last sentence
  for (const char* accept : {"text/html", "application/json", "*/*", "text/plain"}) {
    for (const char* target :
         {"/missing", "/dir", "/dir/", "/", "/api/other", "/api/echo", "/.x"}) {
      EXPECT_EQ(get_as(target, accept).field("Vary"), "Accept") << target << " " << accept;
    }
  }
  EXPECT_EQ(get(server_.address(), "/missing").field("Vary"), "Accept");
  EXPECT_EQ(get(server_.address(), "/dir/").field("Vary"), "Accept");
  EXPECT_EQ(ask(server_.address(), "GET /x HTTP/1.1\r\n\r\n").field("Vary"), "Accept");
}

TEST_F(Negotiation, GivesRefusalsInTheSameWay) {  // §8.4
  const std::string bad = "GET /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n";
  EXPECT_EQ(ask(server_.address(), bad + "Accept: text/html\r\n\r\n").field("Content-Type"), kHtml);
  EXPECT_EQ(ask(server_.address(), bad + "Accept: */*\r\n\r\n").field("Content-Type"), kText);
  EXPECT_EQ(ask(server_.address(), "nonsense\r\n\r\n").field("Content-Type"), kText);
  // What comes behind the fault was not read.
  EXPECT_EQ(ask(server_.address(), "GET /x HTTP/1.1\r\nBad Name: x\r\nAccept: text/html\r\n\r\n")
                .field("Content-Type"),
            kText);
}

TEST_F(Negotiation, ListsAsJsonForThoseWhoRatherHaveThat) {  // §10.6
  for (const auto& [accept, type] : std::vector<std::pair<std::string, std::string>>{
           {"application/json", kJson},
           {"APPLICATION/JSON", kJson},
           {"application/json, */*;q=0.5", kJson},
           {"application/json, text/html;q=0.5", kJson},
           {"text/html;q=0, application/json;q=0.1", kJson},
           {"text/html, application/json", kHtml},
           {"text/html, application/json;q=0.9", kHtml},
           {"application/json;q=0", kHtml},
           {"*/*", kHtml},
           {"application/*", kHtml},
           {"application/jsonx", kHtml},
           {"text/plain", kHtml},
           {"", kHtml},
       }) {
    EXPECT_EQ(get_as("/dir/", accept).field("Content-Type"), type) << accept;
  }
  EXPECT_EQ(get(server_.address(), "/dir/").field("Content-Type"), kHtml);
}

TEST_F(Negotiation, ListsNamesTypesSizesAndLinksAsJson) {  // §10.6
  site_.write("dir/with space & <b>.txt", "");
  site_.write("dir/\xff.txt", "x");
  site_.write("dir/.hidden", "x");
  const Response answer = get_as("/dir/", "application/json");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(answer.field("Cache-Control"), "no-cache");
  const json list = json::parse(answer.body);
  ASSERT_TRUE(list.is_array());
  ASSERT_EQ(list.size(), 4u) << answer.body;
  json by_link;
  for (const json& entry : list) by_link[entry.at("href").get<std::string>()] = entry;
  EXPECT_EQ(by_link.at("./a.txt").at("name"), "a.txt");
  EXPECT_EQ(by_link.at("./a.txt").at("type"), "file");
  EXPECT_EQ(by_link.at("./a.txt").at("size"), 5);
  EXPECT_TRUE(by_link.at("./a.txt").at("modified").is_string());
  EXPECT_EQ(by_link.at("./sub/").at("name"), "sub");
  EXPECT_EQ(by_link.at("./sub/").at("type"), "directory");
  EXPECT_TRUE(by_link.at("./sub/").at("size").is_null());
  EXPECT_EQ(by_link.at("./with%20space%20%26%20%3Cb%3E.txt").at("name"), "with space & <b>.txt");
  EXPECT_TRUE(by_link.contains("./%FF.txt")) << answer.body;
}

TEST_F(Negotiation, ListsAnEmptyDirectoryAsAnEmptyArray) {
  site_.make_dir("empty");
  EXPECT_EQ(json::parse(get_as("/empty/", "application/json").body), json::array());
}

TEST_F(Negotiation, HasNoSayInWhatAFileIs) {
  for (const char* accept : {"text/html", "application/json", "image/png", "text/plain;q=0"}) {
    const Response answer = get_as("/file.txt", accept);
    EXPECT_EQ(answer.status, 200) << accept;
    EXPECT_EQ(answer.field("Content-Type"), kText) << accept;
    EXPECT_FALSE(answer.has("Vary")) << accept;
  }
}

TEST_F(Negotiation, ReadsAcceptFromAllItsLines) {  // §2.4
  const Response answer =
      get(server_.address(), "/missing", "Accept: image/png\r\nX: y\r\naccept: text/html\r\n");
  EXPECT_EQ(answer.field("Content-Type"), kHtml);
}

}  // namespace
}  // namespace tinyserve::test
