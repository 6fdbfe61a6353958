#include "http/request_parser.h"

#include <algorithm>

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
template <bool (*is_inside)(char)>
std::size_t find_end(std::string_view input, std::size_t at, std::size_t limit) {
  const std::size_t end = std::max(at, std::min(input.size(), limit));
  const char* const bytes = input.data();
  while (at < end && is_inside(bytes[at])) ++at;
  return at;
}

}  // namespace

// Forgets the head before.
void RequestParser::clear() {
  line_start_ = head_start_ = 0;
  method_size_ = target_size_ = 0;
  empty_lines_ = version_read_ = 0;
  minor_version_ = 1;
  has_version_ = false;
  fields_.clear();
}

RequestHead RequestParser::head(const char* base) const {
  RequestHead head;
  head.text = {base, position_};
  if (position_ == 0) return head;
  head.method = {base + head_start_, method_size_};
  if (target_size_ != 0) head.target = {base + head_start_ + method_size_ + 1, target_size_};
  head.minor_version = minor_version_;
  head.has_version = has_version_;
  head.fields = Fields(base, fields_);
  return head;
}

RequestParser::Step RequestParser::refuse(Status status, std::string_view why) {
  refusal_ = {status, why};
  return Step::kRefused;
}

// The stages, in the order in which a head goes through them. Inline, because each has one caller
// and a head is read in less time than a dozen calls take.

inline RequestParser::Step RequestParser::line_feed(std::string_view input, Stage next) {
  if (input[position_] != '\n') return refuse(Status::kBadRequest, "CR without LF");
  ++position_;
  line_start_ = position_;
  stage_ = next;
  return Step::kDone;
}

