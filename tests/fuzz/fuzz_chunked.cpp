// Where chunked content was cut makes no difference, and no more comes out than went in.
//
// Numbers: the most content that is allowed (0: 64 MiB), then where to cut.

#include <string>

#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "http/chunked.h"

using namespace tinyserve;
using http::ChunkedDecoder;

namespace {

struct Outcome {
  ChunkedDecoder::State state = ChunkedDecoder::State::kNeedMore;
  std::string content;
  std::size_t consumed = 0;  // how much of all the input
  int status = 0;
  std::string_view why;

  bool operator==(const Outcome&) const = default;
};

// Whether a step went as its contract says.
void check_step(const ChunkedDecoder::Step& step, std::string_view piece) {
  DEMAND(step.consumed <= piece.size());
  DEMAND(fuzz::lies_within(step.data, piece.substr(0, step.consumed)));
  DEMAND(!step.data.empty() == (step.state == ChunkedDecoder::State::kData));
  if (step.state == ChunkedDecoder::State::kNeedMore) DEMAND(step.consumed == piece.size());
}

// Feeds one piece to its end.
void feed(ChunkedDecoder& decoder, Outcome& outcome, std::string_view piece) {
  do {
    const ChunkedDecoder::Step step = decoder.decode(piece);
    check_step(step, piece);
    outcome.state = step.state;
    outcome.content.append(step.data);
    outcome.consumed += step.consumed;
    piece.remove_prefix(step.consumed);
  } while (outcome.state == ChunkedDecoder::State::kData);
}

bool is_over(ChunkedDecoder::State state) {
  return state == ChunkedDecoder::State::kDone || state == ChunkedDecoder::State::kRefused;
}

Outcome decode(const fuzz::Pieces& pieces, std::uint64_t max_content) {
  ChunkedDecoder decoder(max_content);
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    feed(decoder, outcome, piece);
    if (is_over(outcome.state)) break;
  }
  DEMAND(decoder.content_size() == outcome.content.size());
  DEMAND(outcome.content.size() <= max_content);
  if (is_over(outcome.state)) {
    const ChunkedDecoder::Step after = decoder.decode("0\r\n\r\n");
    DEMAND(after.state == outcome.state && after.consumed == 0 && after.data.empty());
  }
  if (outcome.state == ChunkedDecoder::State::kRefused) {
    // How much of a piece was consumed before it was refused means nothing.
    outcome.consumed = 0;
    outcome.status = http::code(decoder.refusal().status);
    outcome.why = decoder.refusal().why;
    DEMAND(outcome.status == 400 || outcome.status == 413);
    DEMAND(!outcome.why.empty());
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::uint64_t max_content = input.limit(64U << 20, 1U << 20);
  const fuzz::Pieces cut = fuzz::cut_by(input, input.payload());
  const std::string_view bytes = input.payload();
  const Outcome whole = decode({bytes}, max_content);
  DEMAND(whole.content.size() <= bytes.size());
  DEMAND(decode(fuzz::byte_by_byte(bytes), max_content) == whole);
  DEMAND(decode(cut, max_content) == whole);
  if (whole.state == ChunkedDecoder::State::kDone) {
    // Whatever follows belongs to somebody else.
    const std::string longer = std::string(bytes.substr(0, whole.consumed)) + "GET / HTTP/1.1\r\n";
    DEMAND(decode({longer}, max_content) == whole);
  }
  return 0;
}
