#include "http/request_parser.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "http/grammar.h"

namespace tinyserve::http {

namespace {

constexpr std::size_t kMaxMethod = 64;      // an endless method is noise, not a long target
constexpr std::uint8_t kMaxEmptyLines = 8;  // RFC 9112 §2.2 wants one at least
constexpr char kTlsHandshake = 0x16;        // the content type that a TLS client begins with
constexpr std::string_view kVersionPrefix = "HTTP/";
constexpr std::size_t kVersionSize = 9;  // HTTP/1.1 and CR
constexpr std::uint8_t kMinorDigit = 7;  // its place

constexpr bool is_white_space(char c) { return c == ' ' || c == '\t'; }

// The first byte at or after `at` that `is_inside` does not hold for, but none behind `limit`.
template <class Test>
std::size_t find_end(std::string_view input, std::size_t at, std::size_t limit, Test is_inside) {
  const std::size_t end = std::max(at, std::min(input.size(), limit));
  while (at < end && is_inside(input[at])) ++at;
  return at;
}

// The first byte at or after `at` that no field value may contain, or that ends it (CR); `end` when
// there is none. Eight bytes at a time: a byte below 0x20 or equal to 0x7f leaves its high bit set
// in `suspects`. HTAB is such a byte too, and bytes next to one may be reported wrongly, hence the
// second look.
std::size_t find_value_end(const char* bytes, std::size_t at, std::size_t end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  while (at < end) {
    if (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, bytes + at, sizeof word);
      const std::uint64_t below = (word - kOnes * 0x20) & ~word;
      const std::uint64_t del = ((word ^ (kOnes * 0x7f)) - kOnes) & ~(word ^ (kOnes * 0x7f));
      const std::uint64_t suspects = (below | del) & kHigh;
      if (suspects == 0) {
        at += 8;
        continue;
      }
      at += static_cast<std::size_t>(std::countr_zero(suspects)) / 8;
    }
    if (!is_value_char(bytes[at])) return at;
    ++at;
  }
  return end;
}

}  // namespace

RequestParser::Step RequestParser::parse(std::string_view input) {
  Step step = Step::kDone;
  while (step == Step::kDone) {
    if (position_ >= input.size()) return Step::kNeedMore;
    switch (stage_) {
      case Stage::kStart:
        step = start(input);
        break;
      case Stage::kEmptyLine:
        step = empty_line(input);
        break;
      case Stage::kMethod:
        step = method(input);
        break;
      case Stage::kTarget:
        step = target(input);
        break;
      case Stage::kVersion:
        step = version(input);
        break;
      case Stage::kRequestLineEnd:
        step = line_feed(input, Stage::kFieldStart);
        break;
      case Stage::kFieldStart:
      case Stage::kName:
      case Stage::kValueStart:
      case Stage::kValue:
      case Stage::kFieldEnd:
        step = field_line(input);
        break;
      case Stage::kHeadEnd:
        step = line_feed(input, Stage::kHeadEnd);
        if (step == Step::kDone) return Step::kDone;
        break;
    }
  }
  return step;
}

void RequestParser::reset() {
  position_ = line_start_ = head_start_ = 0;
  method_size_ = target_size_ = present_ = 0;
  stage_ = Stage::kStart;
  empty_lines_ = version_read_ = field_count_ = 0;
  minor_version_ = 1;
  has_version_ = false;
}

RequestHead RequestParser::head(const char* base) const {
  RequestHead head;
  head.text = {base, position_};
  head.method = {base + head_start_, method_size_};
  if (target_size_ != 0) head.target = {base + head_start_ + method_size_ + 1, target_size_};
  head.minor_version = minor_version_;
  head.has_version = has_version_;
  head.fields = Fields(base, {fields_.data(), field_count_}, present_);
  return head;
}

RequestParser::Step RequestParser::start(std::string_view input) {
  if (input[position_] == '\r') {
    if (++empty_lines_ > kMaxEmptyLines) return refuse(Status::kBadRequest, "too many empty lines");
    ++position_;
    stage_ = Stage::kEmptyLine;
    return Step::kDone;
  }
  head_start_ = line_start_ = position_;
  stage_ = Stage::kMethod;
  return Step::kDone;
}

RequestParser::Step RequestParser::empty_line(std::string_view input) {
  return line_feed(input, Stage::kStart);
}

RequestParser::Step RequestParser::method(std::string_view input) {
  position_ = find_end(input, position_, head_start_ + kMaxMethod, is_token_char);
  if (position_ == input.size()) return Step::kNeedMore;
  const char c = input[position_];
  const std::size_t size = position_ - head_start_;
  if (c == ' ' && size > 0) {
    method_size_ = static_cast<std::uint32_t>(size);
    ++position_;
    stage_ = Stage::kTarget;
    return Step::kDone;
  }
  if (is_token_char(c)) return refuse(Status::kBadRequest, "endless method");
  const bool tls = size == 0 && c == kTlsHandshake;
  return refuse(Status::kBadRequest, tls ? kTlsHello : "no method");
}

