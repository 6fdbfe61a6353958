// Files above 512 KiB are compressed while they are sent: in portions, as fast as each client
// reads, and never as a mixture of two versions.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/decode.h"
#include "support/raw_client.h"
#include "support/samples.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using nlohmann::json;

constexpr std::size_t kBoundary = 512 * 1024;
constexpr std::size_t kPlaces = 32;  // for streams at once
constexpr const char* kCodings[] = {"br", "zstd", "gzip"};
const std::string kScript = script_of(1'500'000);
// More than what lies between a server and a client that does not read.
const std::string kNoise = noise_of(4 << 20);

std::string accept(const std::string& codings) { return "Accept-Encoding: " + codings + "\r\n"; }

void expect_decoded(const Response& answer, const std::string& coding, const std::string& content) {
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.field("Content-Encoding"), coding);
  EXPECT_TRUE(content_of(coding, answer.body) == content) << coding;
}

// Asks for `target`, and reads no more than the head of the answer.
RawClient stalled_client(const ServerProcess& server, const std::string& target,
                         Response* head = nullptr) {
  RawClient client{server.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send(get_request(target, accept("gzip")));
  const Response answer = client.read_head();
  if (head != nullptr) *head = answer;
  return client;
}

// Asks until every place is taken: one may still be a worker's whose client has gone.
std::vector<RawClient> clients_in_all_places(const ServerProcess& server) {
  std::vector<RawClient> clients;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (clients.size() < kPlaces && std::chrono::steady_clock::now() < deadline) {
    Response head;
    RawClient client = stalled_client(server, "/noise.txt", &head);
    if (head.has("Content-Encoding")) clients.push_back(std::move(client));
  }
  return clients;
}

// The most memory that `process` has ever had, in bytes.
std::size_t peak_memory(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::string word;
  while (status >> word && word != "VmHWM:") {
  }
  std::size_t kibibytes = 0;
  status >> kibibytes;
  return kibibytes * 1024;
}

class CompressedStream : public ::testing::Test {
 protected:
  Response get_with(const std::string& fields, const std::string& target = "/app.js") {
    return get(server_.address(), target, fields);
  }

  TempTree site_{{"app.js", kScript},
                 {"noise.txt", kNoise},
                 {"small.txt", "small"},
                 {"at.css", script_of(kBoundary)},
                 {"above.css", script_of(kBoundary + 1)}};
  ServerProcess server_{site_.path(), {"--compress"}};
};

TEST_F(CompressedStream, BeginsAbove512Kibibytes) {
  for (const char* coding : kCodings) {
    const Response at = get_with(accept(coding), "/at.css");
    EXPECT_EQ(at.field("Content-Length"), std::to_string(at.body.size()));
    EXPECT_FALSE(at.has("Transfer-Encoding"));
    expect_decoded(at, coding, script_of(kBoundary));
    const Response above = get_with(accept(coding), "/above.css");
    EXPECT_FALSE(above.has("Content-Length"));
    EXPECT_EQ(above.field("Transfer-Encoding"), "chunked");
    expect_decoded(above, coding, script_of(kBoundary + 1));
  }
}

TEST_F(CompressedStream, HasTheFieldsOfWhatIsCompressed) {
  for (const char* coding : kCodings) {
    const Response answer = get_with(accept(coding) + "Range: bytes=0-9\r\n");
    expect_decoded(answer, coding, kScript);
    EXPECT_LT(answer.body.size(), kScript.size() / 2);
    EXPECT_TRUE(answer.field("ETag").starts_with("W/\""));
    EXPECT_EQ(answer.field("Accept-Ranges"), "none");
    EXPECT_EQ(answer.field("Vary"), "Accept-Encoding");
  }
  EXPECT_EQ(get_with("Range: bytes=0-9\r\n").body, kScript.substr(0, 10));
}

TEST_F(CompressedStream, IsNotMadeForHeadOrForWhatIsNotModified) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  const std::size_t before = server_.bytes_read();
  RawClient client{server_.address()};
  for (const char* coding : kCodings) {
    client.send("HEAD /app.js HTTP/1.1\r\nHost: localhost\r\n" + accept(coding) + "\r\n");
    const Response head = client.read_head();
    EXPECT_EQ(head.field("Transfer-Encoding"), "chunked");
    EXPECT_FALSE(head.has("Content-Length"));
    EXPECT_EQ(head.field("Content-Encoding"), coding);
    const std::string known = "If-None-Match: " + head.field("ETag") + "\r\n";
    client.send(get_request("/app.js", accept(coding) + known));
    EXPECT_EQ(client.read_response().status, 304);
  }
  EXPECT_LT(server_.bytes_read(), before + kScript.size());
}

