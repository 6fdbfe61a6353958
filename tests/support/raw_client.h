// raw_client.h — one TCP connection that sends exactly the bytes it is told to (tests).
//
// Blocking, with a deadline on everything: what does not come in time throws std::runtime_error,
// which fails the test and says what came until then.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "support/program.h"
#include "support/response.h"

namespace tinyserve::test {

// An IP address as text, without brackets, and a port.
struct Address {
  std::string host;
  std::uint16_t port;
};

class RawClient {
 public:
  struct Options {
    int receive_buffer = 0;  // SO_RCVBUF in bytes; 0: what the system gives
    std::chrono::milliseconds patience = kPatience;
  };

  // Connects; throws std::system_error when that fails.
  explicit RawClient(const Address& address) : RawClient(address, Options{}) {}
  RawClient(const Address& address, const Options& options);
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;
  RawClient(const RawClient&) = delete;
  ~RawClient();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint16_t local_port() const;

  // Sends all of `bytes`; throws when the server does not take them.
  void send(std::string_view bytes);
  // Sends each byte in a segment of its own.
  void send_bytewise(std::string_view bytes);
  // Sends what the server takes until it has not taken a byte for `quiet`, or has hung up. Returns
  // how many bytes went.
  std::size_t send_until_stuck(std::string_view bytes, std::chrono::milliseconds quiet);

  // Reads the head of an answer; its content stays to be read.
  Response read_head();
  // Reads an answer with as much content as Content-Length or its chunks say, or none where the
  // status has none. Throws when there is neither.
  Response read_response();
  // The content of an answer whose head has been read, out of its chunks (RFC 9112 §7.1); strict.
  std::string read_chunks();
  // Exactly `size` bytes of content.
  std::string read_bytes(std::size_t size);
  // Everything up to the server's FIN. A reset throws.
  std::string read_until_close();
  // The same, but a reset ends it as well.
  std::string read_until_gone();

  // Whether nothing comes and nobody hangs up for `quiet`.
  [[nodiscard]] bool stays_silent(std::chrono::milliseconds quiet);
  // Whether the server has closed the connection: waits for it; bytes that come before fail it.
  [[nodiscard]] bool is_closed_by_server();

  void half_close();
  // Hangs up so that the server meets a reset instead of a FIN.
  void reset();
  void close();

 private:
  // Receives once into the buffer; false at the end. Throws on a reset and when time is over.
  bool receive();
  void wait_for(short event);

  int fd_ = -1;
  std::chrono::milliseconds patience_;
  std::string buffer_;  // received and not yet taken
};

// One request on a connection of its own; its answer.
Response ask(const Address& address, std::string_view request);
// All that comes back for `bytes` until the server closes.
std::string ask_until_close(const Address& address, std::string_view bytes);
// A GET of `target` with a Host and further field lines ("Name: value\r\n"), as text and as a
// request.
std::string get_request(std::string_view target, std::string_view fields = {});
Response get(const Address& address, std::string_view target, std::string_view fields = {});

}  // namespace tinyserve::test
