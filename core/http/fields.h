// fields.h — the field lines of a request (RFC 9110 §5), as views.
//
// A Fields does not own anything: it points into the parser that found the lines and into the bytes
// they stand in, and dies with either.
#pragma once

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

class Fields {
 public:
  Fields() = default;
  Fields(const char* base, std::span<const FieldSpan> spans, std::uint32_t present)
      : base_(base), spans_(spans), present_(present) {}

  // The value of the first line with this name, without the white space around it.
  [[nodiscard]] std::optional<std::string_view> find(FieldName wanted) const {
    if (!has(wanted)) return std::nullopt;
    for (const FieldSpan& span : spans_) {
      if (span.known == wanted) return value(span);
    }
    return std::nullopt;
  }

  [[nodiscard]] bool has(FieldName wanted) const { return (present_ & bit(wanted)) != 0; }

  // Whether any of `bits`, made by bit(), has a line.
  [[nodiscard]] bool has_any(std::uint32_t bits) const { return (present_ & bits) != 0; }

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
    for (const FieldSpan& span : spans_) {
      if (span.known == wanted) visit(value(span));
    }
  }

  // Calls `visit` with the name, as sent, and the value of every line, in order.
  template <class Visit>
  void for_each_line(Visit visit) const {
    for (const FieldSpan& span : spans_) {
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

  [[nodiscard]] static constexpr std::uint32_t bit(FieldName name) {
    return 1U << static_cast<unsigned>(name);
  }

 private:
  [[nodiscard]] std::string_view value(const FieldSpan& span) const {
    return {base_ + span.value_offset, span.value_size};
  }

  const char* base_ = nullptr;
  std::span<const FieldSpan> spans_;
  std::uint32_t present_ = 0;
};

}  // namespace tinyserve::http
