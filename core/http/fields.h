// fields.h — the field lines of a request (RFC 9110 §5), as views.
//
// A Fields does not own anything: it points into the parser that found the lines and into the bytes
// they stand in, and dies with either.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tinyserve::http {

// The fields this server acts on. All others are kOther: checked, kept, and looked up by nobody.
enum class FieldName : std::uint8_t {
  kHost,
  kConnection,
  kContentLength,
  kContentType,
  kContentEncoding,
  kContentRange,
  kTransferEncoding,
  kExpect,
  kAccept,
  kAcceptEncoding,
  kRange,
  kIfRange,
  kIfMatch,
  kIfNoneMatch,
  kIfModifiedSince,
  kIfUnmodifiedSince,
  kUserAgent,
  kReferer,
  kOrigin,
  kSecFetchSite,
  kSecFetchMode,
  kSecFetchDest,
  kAccessControlRequestMethod,
  kAccessControlRequestHeaders,
  kOther,
};

// Which one `name`, a token, spells; the case does not count (RFC 9110 §5.1).
[[nodiscard]] FieldName parse_field_name(std::string_view name);

// Where a field line stands, as offsets into the head, so that the head may move.
struct FieldSpan {
  std::uint32_t name_offset;
  std::uint32_t value_offset;
  std::uint32_t value_size;
  std::uint32_t name_size;
  FieldName known;
};

inline constexpr std::size_t kMaxFields = 128;

// All field lines of a head, in order, as the parser fills them in. What memory it took it keeps
// for the next head.
class FieldTable {
 public:
  [[nodiscard]] static constexpr std::uint32_t bit(FieldName name) {
    return 1U << static_cast<unsigned>(name);
  }

  // There is room for kMaxFields.
  void add(const FieldSpan& span) {
    const std::size_t place = spans_.size();
    // It may throw, and a name that is known to occur must have a line.
    spans_.push_back(span);
    const std::uint32_t name = bit(span.known);
    if ((present_ & name) == 0) {
      first_[static_cast<std::size_t>(span.known)] = static_cast<std::uint8_t>(place);
    }
    repeated_ |= present_ & name;
    present_ |= name;
  }
  void clear() {
    spans_.clear();
    present_ = repeated_ = 0;
  }

  [[nodiscard]] std::size_t size() const { return spans_.size(); }
  [[nodiscard]] std::span<const FieldSpan> spans() const { return spans_; }
  // Names that occur, and those that occur again, as bits.
  [[nodiscard]] std::uint32_t present() const { return present_; }
  [[nodiscard]] std::uint32_t repeated() const { return repeated_; }
  // The first line with a name that occurs.
  [[nodiscard]] const FieldSpan& first(FieldName name) const {
    return spans_[first_[static_cast<std::size_t>(name)]];
  }

 private:
  std::uint32_t present_ = 0;
  std::uint32_t repeated_ = 0;
  std::array<std::uint8_t, static_cast<std::size_t>(FieldName::kOther) + 1> first_{};
  std::vector<FieldSpan> spans_;
};

class Fields {
 public:
  Fields() = default;
  // `base` is where the head begins that `lines` are of.
  Fields(const char* base, const FieldTable& lines) : base_(base), lines_(&lines) {}

  // The value of the first line with this name, without the white space around it.
  [[nodiscard]] std::optional<std::string_view> find(FieldName wanted) const {
    if (!has(wanted)) return std::nullopt;
    return value(lines_->first(wanted));
  }

  [[nodiscard]] bool has(FieldName wanted) const { return has_any(bit(wanted)); }

  // Whether any of `bits`, made by bit(), has a line.
  [[nodiscard]] bool has_any(std::uint32_t bits) const {
    return lines_ != nullptr && (lines_->present() & bits) != 0;
  }

  // Whether more than one line has this name.
  [[nodiscard]] bool repeats(FieldName name) const {
    return lines_ != nullptr && (lines_->repeated() & bit(name)) != 0;
  }

  // How many lines there are.
  [[nodiscard]] std::size_t size() const { return lines_ == nullptr ? 0 : lines_->size(); }

  // How many lines have this name.
  [[nodiscard]] std::size_t count(FieldName wanted) const {
    std::size_t lines = 0;
    for_each(wanted, [&lines](std::string_view) { ++lines; });
    return lines;
  }

  // Calls `visit` with the value of each line of this name, in order.
  template <class Visit>
  void for_each(FieldName wanted, Visit visit) const {
    if (!has(wanted)) return;
    if (!repeats(wanted)) return visit(value(lines_->first(wanted)));
    for (const FieldSpan& span : lines_->spans()) {
      if (span.known == wanted) visit(value(span));
    }
  }

  // Calls `visit` with the name, as sent, and the value of every line, in order.
  template <class Visit>
  void for_each_line(Visit visit) const {
    if (lines_ == nullptr) return;
    for (const FieldSpan& span : lines_->spans()) {
      visit(std::string_view(base_ + span.name_offset, span.name_size), value(span));
    }
  }

  // The values of all lines of this name, in order: a list field may be spread over several (RFC
  // 9110 §5.3).
  [[nodiscard]] std::vector<std::string_view> all(FieldName wanted) const {
    std::vector<std::string_view> values;
    for_each(wanted, [&values](std::string_view value) { values.push_back(value); });
    return values;
  }

  [[nodiscard]] static constexpr std::uint32_t bit(FieldName name) { return FieldTable::bit(name); }

 private:
  [[nodiscard]] std::string_view value(const FieldSpan& span) const {
    return {base_ + span.value_offset, span.value_size};
  }

  const char* base_ = nullptr;
  const FieldTable* lines_ = nullptr;
};

}  // namespace tinyserve::http
