#include "files/natural_order.h"

#include <algorithm>
#include <compare>

#include "base/ascii.h"

namespace tinyserve::files {

namespace {

// The digits that `text` begins with, without leading zeros; they are taken from it.
std::string_view take_number(std::string_view& text) {
  const auto* const end = std::find_if_not(text.begin(), text.end(), is_digit);
  std::string_view digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(digits.size());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a.compare(b) <=> 0;
}

// Compares the number or the letter that both begin with, and takes it from them. Neither is empty.
std::strong_ordering compare_next(std::string_view& a, std::string_view& b) {
  if (is_digit(a.front()) && is_digit(b.front())) {
    const std::string_view number = take_number(a);
    return compare_numbers(number, take_number(b));
  }
  const auto x = static_cast<unsigned char>(to_lower(a.front()));
  const auto y = static_cast<unsigned char>(to_lower(b.front()));
  a.remove_prefix(1);
  b.remove_prefix(1);
  return x <=> y;
}

}  // namespace

bool natural_before(std::string_view a, std::string_view b) {
  std::string_view rest_of_a = a;
  std::string_view rest_of_b = b;
  while (!rest_of_a.empty() && !rest_of_b.empty()) {
    const std::strong_ordering order = compare_next(rest_of_a, rest_of_b);
    if (std::is_neq(order)) return std::is_lt(order);
  }
  if (rest_of_a.empty() != rest_of_b.empty()) return rest_of_a.empty();
  return a < b;
}

}  // namespace tinyserve::files
