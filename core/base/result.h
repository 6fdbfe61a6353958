// result.h — a value or the machine's fault (base; used by every room).
//
// Three kinds of fault have three forms. What the peer did wrong is an http::Refusal and becomes a
// response. What the machine refused (a system call that failed) is an Error inside a Result<T>.
// What we did wrong is a failed TS_CHECK. The member names are those of std::expected, which this
// toolchain does not have yet.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include "base/check.h"

namespace tinyserve {

// A failed operation. `operation` is a literal ("listen", "openat2"): it is not owned and lives for
// ever.
struct Error {
  std::error_code code;
  const char* operation;

  // "listen: Address already in use", for a person to read.
  [[nodiscard]] std::string message() const {
    return std::string(operation) + ": " + code.message();
  }
  // Whether this is the error that errno.h calls `value`.
  [[nodiscard]] bool is(int value) const {
    return code == std::error_code(value, std::generic_category());
  }
};

// What `operation` left in errno (or `value`), as an Error. Converts to any failed Result.
[[nodiscard]] inline Error fail(const char* operation, int value = errno) {
  return Error{std::error_code(value, std::generic_category()), operation};
}

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return fail("open");` are both how a function ends.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, error) {}

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // The value; the result must have one.
  [[nodiscard]] T& value() & {
    TS_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    TS_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    TS_CHECK(has_value());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // The error; the result must have one.
  [[nodiscard]] const Error& error() const {
    TS_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : error_(error) {}

  [[nodiscard]] bool has_value() const { return !error_.code; }
  explicit operator bool() const { return has_value(); }
  [[nodiscard]] const Error& error() const {
    TS_CHECK(!has_value());
    return error_;
  }

 private:
  Error error_{{}, ""};
};

}  // namespace tinyserve