inline RequestParser::Step RequestParser::start(std::string_view input) {
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

inline RequestParser::Step RequestParser::method(std::string_view input) {
  position_ = find_end<is_token_char>(input, position_, head_start_ + kMaxMethod);
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

inline RequestParser::Step RequestParser::target(std::string_view input) {
  // Bytes that no target may contain are found by target.h, with the form of the target in view;
  // what has to be found here is whatever could end the line, or make two parsers see different
  // lines.
  position_ = find_end<is_query_char>(input, position_, line_start_ + limits_->max_request_line);
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

inline RequestParser::Step RequestParser::version_is_read() {
  has_version_ = true;
  stage_ = Stage::kRequestLineEnd;
  return Step::kDone;
}

inline RequestParser::Step RequestParser::version(std::string_view input) {
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

// White space in front of the value has been passed already.
inline void RequestParser::store_field(const char* bytes, std::size_t end) {
  while (end > field_.value_offset && is_white_space(bytes[end - 1])) --end;
  field_.value_size = static_cast<std::uint32_t>(end) - field_.value_offset;
  field_.known = parse_field_name({bytes + field_.name_offset, field_.name_size});
  fields_.add(field_);
}

// The field lines and the empty line behind them, as far as they are there, from the stage on that
// was reached earlier.
RequestParser::Step RequestParser::field_lines(std::string_view input) {
  const std::size_t head_limit = head_start_ + limits_->max_head;
  const std::size_t size = input.size();
  const char* const bytes = input.data();
  std::size_t at = position_;
  Stage stage = stage_;
  const auto stop = [&](Step step) {
    position_ = at;
    stage_ = stage;
    return step;
  };
  const auto refused = [&](Status status, std::string_view why) {
    return stop(refuse(status, why));
  };
  while (at < size) {
    // Where the line has to end at the latest, because of its own size or that of all fields.
    const std::size_t limit = std::min(line_start_ + limits_->max_field_line, head_limit);
    switch (stage) {
      default:  // kFieldStart
        if (bytes[at] == '\r') {
          ++at;
          stage = Stage::kHeadEnd;
          break;
        }
        if (fields_.size() >= std::min(limits_->max_fields, kMaxFields)) {
          return refused(Status::kFieldsTooLarge, "too many fields");
        }
        stage = Stage::kName;
        [[fallthrough]];
      case Stage::kName:
        at = find_end<is_token_char>(input, at, limit);
        if (at == size) return stop(Step::kNeedMore);
        // This also refuses what begins with white space: folding (RFC 9112 §5.2), and white space
        // before the colon (§5.1).
        if (bytes[at] != ':' || at == line_start_) {
          return is_token_char(bytes[at]) ? refused(Status::kFieldsTooLarge, "field too large")
                                          : refused(Status::kBadRequest, "malformed field name");
        }
        field_.name_offset = static_cast<std::uint32_t>(line_start_);
        field_.name_size = static_cast<std::uint32_t>(at - line_start_);
        ++at;
        stage = Stage::kValueStart;
        [[fallthrough]];
      case Stage::kValueStart:
        at = find_end<is_white_space>(input, at, limit);
        if (at == size) return stop(Step::kNeedMore);
        if (is_white_space(bytes[at])) return refused(Status::kFieldsTooLarge, "field too large");
        field_.value_offset = static_cast<std::uint32_t>(at);
        stage = Stage::kValue;
        [[fallthrough]];
      case Stage::kValue:
        at += count_value_chars({bytes + at, std::max(at, std::min(size, limit)) - at});
        if (at == size) return stop(Step::kNeedMore);
        if (bytes[at] != '\r') {
          return is_value_char(bytes[at]) ? refused(Status::kFieldsTooLarge, "field too large")
                                          : refused(Status::kBadRequest, "control byte in a field");
        }
        store_field(bytes, at);
        ++at;
        stage = Stage::kFieldEnd;
        if (at == size) return stop(Step::kNeedMore);
        [[fallthrough]];
      case Stage::kFieldEnd:
        if (bytes[at] != '\n') return refused(Status::kBadRequest, "CR without LF");
        line_start_ = ++at;
        stage = Stage::kFieldStart;
        break;
      case Stage::kHeadEnd:
        if (bytes[at] != '\n') return refused(Status::kBadRequest, "CR without LF");
        ++at;
        return stop(Step::kDone);
    }
  }
  return stop(Step::kNeedMore);
}

// The usual case: all of it is there, and nothing is to be said against it. Otherwise false, and
// nothing has been read.
inline bool RequestParser::whole_request_line(std::string_view input) {
  const std::size_t method_end = find_end<is_token_char>(input, 0, kMaxMethod);
  if (method_end == 0 || method_end >= input.size() || input[method_end] != ' ') return false;
  const std::size_t target = method_end + 1;
  const std::size_t end = find_end<is_query_char>(input, target, limits_->max_request_line);
  if (end == target || end >= input.size() || input[end] != ' ') return false;
  const std::string_view version = input.substr(end + 1, kVersionSize + 1);
  if (version != "HTTP/1.1\r\n" && version != "HTTP/1.0\r\n") return false;
  method_size_ = static_cast<std::uint32_t>(method_end);
  target_size_ = static_cast<std::uint32_t>(end - target);
  minor_version_ = version[kMinorDigit] == '0' ? 0 : 1;
  has_version_ = true;
  position_ = line_start_ = end + 1 + version.size();
  stage_ = Stage::kFieldStart;
  return true;
}

RequestParser::Step RequestParser::request_line(std::string_view input) {
  if (stage_ == Stage::kStart && position_ == 0 && whole_request_line(input)) return Step::kDone;
  Step step = Step::kDone;
  while (step == Step::kDone && stage_ != Stage::kFieldStart) {
    if (position_ >= input.size()) return Step::kNeedMore;
    switch (stage_) {
      case Stage::kStart:
        step = start(input);
        break;
      case Stage::kEmptyLine:
        step = line_feed(input, Stage::kStart);
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
      default:
        step = line_feed(input, Stage::kFieldStart);
        break;
    }
  }
  return step;
}

RequestParser::Step RequestParser::parse(std::string_view input) {
  if (position_ == 0) clear();
  if (stage_ < Stage::kFieldStart) {
    const Step step = request_line(input);
    if (step != Step::kDone) return step;
  }
  return field_lines(input);
}

}  // namespace tinyserve::http
