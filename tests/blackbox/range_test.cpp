// Parts of a file are sent exactly as asked for, and never more than the file (RFC 9110 §14).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/raw_client.h"
#include "support/samples.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

constexpr const char* kAlphabet = "abcdefghijklmnopqrstuvwxyz";

// What `parts` of the alphabet look like as multipart/byteranges.
std::string multipart(const std::string& boundary,
                      const std::vector<std::pair<std::string, std::string>>& parts) {
  std::string text;
  for (const auto& [range, bytes] : parts) {
    if (!text.empty()) text += "\r\n";
    text += "--" + boundary +
            "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " + range +
            "/26\r\n\r\n" + bytes;
  }
  return text + "\r\n--" + boundary + "--\r\n";
}

std::string boundary_of(const Response& answer) {
  const std::string start = "multipart/byteranges; boundary=";
  const std::string type = answer.field("Content-Type");
  EXPECT_TRUE(type.starts_with(start)) << type;
  return type.starts_with(start) ? type.substr(start.size()) : "";
}

class RangeGet : public ::testing::Test {
 protected:
  Response range_of(const std::string& target, const std::string& range,
                    const std::string& fields = "") {
    return get(server_.address(), target, "Range: " + range + "\r\n" + fields);
  }

  void expect_whole(const std::string& fields) {
    const Response answer = get(server_.address(), "/az.txt", fields);
    EXPECT_EQ(answer.status, 200) << fields;
    EXPECT_EQ(answer.body, kAlphabet) << fields;
    EXPECT_FALSE(answer.has("Content-Range")) << fields;
  }

  TempTree site_{{"az.txt", kAlphabet}, {"empty.txt", ""}, {"one.txt", "1"}, {"dir/x", "x"}};
  ServerProcess server_{site_.path()};
};

TEST_F(RangeGet, SendsOnePart) {  // §12.2, §12.3
  struct Row {
    const char* range;
    const char* sent;
    const char* bytes;
  };
  for (const Row& row : {
           Row{"bytes=0-0", "0-0", "a"},
           Row{"bytes=0-25", "0-25", kAlphabet},
           Row{"bytes=3-5", "3-5", "def"},
           Row{"bytes=25-25", "25-25", "z"},
           Row{"bytes=20-99", "20-25", "uvwxyz"},
           Row{"bytes=20-", "20-25", "uvwxyz"},
           Row{"bytes=0-", "0-25", kAlphabet},
           Row{"bytes=-3", "23-25", "xyz"},
           Row{"bytes=-26", "0-25", kAlphabet},
           Row{"bytes=-99", "0-25", kAlphabet},
           Row{"bytes=003-005", "3-5", "def"},
           Row{"bytes=24-99999999999999999999999999", "24-25", "yz"},
           Row{"bytes=-99999999999999999999999999", "0-25", kAlphabet},
           Row{"bytes=24-18446744073709551615", "24-25", "yz"},
           Row{"BYTES=1-2", "1-2", "bc"},
           Row{"Bytes=1-2", "1-2", "bc"},
           Row{"bytes=,1-2", "1-2", "bc"},
           Row{"bytes= ,\t1-2 , ", "1-2", "bc"},
           Row{"bytes=1-2,50-60", "1-2", "bc"},
           Row{"bytes=50-,-0,1-2", "1-2", "bc"},
       }) {
    const Response answer = range_of("/az.txt", row.range);
    EXPECT_EQ(answer.status, 206) << row.range;
    EXPECT_EQ(answer.reason, "Partial Content");
    EXPECT_EQ(answer.field("Content-Range"), "bytes "s + row.sent + "/26") << row.range;
    EXPECT_EQ(answer.body, row.bytes) << row.range;
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(std::string(row.bytes).size()));
    EXPECT_EQ(answer.field("Content-Type"), "text/plain; charset=utf-8");
  }
}

