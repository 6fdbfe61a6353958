#include "handlers/compressed_answer.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "codec/encoder.h"
#include "files/content.h"
#include "handlers/compressions.h"
#include "handlers/file_answer.h"
#include "handlers/file_job.h"

namespace tinyserve::handlers {

namespace {

using http::Coding;
using http::Portion;

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kPortionSize = 32 * 1024;         // encoded; enough to be worth sending
constexpr std::uint64_t kInputPerPortion = 256 * 1024;  // so that other jobs have their turn
constexpr std::size_t kMostKept = 4U << 20;  // of a stream's output, for those who ask next

codec::Coding codec_of(Coding coding) {
  switch (coding) {
    case Coding::kBr:
      return codec::Coding::kBr;
    case Coding::kZstd:
      return codec::Coding::kZstd;
    case Coding::kGzip:
      break;
    case Coding::kIdentity:
      TS_CHECK(coding != Coding::kIdentity);
  }
  return codec::Coding::kGzip;
}

std::atomic<int> streams{0};  // how many of the places are taken

// One of the places for files on their way in portions, for as long as it lives.
class StreamPlace {
 public:
  // None when all are taken.
  static std::unique_ptr<StreamPlace> take() {
    if (streams.fetch_add(1, std::memory_order_relaxed) < kMostStreams) {
      return std::unique_ptr<StreamPlace>(new StreamPlace);
    }
    streams.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  StreamPlace(const StreamPlace&) = delete;
  StreamPlace& operator=(const StreamPlace&) = delete;
  ~StreamPlace() { streams.fetch_sub(1, std::memory_order_relaxed); }

 private:
  StreamPlace() = default;
};

// Reads a file and encodes it, a portion at a time, on workers.
class CompressedStream : public http::Producer {
 public:
  // `keeper`, if there is one, gets the whole in the end.
  CompressedStream(std::unique_ptr<StreamPlace> place, files::Entry file, Coding coding,
                   Compressions* keeper)
      : place_(std::move(place)), file_(std::move(file)), coding_(coding), keeper_(keeper) {}

  [[nodiscard]] Portion produce() override;
  [[nodiscard]] bool is_heavy() const override { return true; }
  void finish() override;

 private:
  [[nodiscard]] static Portion broken(std::string_view why) {
    return {{}, Portion::Then::kBroken, 0, why};
  }
  void keep(std::string_view bytes);

