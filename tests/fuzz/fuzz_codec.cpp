// Whatever is encoded, cut and flushed in whatever way, decodes to what it was.
//
// Numbers: the coding (0: br, 1: zstd, 2: gzip), which pieces are flushed with Flush::kSync (0:
// none, n: each n-th), then where to cut.

#include <string>

#include "codec/encoder.h"
#include "fuzz/demand.h"
#include "fuzz/input.h"
#include "support/decode.h"

using namespace tinyserve;
using codec::Coding;
using codec::Flush;

namespace {

void check_stream(Coding coding, const fuzz::Pieces& pieces, std::size_t sync_each) {
  codec::Encoder encoder(coding);
  std::string content;
  std::string encoded;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool is_synced = sync_each > 0 && (i + 1) % sync_each == 0;
    content += pieces[i];
    encoded += encoder.encode(pieces[i], is_synced ? Flush::kSync : Flush::kNone);
    if (is_synced) DEMAND(test::decode(coding, encoded) == (test::Decoded{content, false}));
  }
  encoded += encoder.encode("", Flush::kEnd);
  DEMAND(test::decode(coding, encoded) == (test::Decoded{content, true}));
}

void check_compress(Coding coding, std::string_view content) {
  const auto compressed = codec::compress(coding, content);
  if (!compressed) return;
  DEMAND(compressed->size() < content.size());
  DEMAND(test::decode(coding, *compressed) == (test::Decoded{std::string(content), true}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto coding = static_cast<Coding>(input.choose(3));
  const std::size_t sync_each = input.choose(100);
  const fuzz::Pieces pieces = fuzz::cut_by(input, input.payload());
  check_stream(coding, pieces, sync_each);
  check_compress(coding, input.payload());
  return 0;
}
