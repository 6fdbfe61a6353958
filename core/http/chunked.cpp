#include "http/chunked.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/ascii.h"
#include "http/grammar.h"

namespace tinyserve::http {

namespace {

constexpr std::uint8_t kMaxSignificantDigits = 16;  // just what fits 64 bits

bool is_white(char c) { return c == ' ' || c == '\t'; }

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::decode(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size() && stage_ < Stage::kDone) {
    if (stage_ == Stage::kData) return take_data(input, at);
    take(input[at]);
    ++at;
  }
  return {state(), at, {}};
}

ChunkedDecoder::Step ChunkedDecoder::take_data(std::string_view input, std::size_t at) {
  const std::uint64_t here = std::min<std::uint64_t>(chunk_, input.size() - at);
  const std::string_view data = input.substr(at, static_cast<std::size_t>(here));
  chunk_ -= data.size();
  content_size_ += data.size();
  if (chunk_ == 0) stage_ = Stage::kDataCr;
  return {State::kData, at + data.size(), data};
}

ChunkedDecoder::State ChunkedDecoder::state() const {
  if (stage_ == Stage::kDone) return State::kDone;
  return stage_ == Stage::kRefused ? State::kRefused : State::kNeedMore;
}

void ChunkedDecoder::take(char c) {
  count(c);
  switch (stage_) {
    case Stage::kSize:
      return take_size(c);
    case Stage::kBeforeSemicolon:
    case Stage::kNameStart:
    case Stage::kName:
    case Stage::kAfterName:
      return take_extension(c);
    case Stage::kValueStart:
    case Stage::kToken:
    case Stage::kQuoted:
    case Stage::kQuotedPair:
    case Stage::kAfterQuoted:
      return take_extension_value(c);
    case Stage::kLineEnd:
      return take_line_end(c);
    case Stage::kDataCr:
      return expect('\r', c, Stage::kDataEnd, "chunk longer than its size");
    case Stage::kDataEnd:
      return expect('\n', c, Stage::kSize, "chunk longer than its size");
    case Stage::kFieldStart:
    case Stage::kFieldName:
    case Stage::kFieldValue:
      return take_trailer(c);
    case Stage::kFieldEnd:
      return expect('\n', c, Stage::kFieldStart, "CR without LF in a trailer");
    case Stage::kEnd:
      return expect('\n', c, Stage::kDone, "CR without LF in a trailer");
    case Stage::kData:
    case Stage::kDone:
    case Stage::kRefused:
      return;
  }
}

void ChunkedDecoder::count(char c) {
  if (stage_ <= Stage::kLineEnd) {
    if (++line_size_ > kMaxLine) return refuse(Status::kBadRequest, "chunk line too long");
    const bool in_extension = stage_ != Stage::kSize && stage_ != Stage::kLineEnd && c != '\r';
    if (in_extension && ++extensions_size_ > kMaxExtensions) {
      refuse(Status::kBadRequest, "too many chunk extensions");
    }
  } else if (stage_ >= Stage::kFieldStart && ++trailers_size_ > kMaxTrailers) {
    refuse(Status::kBadRequest, "trailers too large");
  }
}

void ChunkedDecoder::take_size(char c) {
  const int digit = hex_value(c);
  if (digit < 0) {
    if (!has_digit_) return refuse(Status::kBadRequest, "chunk without a size");
    return end_part(c, "malformed chunk size");
  }
  has_digit_ = true;
  if (chunk_ != 0 || digit != 0) ++significant_digits_;
  if (significant_digits_ > kMaxSignificantDigits) {
    return refuse(Status::kBadRequest, "chunk size with too many digits");
  }
  chunk_ = chunk_ * 16 + static_cast<std::uint64_t>(digit);
}

void ChunkedDecoder::take_extension(char c) {
  constexpr std::string_view kWhy = "malformed chunk extension";
  switch (stage_) {
    case Stage::kNameStart:
      if (is_white(c)) return;
      if (!is_token_char(c)) return refuse(Status::kBadRequest, kWhy);
      stage_ = Stage::kName;
      return;
    case Stage::kName:
      if (is_token_char(c)) return;
      if (c == '\r') return end_part(c, kWhy);
      break;
    default:
      break;
  }
  // White space may stand between the parts of an extension, never at the end of the line: there is
  // nothing there that it could come before.
  if (c == ';') {
    stage_ = Stage::kNameStart;
  } else if (c == '=' && stage_ != Stage::kBeforeSemicolon) {
    stage_ = Stage::kValueStart;
  } else if (!is_white(c)) {
    refuse(Status::kBadRequest, kWhy);
  } else if (stage_ == Stage::kName) {
    stage_ = Stage::kAfterName;
  }
}

void ChunkedDecoder::take_extension_value(char c) {
  constexpr std::string_view kWhy = "malformed chunk extension";
  switch (stage_) {
    case Stage::kValueStart:
      if (is_white(c)) return;
      if (c != '"' && !is_token_char(c)) return refuse(Status::kBadRequest, kWhy);
      stage_ = c == '"' ? Stage::kQuoted : Stage::kToken;
      return;
    case Stage::kToken:
      if (!is_token_char(c)) end_part(c, kWhy);
      return;
    case Stage::kQuoted:
      if (!is_value_char(c)) return refuse(Status::kBadRequest, kWhy);
      if (c == '"') stage_ = Stage::kAfterQuoted;
      if (c == '\\') stage_ = Stage::kQuotedPair;
      return;
    case Stage::kQuotedPair:
      if (!is_value_char(c)) return refuse(Status::kBadRequest, kWhy);
      stage_ = Stage::kQuoted;
      return;
    default:
      return end_part(c, kWhy);
  }
}

void ChunkedDecoder::end_part(char c, std::string_view why) {
  if (c == '\r') {
    stage_ = Stage::kLineEnd;
  } else if (c == ';') {
    stage_ = Stage::kNameStart;
  } else if (is_white(c)) {
    stage_ = Stage::kBeforeSemicolon;
  } else {
    refuse(Status::kBadRequest, why);
  }
}

void ChunkedDecoder::take_line_end(char c) {
  if (c != '\n') return refuse(Status::kBadRequest, "CR without LF in a chunk line");
  if (chunk_ > max_content_ - content_size_) {
    return refuse(Status::kContentTooLarge, "content too large");
  }
  stage_ = chunk_ == 0 ? Stage::kFieldStart : Stage::kData;
  line_size_ = 0;
  has_digit_ = false;
  significant_digits_ = 0;
}

void ChunkedDecoder::take_trailer(char c) {
  constexpr std::string_view kWhy = "malformed trailer";
  if (stage_ == Stage::kFieldValue) {
    if (c == '\r') {
      stage_ = Stage::kFieldEnd;
    } else if (!is_value_char(c)) {
      refuse(Status::kBadRequest, kWhy);
    }
  } else if (is_token_char(c)) {
    stage_ = Stage::kFieldName;
  } else if (c == ':' && stage_ == Stage::kFieldName) {
    stage_ = Stage::kFieldValue;
  } else if (c == '\r' && stage_ == Stage::kFieldStart) {
    stage_ = Stage::kEnd;
  } else {
    refuse(Status::kBadRequest, kWhy);
  }
}

void ChunkedDecoder::expect(char wanted, char c, Stage next, std::string_view why) {
  if (c != wanted) return refuse(Status::kBadRequest, why);
  stage_ = next;
}

void ChunkedDecoder::refuse(Status status, std::string_view why) {
  refusal_ = {status, why};
  stage_ = Stage::kRefused;
}

std::string chunk_begin(std::size_t size) {
  std::array<char, 2 * sizeof size> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
  return std::string(digits.data(), end).append("\r\n");
}

}  // namespace tinyserve::http