  std::unique_ptr<StreamPlace> place_;
  files::Entry file_;
  Coding coding_;
  Compressions* keeper_;
  std::optional<codec::Encoder> encoder_;  // from the first portion on: it is large
  std::uint64_t offset_ = 0;
  std::string kept_;
};

Portion CompressedStream::produce() {
  if (!encoder_) encoder_.emplace(codec_of(coding_));
  const std::uint64_t size = file_.facts.size;
  const std::uint64_t stop = std::min(size, offset_ + kInputPerPortion);
  Portion portion;
  std::array<char, kReadSize> buffer;
  while (offset_ < stop && portion.bytes.size() < kPortionSize) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(size - offset_, kReadSize));
    const ssize_t count =
        ::pread(file_.file.get(), buffer.data(), wanted, static_cast<off_t>(offset_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return broken("file could not be read");
    if (count == 0) return broken("file became shorter");
    const auto read = static_cast<std::size_t>(count);
    offset_ += read;
    portion.bytes += encoder_->encode({buffer.data(), read}, codec::Flush::kNone);
  }
  if (offset_ == size) {
    // What has left may be of one version and the rest of another.
    if (!files::is_unchanged(file_.file.get(), file_.facts)) {
      return broken("file changed while it was compressed");
    }
    portion.bytes += encoder_->encode({}, codec::Flush::kEnd);
    portion.then = Portion::Then::kEnd;
  }
  keep(portion.bytes);
  return portion;
}

void CompressedStream::keep(std::string_view bytes) {
  if (keeper_ == nullptr) return;
  kept_ += bytes;
  if (kept_.size() <= kMostKept) return;
  keeper_ = nullptr;
  kept_ = {};
}

void CompressedStream::finish() {
  if (keeper_ != nullptr) keeper_->add({file_.facts, coding_}, Block::copy_of(kept_));
}

Answer encoded_answer(const Representation& chosen, http::Body body, http::Via via) {
  Answer answer;
  answer.via = via;
  add_content_fields(answer.response.fields, chosen, chosen.media_type);
  answer.response.body = std::move(body);
  return answer;
}

http::Body body_of(const Block& block) { return http::BlockSlice{block, 0, block.size()}; }

// On a worker's thread: reads all of it and encodes it.
std::optional<Answer> encode_now(const Ask& ask, const Served& served, Representation chosen,
                                 http::Via via) {
  const auto content = files::content_of(chosen.entry, files::Wait::kYes, kMostCompressedWhole);
  const auto* const bytes = content ? std::get_if<http::BlockSlice>(&content->body) : nullptr;
  if (bytes == nullptr) return std::nullopt;
  const auto encoded = codec::compress(codec_of(chosen.coding), bytes->block.view());
  const Block block = encoded ? Block::copy_of(*encoded) : Block();
  // On file systems like that a change may be seen late.
  if (files::is_settled(content->facts, ask.now) && !served.root->is_slow()) {
    served.compressions->add({content->facts, chosen.coding}, block);
  }
  if (!encoded) return std::nullopt;
  // Written to since it was found: the validators must be those of the bytes that were read.
  if (!(content->facts == chosen.entry.facts)) set_validators(chosen, content->facts, ask.now);
  return encoded_answer(chosen, body_of(block), via);
}

// On the loop's thread: who encodes it.
std::optional<Answer> encoded_elsewhere(const Ask& ask, const Served& served,
                                        const EncodedVersion& version) {
  if (ask.means == Means::kLoopOnly) return std::nullopt;
  if (!files::is_settled(version.facts, ask.now)) return answer_aside(ask, served);
  Answer answer;
  answer.awaited_job = served.compressions->job_for(version);
  if (answer.awaited_job != 0) return answer;
  return answer_aside(ask, served, &version);
}

std::optional<Answer> streamed_answer(const Ask& ask, const Served& served, Representation chosen,
                                      http::Via via) {
  auto place = ask.means == Means::kLoopOnly ? nullptr : StreamPlace::take();
  if (!place) return std::nullopt;
  const bool is_kept =
      files::is_settled(chosen.entry.facts, ask.now) && ask.means != Means::kWorker;
  auto stream =
      std::make_unique<CompressedStream>(std::move(place), std::move(chosen.entry), chosen.coding,
                                         is_kept ? served.compressions : nullptr);
  return encoded_answer(chosen, std::move(stream), via);
}

}  // namespace

bool is_compressible(std::string_view media_type) {
  const std::string_view type = media_type.substr(0, media_type.find(';'));
  constexpr std::array<std::string_view, 12> kOthers{"application/javascript",
                                                     "application/json",
                                                     "application/manifest+json",
                                                     "application/wasm",
                                                     "application/xml",
                                                     "application/rtf",
                                                     "application/x-sh",
                                                     "application/x-javascript",
                                                     "application/vnd.ms-fontobject",
                                                     "font/otf",
                                                     "font/ttf",
                                                     "image/bmp"};
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::find(kOthers.begin(), kOthers.end(), type) != kOthers.end();
}

std::optional<Answer> compressed_answer(const Ask& ask, const Served& served,
                                        const Representation& plain, http::Via via) {
  const auto accepted = ask.request.fields.all(http::FieldName::kAcceptEncoding);
  Representation chosen = plain;
  chosen.coding = http::choose_coding(accepted, {true, true, true});
  if (chosen.coding == Coding::kIdentity) return std::nullopt;
  const EncodedVersion version{chosen.entry.facts, chosen.coding};
  const bool settled = files::is_settled(version.facts, ask.now);
  const Block* const kept = settled ? served.compressions->find(version) : nullptr;
  // It does not become smaller: conditions are about the file as it is, too.
  if (kept != nullptr && kept->size() == 0) return std::nullopt;
  chosen.on_the_fly = true;
  set_validators(chosen, chosen.entry.facts, ask.now);
  if (auto answer = precondition_answer(ask, chosen)) return answer;
  if (kept != nullptr) return encoded_answer(chosen, body_of(*kept), via);
  if (version.facts.size > kMostCompressedWhole) {
    return streamed_answer(ask, served, std::move(chosen), via);
  }
  return ask.means == Means::kWorker ? encode_now(ask, served, std::move(chosen), via)
                                     : encoded_elsewhere(ask, served, version);
}

}  // namespace tinyserve::handlers
