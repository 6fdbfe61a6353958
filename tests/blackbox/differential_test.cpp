// The same bytes to nginx and to us: the answers agree, but for a list of differences that are
// meant, each with its reason.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "support/program.h"
#include "support/raw_client.h"
#include "support/server_process.h"
#include "support/temp_tree.h"

namespace tinyserve::test {
namespace {

using namespace std::string_literals;

constexpr const char* kNginx = "/usr/sbin/nginx";

// A port that was free a moment ago.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || ::bind(fd, any, size) != 0 || ::getsockname(fd, any, &size) != 0)
    throw std::system_error(errno, std::generic_category(), "a free port");
  ::close(fd);
  return ntohs(address.sin_port);
}

// nginx as one process in the foreground, with everything it writes below a directory of its own.
class Nginx {
 public:
  explicit Nginx(const std::string& root) {
    for (int attempt = 0; attempt < 10 && !address_; ++attempt) start(root, free_port());
    if (!address_) throw std::runtime_error("nginx did not start:\n" + program_->err());
  }
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;
  ~Nginx() {
    program_->signal(SIGTERM);
    program_->wait();
  }

  [[nodiscard]] Address address() const { return *address_; }

 private:
  void start(const std::string& root, std::uint16_t port) {
    std::string config = "daemon off; master_process off; error_log stderr crit; pid " +
                         files_.path("pid") + ";\nevents {}\nhttp {\n  access_log off;\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      config += "  "s + kind + "_temp_path " + files_.path(kind) + ";\n";
    config +=
        "  types { text/html html; text/plain txt; text/javascript js; }\n"
        "  default_type application/octet-stream;\n  server_tokens off;\n"
        "  server {\n    listen 127.0.0.1:" +
        std::to_string(port) +
        ";\n    absolute_redirect off;\n    lingering_timeout 100ms;\n    location ~ /\\. { return "
        "404; }\n"
        "    root " +
        root + ";\n  }\n}\n";
    files_.write("nginx.conf", config);
    program_.emplace(Program::Options{
        .command = {kNginx, "-p", files_.path(), "-c", files_.path("nginx.conf"), "-e", "stderr"},
        .environment = {}});
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline && !program_->ended()) {
      try {
        const RawClient client{{"127.0.0.1", port}};
        address_ = Address{"127.0.0.1", port};
        return;
      } catch (const std::system_error&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
  }

  TempTree files_;
  std::optional<Program> program_;
  std::optional<Address> address_;
};

// What came back for a request before the server closed; 0: nothing that begins like an answer.
struct Reply {
  int status;
  std::string content;
};

Reply reply_of(const Address& address, const std::string& request) {
  RawClient client{address};
  client.send_until_stuck(request, std::chrono::seconds(5));
  const std::string text = client.read_until_gone();
  const std::size_t end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || end == text.npos) return {0, text};
  return {std::stoi(text.substr(9, 3)), text.substr(end + 4)};
}

// Where the last of its requests must say it itself, the line is given in full.
std::string request_of(const std::string& line, const std::string& fields = "") {
  return line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + fields + "\r\n";
}

class Differential : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::access(kNginx, X_OK) != 0) GTEST_SKIP() << "nginx is not installed (package nginx-light)";
    server_.emplace(site_.path());
    nginx_.emplace(site_.path());
  }

  TempTree site_{{"az.txt", "abcdefghijklmnopqrstuvwxyz"},
                 {"index.html", "<p>top</p>"},
                 {"dir/index.html", "<p>below</p>"},
                 {"bare/x.txt", "x"},
                 {"with space.txt", "space"},
                 {"pl+us.txt", "plus"},
                 {"empty.txt", ""},
                 {"big.txt", std::string(500'000, 'b')},
                 {".env", "SECRET"}};
  std::optional<ServerProcess> server_;
  std::optional<Nginx> nginx_;
};

TEST_F(Differential, AgreesAboutWhatIsGood) {
  const std::string tag_free = "If-None-Match: \"other\"\r\n";
  for (const std::string& request : {
           request_of("GET /az.txt"),
           request_of("GET /"),
           request_of("GET /dir/"),
           request_of("GET /dir/index.html"),
           request_of("GET /empty.txt"),
           request_of("GET /big.txt"),
           request_of("GET /with%20space.txt"),
           request_of("GET /pl+us.txt"),
           request_of("GET /%61z.txt"),
           request_of("GET /az.txt?query"),
           request_of("GET //az.txt"),
           request_of("GET /./az.txt"),
           request_of("GET /dir/../az.txt"),
           request_of("GET /x/%2e%2e/az.txt"),
           request_of("GET http://localhost/az.txt"),
           request_of("HEAD /az.txt"),
           request_of("HEAD /big.txt"),
           request_of("GET /az.txt", tag_free),
           request_of("GET /az.txt", "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
           request_of("GET /az.txt", "If-Modified-Since: nonsense\r\n"),
           request_of("GET /az.txt", "Range: bytes=3-5\r\n"),
           request_of("GET /az.txt", "Range: bytes=20-\r\n"),
           request_of("GET /az.txt", "Range: bytes=20-99\r\n"),
           request_of("GET /az.txt", "Range: bytes=-3\r\n"),
           request_of("GET /az.txt", "Range: bytes=-99\r\n"),
           request_of("GET /az.txt", "Range: octets=3-5\r\n"),
           request_of("GET /az.txt", "Range: bytes=0-25,0-25\r\n"),
           request_of("GET /big.txt", "Range: bytes=1000-400000\r\n"),
           request_of("GET /az.txt", "If-Range: \"other\"\r\nRange: bytes=3-5\r\n"),
           request_of("GET /az.txt", "X: \x80\xff\r\n"),
           request_of("GET /az.txt", "Content-Length: 3\r\n") + "abc",
           "GET /az.txt HTTP/1.0\r\n\r\n"s,
           "GET /az.txt HTTP/1.0\r\nHost: localhost\r\n\r\n"s,
           "\r\nGET /az.txt HTTP/1.1\r\nHost:localhost\r\nconnection: CLOSE\r\n\r\n"s,
       }) {
    const Reply ours = reply_of(server_->address(), request);
    const Reply theirs = reply_of(nginx_->address(), request);
    EXPECT_EQ(ours.status, theirs.status) << request;
    EXPECT_TRUE(ours.status == 200 || ours.status == 206) << ours.status << "\n" << request;
    EXPECT_EQ(ours.content, theirs.content) << request;
  }
}

TEST_F(Differential, AgreesAboutTheStatusOfOtherRequests) {
  struct Row {
    int status;
    std::string request;
  };
  const std::string host = "Host: localhost\r\n";
  for (const auto& [status, request] : std::vector<Row>{
           {301, request_of("GET /dir")},
           {304, request_of("GET /az.txt", "If-None-Match: *\r\n")},
           {412, request_of("GET /az.txt", "If-Match: \"other\"\r\n")},
           {412,
            request_of("GET /az.txt", "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n")},
           {404, request_of("GET /missing")},
           {404, request_of("GET /az.txt/")},
           {404, request_of("GET /az.txt/x")},
           {404, request_of("GET /.env")},
           {404, request_of("GET /%2eenv")},
           {404, request_of("GET /" + std::string(300, 'a'))},
           {400, request_of("GET /../az.txt")},
           {400, request_of("GET /%2e%2e/az.txt")},
           {400, request_of("GET /%zz")},
           {405, request_of("PUT /az.txt")},
           {405, request_of("POST /az.txt", "Content-Length: 0\r\n")},
           {405, request_of("TRACE /az.txt")},
           {416, request_of("GET /az.txt", "Range: bytes=26-\r\n")},
           {400, "GET /az.txt HTTP/1.1\r\n\r\n"},
           {400, "GET /az.txt HTTP/1.1\r\n" + host + host + "\r\n"},
           {400, "GET /az.txt HTTP/1.1\r\nHost: a b\r\n\r\n"},
           {400, "GET /az.txt HTTP/1.1\r\nHost: a/b\r\n\r\n"},
           {400, "GET /az.txt HTTP/1.x\r\n" + host + "\r\n"},
           {400, "GET az.txt HTTP/1.1\r\n" + host + "\r\n"},
           {505, "GET /az.txt HTTP/2.0\r\n" + host + "\r\n"},
           {400, request_of("GET /az.txt", "Content-Length: x\r\n")},
           {400, request_of("GET /az.txt", "Content-Length: +5\r\n")},
           {400, request_of("GET /az.txt", "Content-Length: 5\r\nContent-Length: 5\r\n")},
           {400, request_of("GET /az.txt", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
           {501, request_of("GET /az.txt", "Transfer-Encoding: gzip\r\n")},
           {400, request_of("GET /az.txt", " X: y\r\n")},
           {400, request_of("GET /az.txt", "X: a\0b\r\n"s)},
           {413, request_of("POST /az.txt", "Content-Length: 99999999\r\n")},
           {414, request_of("GET /" + std::string(40'000, 'a'))},
           {400, request_of("GET /az.txt", "Transfer-Encoding: chunked\r\n") + "x\r\n\r\n"},
       }) {
    EXPECT_EQ(reply_of(server_->address(), request).status, status) << request.substr(0, 300);
    EXPECT_EQ(reply_of(nginx_->address(), request).status, status) << "of nginx:\n"
                                                                   << request.substr(0, 300);
  }
}

TEST_F(Differential, DiffersOnlyWhereItIsMeantTo) {
  struct Row {
    int ours;
    int theirs;
    const char* reason;
    std::string request;
  };
  const std::string host = "Host: localhost\r\n";
  const std::string close = "Connection: close\r\n";
  for (const auto& [ours, theirs, reason, request] : std::vector<Row>{
           {400, 200, "§1.2: a bare LF ends a line for some and not for others",
            "GET /az.txt HTTP/1.1\nHost: localhost\nConnection: close\n\n"},
           {400, 200, "§1.4: exactly one space",
            "GET /az.txt  HTTP/1.1\r\n" + host + close + "\r\n"},
           {400, 0, "§1.6: an answer without a head is none", "GET /az.txt\r\n"},
           {501, 405, "§1.5: a method that nobody knows", request_of("FOO /az.txt")},
           {501, 400, "§1.5: lower case is a well-formed method", request_of("get /az.txt")},
           {204, 405, "§7: OPTIONS says what is allowed", request_of("OPTIONS /az.txt")},
           {200, 403, "§10.4: a directory without an index is listed", request_of("GET /bare/")},
           {403, 200, "§3.2: a foreign name may be DNS rebinding",
            "GET /az.txt HTTP/1.1\r\nHost: evil.example\r\n" + close + "\r\n"},
           {400, 200, "§2.1: a field line needs a colon", request_of("GET /az.txt", "X\r\n")},
           {400, 200, "§2.1: field names are tokens", request_of("GET /az.txt", "X(: y\r\n")},
           {304, 200, "§11: a later date than the file's is no other answer than the same date",
            request_of("GET /az.txt", "If-Modified-Since: Fri, 31 Dec 2100 23:59:59 GMT\r\n")},
           {400, 200, "§2.3: control bytes", request_of("GET /az.txt", "X: a\x01z\r\n")},
           {417, 200, "§6.3: an unknown expectation",
            request_of("GET /az.txt", "Expect: miracles\r\n")},
           {400, 200, "§3.4: quotes do not belong in a path",
            request_of("GET /az.txt\"/../az.txt")},
           {400, 404, "§3.4: a fragment is never sent", request_of("GET /missing#x")},
           {200, 416,
            "§12.2: a range whose end lies before its start is malformed, so it is ignored",
            request_of("GET /az.txt", "Range: bytes=5-3\r\n")},
       }) {
    EXPECT_EQ(reply_of(server_->address(), request).status, ours) << reason << "\n" << request;
    EXPECT_EQ(reply_of(nginx_->address(), request).status, theirs) << "of nginx: " << reason << "\n"
                                                                   << request;
  }
}

}  // namespace
}  // namespace tinyserve::test