TEST_F(RangeGet, IsOfferedAndRepeatsTheFieldsOfTheWhole) {  // §12.3, §10.8
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const Response whole = get(server_.address(), "/az.txt");
  EXPECT_EQ(whole.field("Accept-Ranges"), "bytes");
  const Response part = range_of("/az.txt", "bytes=1-2");
  for (const char* name : {"ETag", "Last-Modified", "Cache-Control", "Content-Type",
                           "X-Content-Type-Options", "Accept-Ranges", "Vary"}) {
    EXPECT_EQ(part.count(name), whole.count(name)) << name;
    EXPECT_EQ(part.field(name), whole.field(name)) << name;
  }
  EXPECT_TRUE(part.has("Date"));
  const Response parts = range_of("/az.txt", "bytes=1-2,4-5");
  for (const char* name : {"ETag", "Last-Modified", "Cache-Control", "X-Content-Type-Options"}) {
    EXPECT_EQ(parts.field(name), whole.field(name)) << name;
  }
}

TEST_F(RangeGet, IsIgnoredWhenMalformed) {  // §12.1, §12.2
  for (const std::string& range : {"bytes"s,         "bytes="s,        "bytes=-"s,
                                   "bytes=a-b"s,     "bytes=1"s,       "bytes=5-3"s,
                                   "bytes=+1-2"s,    "bytes=1-+2"s,    "bytes=--1"s,
                                   "bytes=1--2"s,    "bytes=1-2-3"s,   "bytes=0x1-2"s,
                                   "bytes=1.0-2"s,   "bytes=1 - 2"s,   "bytes 1-2"s,
                                   "bytes:1-2"s,     "1-2"s,           ""s,
                                   "octets=1-2"s,    "byte=1-2"s,      "bytess=1-2"s,
                                   "lines=1-2"s,     "bytes=1-2;3-4"s, "bytes=1-2,x"s,
                                   "bytes=1-2,5-3"s, "bytes=*"s,       "bytes=,"s,
                                   "bytes=1-\x80"s,  "bytes =1-2"s,    "bytes=\"1-2\""s}) {
    expect_whole("Range: " + range + "\r\n");
  }
  expect_whole("Range: bytes=1-2\r\nRange: bytes=4-5\r\n");
}

