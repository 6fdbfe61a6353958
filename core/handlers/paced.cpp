#include "handlers/paced.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/timestamp.h"
#include "handlers/api_reply.h"
#include "handlers/json_text.h"

namespace tinyserve::handlers {

namespace {

// Of one bit; end() is still to come.
JsonText begin_bit(std::uint64_t number) {
  JsonText json(JsonText::Layout::kOneLine);
  json.begin_object().key("n").number(number);
  return json;
}

void add_time(JsonText& json) {
  const auto text = format_timestamp(clock_us(CLOCK_REALTIME));
  json.key("time").text({text.data(), text.size()});
}

// Which bits are sent, and how long it is from one to the next.
struct Pace {
  std::uint64_t next, last;
  std::int64_t interval_ms;
};

class PacedContent : public http::Producer {
 public:
  explicit PacedContent(const Pace& pace) : pace_(pace) {}

  [[nodiscard]] http::Portion produce() final {
    if (pace_.next > pace_.last) return {{}, http::Portion::Then::kEnd};
    http::Portion portion{bit(pace_.next++)};
    if (pace_.next > pace_.last) {
      portion.then = http::Portion::Then::kEnd;
    } else {
      portion.pause_ms = pace_.interval_ms;
    }
    return portion;
  }
  [[nodiscard]] bool is_heavy() const final { return false; }

 protected:
  [[nodiscard]] std::uint64_t last() const { return pace_.last; }

 private:
  [[nodiscard]] virtual std::string bit(std::uint64_t number) const = 0;

  Pace pace_;
};

class Lines final : public PacedContent {
  using PacedContent::PacedContent;

  [[nodiscard]] std::string bit(std::uint64_t number) const override {
    JsonText json = begin_bit(number);
    json.key("of").number(last());
    add_time(json);
    return json.end().take() + "\n";
  }
};

class Events final : public PacedContent {
  using PacedContent::PacedContent;

  [[nodiscard]] std::string bit(std::uint64_t number) const override {
    JsonText data = begin_bit(number);
    add_time(data);
    return fmt::format("id: {}\nevent: tick\ndata: {}\n\n", number, data.end().take());
  }
};

template <class Content>
Answer paced(std::string_view type, const Pace& pace) {
  return api_reply(http::Status::kOk, type, std::make_unique<Content>(pace));
}

}  // namespace

Answer paced_lines(std::uint64_t count, std::uint64_t interval_ms) {
  return paced<Lines>("application/x-ndjson", {1, count, static_cast<std::int64_t>(interval_ms)});
}

Answer paced_events(std::uint64_t received, std::uint64_t last, std::uint64_t interval_ms) {
  if (received >= last) return api_reply(http::Status::kNoContent);
  const std::uint64_t last_in_time = received + kLongestTickingMs / interval_ms;
  return paced<Events>("text/event-stream", {received + 1, std::min(last, last_in_time),
                                             static_cast<std::int64_t>(interval_ms)});
}

}  // namespace tinyserve::handlers