TEST_F(CompressedStream, EndsWithTheConnectionForAnOlderClient) {
  for (const char* coding : kCodings) {
    RawClient client{server_.address()};
    client.send("GET /app.js HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n" +
                accept(coding) + "\r\n");
    Response answer = client.read_head();
    EXPECT_FALSE(answer.has("Content-Length"));
    EXPECT_FALSE(answer.has("Transfer-Encoding"));
    EXPECT_EQ(answer.field("Connection"), "close");
    answer.body = client.read_until_close();
    expect_decoded(answer, coding, kScript);
  }
}

TEST_F(CompressedStream, LeavesTheConnectionOpen) {
  RawClient client{server_.address()};
  for (const char* coding : kCodings) {
    client.send(get_request("/app.js", accept(coding)));
    expect_decoded(client.read_response(), coding, kScript);
    client.send(get_request("/small.txt"));
    EXPECT_EQ(client.read_response().body, "small");
  }
}

TEST_F(CompressedStream, KeepsTheOrderOfAPipeline) {
  RawClient client{server_.address()};
  std::string requests;
  for (const char* coding : kCodings) {
    requests += get_request("/app.js", accept(coding)) + get_request("/small.txt") +
                get_request("/at.css", accept(coding));
  }
  client.send(requests + get_request("/app.js", accept("br") + "Connection: close\r\n"));
  for (const char* coding : kCodings) {
    expect_decoded(client.read_response(), coding, kScript);
    EXPECT_EQ(client.read_response().body, "small");
    expect_decoded(client.read_response(), coding, script_of(kBoundary));
  }
  expect_decoded(client.read_response(), "br", kScript);
  EXPECT_TRUE(client.is_closed_by_server());
}

TEST_F(CompressedStream, IsRecordedWithoutItsFrame) {
  std::vector<std::size_t> sizes;
  for (const char* coding : kCodings) sizes.push_back(get_with(accept(coding)).body.size());
  const std::vector<json> records = server_.wait_for_records(3);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    EXPECT_EQ(records[i].at("bytes"), sizes[i]) << records[i];
    EXPECT_EQ(records[i].at("via"), "file") << records[i];
  }
}

TEST_F(CompressedStream, IsMadeOnceForEachVersion) {
  std::this_thread::sleep_for(std::chrono::milliseconds(2100));
  for (const char* coding : kCodings) {
    const Response first = get_with(accept(coding));
    expect_decoded(first, coding, kScript);
    const std::size_t before = server_.bytes_read();
    const Response second = get_with(accept(coding));
    EXPECT_TRUE(second.body == first.body);
    EXPECT_EQ(second.field("Content-Length"), std::to_string(first.body.size()));
    EXPECT_EQ(second.field("ETag"), first.field("ETag"));
    EXPECT_LT(server_.bytes_read(), before + kScript.size()) << coding;
  }
  const std::string changed = script_of(kScript.size(), 1);
  site_.write("app.js", changed);
  for (const char* coding : kCodings) expect_decoded(get_with(accept(coding)), coding, changed);
}

TEST_F(CompressedStream, IsCutOffWhereTheFileIsWrittenTo) {
  RawClient client = stalled_client(server_, "/noise.txt");
  // In place, and without a moment in which it is shorter.
  std::fstream(site_.path("noise.txt"), std::ios::in | std::ios::out) << script_of(kNoise.size());
  EXPECT_FALSE(client.read_until_gone().ends_with("0\r\n\r\n"));
  const json record = server_.wait_for_records(1).at(0);
  EXPECT_EQ(record.at("via"), "internal-error") << record;
  expect_decoded(get_with(accept("br"), "/noise.txt"), "br", script_of(kNoise.size()));
}