TEST_F(RangeGet, IsRefusedWhenNothingCanBeSent) {  // §12.2
  for (const char* range : {"bytes=26-", "bytes=26-30", "bytes=-0", "bytes=99999999999999999999-",
                            "bytes=26-,-0,30-31", "bytes=18446744073709551615-"}) {
    RawClient client{server_.address()};
    client.send(get_request("/az.txt", "Range: "s + range + "\r\n"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 416) << range;
    EXPECT_EQ(answer.reason, "Range Not Satisfiable");
    EXPECT_EQ(answer.field("Content-Range"), "bytes */26") << range;
    EXPECT_FALSE(answer.has("Connection"));
    client.send(get_request("/az.txt"));
    EXPECT_EQ(client.read_response().body, kAlphabet) << range;
  }
}

TEST_F(RangeGet, OfAnEmptyFileIsAllOfIt) {  // §12.2: a 416 would be allowed, too
  for (const char* range : {"bytes=0-0", "bytes=0-", "bytes=-1", "bytes=-0", "bytes=0-,1-"}) {
    const Response answer = range_of("/empty.txt", range);
    EXPECT_EQ(answer.status, 200) << range;
    EXPECT_EQ(answer.field("Content-Length"), "0") << range;
    EXPECT_FALSE(answer.has("Content-Range")) << range;
  }
}

TEST_F(RangeGet, OfOneByteIsThatByte) {
  EXPECT_EQ(range_of("/one.txt", "bytes=0-0").field("Content-Range"), "bytes 0-0/1");
  EXPECT_EQ(range_of("/one.txt", "bytes=-1").body, "1");
  EXPECT_EQ(range_of("/one.txt", "bytes=1-").status, 416);
}

TEST_F(RangeGet, SendsSeveralPartsByteForByte) {  // §12.4
  struct Row {
    const char* range;
    std::vector<std::pair<std::string, std::string>> parts;
  };
  const std::vector<Row> rows = {
      {"bytes=0-1,24-25", {{"0-1", "ab"}, {"24-25", "yz"}}},
      {"bytes=24-,0-1", {{"24-25", "yz"}, {"0-1", "ab"}}},
      {"bytes=-2,5-5,0-0", {{"24-25", "yz"}, {"5-5", "f"}, {"0-0", "a"}}},
      {"bytes=0-1,99-,24-", {{"0-1", "ab"}, {"24-25", "yz"}}},
      {"bytes=2-4, ,3-5", {{"2-4", "cde"}, {"3-5", "def"}}},
      {"bytes=0-12,13-25", {{"0-12", "abcdefghijklm"}, {"13-25", "nopqrstuvwxyz"}}},
  };
  for (const Row& row : rows) {
    RawClient client{server_.address()};
    client.send(get_request("/az.txt", "Range: "s + row.range + "\r\n"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 206) << row.range;
    EXPECT_EQ(answer.body, multipart(boundary_of(answer), row.parts)) << row.range;
    EXPECT_FALSE(answer.has("Content-Range")) << row.range;
    // The announced length was that of all parts with their heads, or this would be garbled.
    client.send(get_request("/az.txt"));
    EXPECT_EQ(client.read_response().body, kAlphabet) << row.range;
  }
}

TEST_F(RangeGet, ChoosesABoundaryThatNobodyGuesses) {  // §12.4
  const std::string first = boundary_of(range_of("/az.txt", "bytes=0-0,2-2"));
  EXPECT_GE(first.size(), 16u);
  EXPECT_NE(boundary_of(range_of("/az.txt", "bytes=0-0,2-2")), first);
}

TEST_F(RangeGet, IsIgnoredWhenItAsksForMoreThanTheFile) {  // §12.5
  std::string seventeen = "bytes=";
  for (int i = 0; i < 17; ++i) seventeen += std::to_string(i) + "-" + std::to_string(i) + ",";
  expect_whole("Range: " + seventeen + "\r\n");
  expect_whole("Range: bytes=0-,0-\r\n");
  expect_whole("Range: bytes=0-25,5-5\r\n");
  expect_whole("Range: bytes=0-15,10-25\r\n");
  std::string bomb = "bytes=0-";
  for (int i = 0; i < 1300; ++i) bomb += ",5-" + std::to_string(i);
  expect_whole("Range: " + bomb + "\r\n");
}

TEST_F(RangeGet, TakesSixteenParts) {  // the table of §9
  std::string range = "bytes=0-0";
  std::vector<std::pair<std::string, std::string>> parts{{"0-0", "a"}};
  for (int i = 1; i < 16; ++i) {
    const std::string at = std::to_string(i);
    range += "," + at + "-" + at;
    parts.emplace_back(at + "-" + at, std::string(1, static_cast<char>('a' + i)));
  }
  const Response answer = range_of("/az.txt", range);
  EXPECT_EQ(answer.status, 206);
  EXPECT_EQ(answer.body, multipart(boundary_of(answer), parts));
}

TEST_F(RangeGet, IsForGetAlone) {  // §12.1
  RawClient client{server_.address()};
  for (const char* range : {"bytes=1-2", "bytes=99-", "bytes=0-0,2-2"}) {
    client.send("HEAD /az.txt HTTP/1.1\r\nHost: localhost\r\nRange: "s + range + "\r\n\r\n");
    const Response head = client.read_head();
    EXPECT_EQ(head.status, 200) << range;
    EXPECT_EQ(head.field("Content-Length"), "26") << range;
    EXPECT_FALSE(head.has("Content-Range")) << range;
    client.send("POST /api/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nRange: "s +
                range + "\r\n\r\nhello");
    EXPECT_EQ(client.read_response().body, "hello") << range;
  }
}

TEST_F(RangeGet, IsForFilesAlone) {  // §11: only where the answer would be 200
  EXPECT_EQ(range_of("/missing", "bytes=0-0").status, 404);
  EXPECT_EQ(range_of("/missing", "bytes=0-0").body, get(server_.address(), "/missing").body);
  EXPECT_EQ(range_of("/dir", "bytes=0-0").status, 301);
  EXPECT_EQ(range_of("/dir/", "bytes=0-0").status, 200);
  EXPECT_EQ(range_of("/api/", "bytes=0-0").body, "Hello");
}

TEST_F(RangeGet, HeedsIfRange) {  // §12.6
  const timespec times[2] = {{784111777, 0}, {784111777, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, site_.path("az.txt").c_str(), times, 0), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::string tag = get(server_.address(), "/az.txt").field("ETag");
  for (const std::string& value :
       {tag, "Sun, 06 Nov 1994 08:49:37 GMT"s, "Sunday, 06-Nov-94 08:49:37 GMT"s,
        "Sun Nov  6 08:49:37 1994"s}) {
    EXPECT_EQ(range_of("/az.txt", "bytes=1-2", "If-Range: " + value + "\r\n").body, "bc") << value;
    EXPECT_EQ(range_of("/az.txt", "bytes=26-", "If-Range: " + value + "\r\n").status, 416) << value;
  }
  for (const std::string& value :
       {"W/" + tag, "\"other\""s, tag + "," + tag, tag + ", \"x\"", "*"s, ""s, "garbage"s,
        tag.substr(1, tag.size() - 2), "Sun, 06 Nov 1994 08:49:36 GMT"s,
        "Sun, 06 Nov 1994 08:49:38 GMT"s, "Fri, 31 Dec 9999 23:59:59 GMT"s}) {
    expect_whole("Range: bytes=1-2\r\nIf-Range: " + value + "\r\n");
    expect_whole("Range: bytes=26-\r\nIf-Range: " + value + "\r\n");
    expect_whole("Range: bytes=0-0,2-2\r\nIf-Range: " + value + "\r\n");
  }
  expect_whole("Range: bytes=1-2\r\nIf-Range: " + tag + "\r\nIf-Range: " + tag + "\r\n");
  expect_whole("If-Range: " + tag + "\r\n");
}

TEST_F(RangeGet, GivesAResumedDownloadTheNewFileWhenItChanged) {  // §12.6, §10.9
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::string tag = get(server_.address(), "/az.txt").field("ETag");
  site_.replace("az.txt", "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  const Response answer = range_of("/az.txt", "bytes=13-", "If-Range: " + tag + "\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

TEST(RangeOfALargeFile, IsSentByteForByte) {  // §12.3, §12.4
  constexpr std::size_t kSize = 5u << 20;
  const std::string content = noise_of(kSize);
  const TempTree site{{"big.txt", content}};
  const ServerProcess server{site.path()};
  RawClient client{server.address()};
  for (const auto& [first, last] :
       std::vector<std::pair<std::size_t, std::size_t>>{{0, 0},
                                                        {4095, 4096},
                                                        {65535, 65536},
                                                        {1, 3'000'000},
                                                        {1'048'576, kSize - 1},
                                                        {kSize - 1, kSize - 1},
                                                        {0, kSize - 1}}) {
    const std::string range = std::to_string(first) + "-" + std::to_string(last);
    client.send(get_request("/big.txt", "Range: bytes=" + range + "\r\n"));
    const Response answer = client.read_response();
    EXPECT_EQ(answer.status, 206) << range;
    EXPECT_EQ(answer.field("Content-Range"), "bytes " + range + "/" + std::to_string(kSize));
    EXPECT_TRUE(answer.body == content.substr(first, last - first + 1)) << range;
  }
  client.send(get_request("/big.txt", "Range: bytes=4000000-5000000,-3,0-999999\r\n"));
  const Response answer = client.read_response();
  const std::string boundary = boundary_of(answer);
  const auto part = [&](const std::string& range, const std::string& bytes) {
    return "--" + boundary +
           "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes " + range + "/" +
           std::to_string(kSize) + "\r\n\r\n" + bytes + "\r\n";
  };
  EXPECT_TRUE(answer.body == part("4000000-5000000", content.substr(4'000'000, 1'000'001)) +
                                 part("5242877-5242879", content.substr(kSize - 3)) +
                                 part("0-999999", content.substr(0, 1'000'000)) + "--" + boundary +
                                 "--\r\n");
}

}  // namespace
}  // namespace tinyserve::test