RequestParser::Step RequestParser::target(std::string_view input) {
  // Bytes that no target may contain are found by target.h, with the form of the target in view;
  // what has to be found here is whatever could end the line, or make two parsers see different
  // lines.
  position_ = find_end(input, position_, line_start_ + limits_->max_request_line, is_query_char);
  if (position_ == input.size()) return Step::kNeedMore;
  const std::size_t size = position_ - (head_start_ + method_size_ + 1);
  if (input[position_] == ' ' && size > 0) {
    target_size_ = static_cast<std::uint32_t>(size);
    ++position_;
    stage_ = Stage::kVersion;
    return Step::kDone;
  }
  if (is_query_char(input[position_])) return refuse(Status::kUriTooLong, "request line too long");
  return refuse(Status::kBadRequest, "malformed request line");
}

RequestParser::Step RequestParser::version(std::string_view input) {
  // Nearly always all of it is there, and is one of these two.
  const std::string_view text = input.substr(position_, kVersionSize);
  if (version_read_ == 0 && (text == "HTTP/1.1\r" || text == "HTTP/1.0\r")) {
    minor_version_ = text[kMinorDigit] == '0' ? 0 : 1;
    position_ += kVersionSize;
    return version_is_read();
  }
  for (; position_ < input.size(); ++position_, ++version_read_) {
    const char c = input[position_];
    const bool good = version_read_ < 5                  ? c == kVersionPrefix[version_read_]
                      : version_read_ == 6               ? c == '.'
                      : version_read_ == kMinorDigit + 1 ? c == '\r'
                                                         : is_digit(c);
    if (!good) return refuse(Status::kBadRequest, "malformed version");
    if (version_read_ == kMinorDigit) minor_version_ = c == '0' ? 0 : 1;
    if (version_read_ <= kMinorDigit) continue;
    const char major = input[position_ - 3];
    if (major != '1') return refuse(Status::kVersionNotSupported, "not HTTP/1");
    ++position_;
    return version_is_read();
  }
  return Step::kNeedMore;
}

RequestParser::Step RequestParser::version_is_read() {
  has_version_ = true;
  stage_ = Stage::kRequestLineEnd;
  return Step::kDone;
}

RequestParser::Step RequestParser::line_feed(std::string_view input, Stage next) {
  if (input[position_] != '\n') return refuse(Status::kBadRequest, "CR without LF");
  ++position_;
  line_start_ = position_;
  stage_ = next;
  return Step::kDone;
}

// One field line, or what of it is there, from the stage on that was reached earlier.
RequestParser::Step RequestParser::field_line(std::string_view input) {
  const std::size_t limit = field_limit();
  switch (stage_) {
    case Stage::kFieldStart:
      if (input[position_] == '\r') {
        ++position_;
        stage_ = Stage::kHeadEnd;
        return Step::kDone;
      }
      if (field_count_ >= std::min(limits_->max_fields, kMaxFields)) {
        return refuse(Status::kFieldsTooLarge, "too many fields");
      }
      stage_ = Stage::kName;
      [[fallthrough]];
    case Stage::kName: {
      position_ = find_end(input, position_, limit, is_token_char);
      if (position_ == input.size()) return Step::kNeedMore;
      if (is_token_char(input[position_]))
        return refuse(Status::kFieldsTooLarge, "field too large");
      // This also refuses what begins with white space: folding (RFC 9112 §5.2), and white space
      // before the colon (§5.1).
      if (input[position_] != ':' || position_ == line_start_) {
        return refuse(Status::kBadRequest, "malformed field name");
      }
      field_.name_offset = static_cast<std::uint32_t>(line_start_);
      field_.name_size = static_cast<std::uint32_t>(position_ - line_start_);
      ++position_;
      stage_ = Stage::kValueStart;
      [[fallthrough]];
    }
    case Stage::kValueStart:
      position_ = find_end(input, position_, limit, is_white_space);
      if (position_ == input.size()) return Step::kNeedMore;
      if (is_white_space(input[position_]))
        return refuse(Status::kFieldsTooLarge, "field too large");
      field_.value_offset = static_cast<std::uint32_t>(position_);
      stage_ = Stage::kValue;
      [[fallthrough]];
    case Stage::kValue: {
      const std::size_t end = std::max(position_, std::min(input.size(), limit));
      position_ = find_value_end(input.data(), position_, end);
      if (position_ == input.size()) return Step::kNeedMore;
      if (input[position_] != '\r') {
        return is_value_char(input[position_])
                   ? refuse(Status::kFieldsTooLarge, "field too large")
                   : refuse(Status::kBadRequest, "control byte in a field");
      }
      store_field(input);
      ++position_;
      stage_ = Stage::kFieldEnd;
      if (position_ == input.size()) return Step::kNeedMore;
      [[fallthrough]];
    }
    default:
      return line_feed(input, Stage::kFieldStart);
  }
}

RequestParser::Step RequestParser::refuse(Status status, std::string_view why) {
  refusal_ = {status, why};
  return Step::kRefused;
}

// Where the line being read has to end at the latest, because of its own size or that of all
// fields.
std::size_t RequestParser::field_limit() const {
  return std::min(line_start_ + limits_->max_field_line, head_start_ + limits_->max_head);
}

void RequestParser::store_field(std::string_view input) {
  const std::string_view raw = input.substr(field_.value_offset, position_ - field_.value_offset);
  field_.value_size = static_cast<std::uint32_t>(trim_ows(raw).size());
  field_.known = parse_field_name(input.substr(field_.name_offset, field_.name_size));
  present_ |= Fields::bit(field_.known);
  fields_[field_count_++] = field_;
}

}  // namespace tinyserve::http