TEST_F(CompressedStream, IsCutOffWhereTheFileBecomesShorter) {
  RawClient client = stalled_client(server_, "/noise.txt");
  site_.write("noise.txt", "now short");
  EXPECT_FALSE(client.read_until_gone().ends_with("0\r\n\r\n"));
}

// There the end of the connection is that of the content: only a reset tells that it is not whole.
TEST_F(CompressedStream, IsCutOffWithAResetForAnOlderClient) {
  RawClient client{server_.address(), RawClient::Options{.receive_buffer = 4096}};
  client.send("GET /noise.txt HTTP/1.0\r\nHost: localhost\r\n" + accept("gzip") + "\r\n");
  client.read_head();
  site_.write("noise.txt", script_of(kNoise.size()));
  EXPECT_THROW(client.read_until_close(), std::system_error);
}

TEST_F(CompressedStream, IsOfTheOldVersionWhereTheFileIsReplacedOrRemoved) {
  for (const bool replaced : {true, false}) {
    Response answer;
    RawClient client = stalled_client(server_, "/noise.txt", &answer);
    if (replaced) {
      site_.replace("noise.txt", kNoise);
    } else {
      site_.remove("noise.txt");
    }
    answer.body = client.read_chunks();
    expect_decoded(answer, "gzip", kNoise);
  }
}

// Beyond the places there are, files are sent as they are.
TEST_F(CompressedStream, IsForThirtyTwoClientsAtOnce) {
  std::vector<Response> answers(40);
  std::vector<RawClient> clients;
  for (Response& answer : answers) {
    clients.push_back(stalled_client(server_, "/noise.txt", &answer));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    EXPECT_EQ(answers[i].field("Content-Encoding"), i < kPlaces ? "gzip" : "") << i;
  }
  // First those for whom the kernel is full already: the server waits for them no longer than 30 s,
  // and compressing for all of the others may take that.
  for (const std::size_t i : {kPlaces, clients.size() - 1, std::size_t{0}, kPlaces - 1}) {
    answers[i].body = i < kPlaces ? clients[i].read_chunks() : clients[i].read_bytes(kNoise.size());
    expect_decoded(answers[i], i < kPlaces ? "gzip" : "", kNoise);
  }
  expect_decoded(get_with(accept("gzip")), "gzip", kScript);
}

TEST_F(CompressedStream, GivesUpItsPlaceWhenTheClientGoes) {
  for (int round = 0; round < 3; ++round) {
    std::vector<RawClient> clients = clients_in_all_places(server_);
    EXPECT_EQ(clients.size(), kPlaces);
    EXPECT_EQ(get_with(accept("gzip")).field("Content-Encoding"), "");
    for (RawClient& client : clients) client.reset();
  }
}

TEST_F(CompressedStream, SurvivesClientsThatGoAtAnyMoment) {
  for (int i = 0; i < 100; ++i) {
    RawClient client{server_.address()};
    client.send(get_request("/app.js", accept(kCodings[i % 3])) + get_request("/app.js"));
    if (i % 4 > 0) client.read_bytes(static_cast<std::size_t>(i) * 100);
    if (i % 2 == 0) client.reset();
  }
  EXPECT_EQ(get_with("", "/small.txt").body, "small");
}

// While one client reads a stream to its end, there is time enough to make all of the others'.
TEST(CompressedStreams, ThatNobodyReadsTakeLittleMemoryAndHoldUpNobody) {
  const std::string noise = noise_of(20 << 20);
  const TempTree site{{"noise.txt", noise}, {"small.txt", "small"}};
  // A sanitizer keeps what is freed, for a while.
  const ServerProcess server{
      site.path(),
      {.arguments = {"--compress"}, .environment = {"ASAN_OPTIONS=quarantine_size_mb=1"}}};
  std::vector<RawClient> rude;
  for (int i = 0; i < 8; ++i) rude.push_back(stalled_client(server, "/noise.txt"));
  expect_decoded(get(server.address(), "/noise.txt", accept("gzip")), "gzip", noise);
  EXPECT_EQ(get(server.address(), "/small.txt").body, "small");
  EXPECT_LT(peak_memory(server.pid()), 100U << 20);
}

}  // namespace
}  // namespace tinyserve::test
