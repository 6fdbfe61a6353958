// producer.h — content that is made while it is sent: compressed files, paced streams.
//
// Its length is not known when the head is written. It is asked for one portion after the other,
// each when the one before has nearly left, so that a slow client does not fill the memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tinyserve::http {

struct Portion {
  enum class Then : std::uint8_t {
    kMore,
    kEnd,
    kBroken,  // the rest can't be made: the content must be seen to be cut short
  };
  std::string bytes;
  Then then = Then::kMore;
  std::int64_t pause_ms = 0;  // before more is asked for
  std::string_view why = {};  // a literal; with kBroken, for the record
};

class Producer {
 public:
  Producer() = default;
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;
  virtual ~Producer() = default;

  // The next portion; not called again after kEnd or kBroken. Where it is_heavy(), on a worker's
  // thread.
  [[nodiscard]] virtual Portion produce() = 0;
  [[nodiscard]] virtual bool is_heavy() const = 0;
  // On the loop's thread, after kEnd.
  virtual void finish() {}
};

}  // namespace tinyserve::http
